//! What a node computes.

use super::{Dim, NodeId};
use crate::primitives::{Binary, Unary};

/// A comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Comparison {
    /// `<`
    Lt,
    /// `<=`
    Le,
    /// `>`
    Gt,
    /// `>=`
    Ge,
    /// `==`
    Eq,
    /// `!=`
    Ne,
}

impl Comparison {
    /// The method of `Real` that it is.
    #[must_use]
    pub fn method(self) -> &'static str {
        match self {
            Self::Lt => "is_lt",
            Self::Le => "is_le",
            Self::Gt => "is_gt",
            Self::Ge => "is_ge",
            Self::Eq => "is_eq",
            Self::Ne => "is_ne",
        }
    }

    /// The comparison that this method of `Real` is.
    #[must_use]
    pub fn of_method(name: &str) -> Option<Self> {
        [Self::Lt, Self::Le, Self::Gt, Self::Ge, Self::Eq, Self::Ne]
            .into_iter()
            .find(|one| one.method() == name)
    }
}

/// The place of an entry: `[i]`, or `[(row, column)]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Position {
    /// The entry of an array or of a column vector.
    Entry(usize),
    /// The entry of a matrix.
    Cell(usize, usize),
}

impl Position {
    /// The row and the column; the entries of an array stand in one column.
    #[must_use]
    pub fn cell(self) -> (usize, usize) {
        match self {
            Self::Entry(row) => (row, 0),
            Self::Cell(row, column) => (row, column),
        }
    }
}

/// A loop `state = next(state, entries)` over the entries of arrays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Recurrence {
    /// The number of its [`Op::State`].
    pub state: usize,
    /// True where it runs from the last entry to the first.
    pub backward: bool,
}

/// What a node computes. Arithmetic, primitives and selection work entry by entry, and spread scalars over arrays.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Op {
    /// A number that the user wrote, or that a rule needs, by its bits.
    Literal(u64),
    /// The zero of something that doesn't depend on the input: unlike a written `0.0`, it may be folded away.
    Zero,
    /// A constant by its path; the number is the index for [`Graph::constant`](super::Graph::constant).
    Constant(usize),
    /// A length as a real number: `x.len() as f64`.
    Length(Dim),
    /// In each entry its place: 0, 1, 2, …
    Places,
    /// A parameter of the function, by its index.
    Parameter(usize),
    /// `-a`
    Neg(NodeId),
    /// `a + b`
    Add(NodeId, NodeId),
    /// `a - b`
    Sub(NodeId, NodeId),
    /// `a·b`, entry by entry
    Mul(NodeId, NodeId),
    /// `a/b`, entry by entry
    Div(NodeId, NodeId),
    /// `aⁿ`
    Powi(NodeId, i32),
    /// A one-argument primitive.
    Unary(Unary, NodeId),
    /// A two-argument primitive.
    Binary(Binary, NodeId, NodeId),
    /// A comparison; the value is a mask.
    Compare(Comparison, NodeId, NodeId),
    /// Both masks.
    And(NodeId, NodeId),
    /// Either mask.
    Or(NodeId, NodeId),
    /// The other mask.
    Not(NodeId),
    /// The mask that is this everywhere.
    Bool(bool),
    /// `if mask { a } else { b }`, both computed.
    Select(NodeId, NodeId, NodeId),
    /// A scalar in every entry.
    Broadcast(NodeId),
    /// One entry of an array.
    Index(NodeId, Position),
    /// An array from its entries; those not named are [`Op::Zero`].
    Assemble(Vec<(Position, NodeId)>),
    /// The entries of an array from this place on, down and to the right, as many as the shape says.
    Part(NodeId, Position),
    /// An array that has these parts from these places on, none over another, and is [`Op::Zero`] elsewhere; in ascending order.
    Join(Vec<(Position, NodeId)>),
    /// The matrix product.
    MatMul(NodeId, NodeId),
    /// `a·bᵀ` of two columns.
    Outer(NodeId, NodeId),
    /// The transpose.
    Transpose(NodeId),
    /// The inner product of two arrays of one shape.
    Dot(NodeId, NodeId),
    /// The sum of the entries.
    Sum(NodeId),
    /// `ln Σ e^a` over the entries.
    LogSumExp(NodeId),
    /// In a recurrence, the state before each round.
    State(usize),
    /// The states of a recurrence before each of its rounds, from the first state and the next one as an expression in
    /// [`Op::State`].
    Scan(Recurrence, NodeId, NodeId),
    /// The state of a recurrence after its last round.
    ScanEnd(Recurrence, NodeId, NodeId),
    /// A call to another differentiated function (index for [`Graph::callee`](super::Graph::callee)); the numbers, at most two, are the
    /// arguments that it is differentiated with respect to, in ascending order.
    Call(usize, Vec<usize>, Vec<NodeId>),
    /// The derivative of a call with respect to the whole array that its argument with this number is.
    CallGradient(usize, usize, Vec<NodeId>),
    /// `∂/∂x_i (∂f/∂x_j · ẋ_j)` of a call to `f`, where the numbers are i and j and the last node is `ẋ_j`: what second
    /// derivatives through whole arrays are made of.
    CallAlong(usize, [usize; 2], Vec<NodeId>, NodeId),
}

impl Op {
    /// Calls `visit` with each operand, in order.
    pub fn operands(&self, mut visit: impl FnMut(NodeId)) {
        match self {
            Self::Literal(_)
            | Self::Zero
            | Self::Constant(_)
            | Self::Length(_)
            | Self::Places
            | Self::State(_)
            | Self::Parameter(_)
            | Self::Bool(_) => {}
            Self::Neg(a)
            | Self::Powi(a, _)
            | Self::Unary(_, a)
            | Self::Not(a)
            | Self::Broadcast(a)
            | Self::Index(a, _)
            | Self::Part(a, _)
            | Self::Transpose(a)
            | Self::Sum(a)
            | Self::LogSumExp(a) => visit(*a),
            Self::Add(a, b)
            | Self::Sub(a, b)
            | Self::Mul(a, b)
            | Self::Div(a, b)
            | Self::Binary(_, a, b)
            | Self::Compare(_, a, b)
            | Self::And(a, b)
            | Self::Or(a, b)
            | Self::MatMul(a, b)
            | Self::Outer(a, b)
            | Self::Dot(a, b)
            | Self::Scan(_, a, b)
            | Self::ScanEnd(_, a, b) => {
                visit(*a);
                visit(*b);
            }
            Self::Select(mask, a, b) => {
                visit(*mask);
                visit(*a);
                visit(*b);
            }
            Self::Assemble(entries) => entries.iter().map(|(_, entry)| *entry).for_each(visit),
            Self::Join(parts) => parts.iter().map(|(_, part)| *part).for_each(visit),
            Self::CallAlong(_, _, arguments, dot) => {
                arguments.iter().copied().for_each(&mut visit);
                visit(*dot);
            }
            Self::Call(_, _, arguments) | Self::CallGradient(_, _, arguments) => {
                arguments.iter().copied().for_each(visit);
            }
        }
    }

    /// The same operation on other operands.
    #[must_use]
    pub fn map_operands(self, mut f: impl FnMut(NodeId) -> NodeId) -> Self {
        match self {
            Self::Literal(_)
            | Self::Zero
            | Self::Constant(_)
            | Self::Length(_)
            | Self::Places
            | Self::State(_)
            | Self::Parameter(_)
            | Self::Bool(_) => self,
            Self::Neg(a) => Self::Neg(f(a)),
            Self::Powi(a, n) => Self::Powi(f(a), n),
            Self::Unary(primitive, a) => Self::Unary(primitive, f(a)),
            Self::Not(a) => Self::Not(f(a)),
            Self::Broadcast(a) => Self::Broadcast(f(a)),
            Self::Index(a, at) => Self::Index(f(a), at),
            Self::Transpose(a) => Self::Transpose(f(a)),
            Self::Sum(a) => Self::Sum(f(a)),
            Self::LogSumExp(a) => Self::LogSumExp(f(a)),
            Self::Add(a, b) => Self::Add(f(a), f(b)),
            Self::Sub(a, b) => Self::Sub(f(a), f(b)),
            Self::Mul(a, b) => Self::Mul(f(a), f(b)),
            Self::Div(a, b) => Self::Div(f(a), f(b)),
            Self::Binary(primitive, a, b) => Self::Binary(primitive, f(a), f(b)),
            Self::Compare(comparison, a, b) => Self::Compare(comparison, f(a), f(b)),
            Self::And(a, b) => Self::And(f(a), f(b)),
            Self::Or(a, b) => Self::Or(f(a), f(b)),
            Self::MatMul(a, b) => Self::MatMul(f(a), f(b)),
            Self::Outer(a, b) => Self::Outer(f(a), f(b)),
            Self::Dot(a, b) => Self::Dot(f(a), f(b)),
            Self::Scan(recurrence, a, b) => Self::Scan(recurrence, f(a), f(b)),
            Self::ScanEnd(recurrence, a, b) => Self::ScanEnd(recurrence, f(a), f(b)),
            Self::Select(mask, a, b) => Self::Select(f(mask), f(a), f(b)),
            Self::Part(a, first) => Self::Part(f(a), first),
            Self::Join(parts) => {
                Self::Join(parts.into_iter().map(|(first, part)| (first, f(part))).collect())
            }
            Self::Assemble(entries) => {
                Self::Assemble(entries.into_iter().map(|(at, entry)| (at, f(entry))).collect())
            }
            Self::Call(callee, orders, arguments) => {
                Self::Call(callee, orders, arguments.into_iter().map(f).collect())
            }
            Self::CallAlong(callee, orders, arguments, dot) => {
                let arguments = arguments.into_iter().map(&mut f).collect();
                Self::CallAlong(callee, orders, arguments, f(dot))
            }
            Self::CallGradient(callee, position, arguments) => {
                Self::CallGradient(callee, position, arguments.into_iter().map(f).collect())
            }
        }
    }

    /// True where the value is computed entry by entry from entries at the same place.
    #[must_use]
    pub fn is_elementwise(&self) -> bool {
        matches!(
            self,
            Self::Neg(_)
                | Self::Add(..)
                | Self::Sub(..)
                | Self::Mul(..)
                | Self::Div(..)
                | Self::Powi(..)
                | Self::Unary(..)
                | Self::Binary(..)
                | Self::Compare(..)
                | Self::And(..)
                | Self::Or(..)
                | Self::Not(_)
                | Self::Select(..)
                | Self::Broadcast(_)
                | Self::Call(..)
        )
    }
}

/// How an argument of a call is passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pass {
    /// One number; if the node is an array, the call is made for each entry.
    Number,
    /// A number by reference.
    NumberReference,
    /// A whole array by value.
    Array,
    /// A whole array by reference.
    Reference,
}

impl Pass {
    /// True for one number.
    #[must_use]
    pub fn is_number(self) -> bool {
        matches!(self, Self::Number | Self::NumberReference)
    }
}

/// A constant or a static outside of the function.
#[derive(Debug, Clone, PartialEq)]
pub struct Constant {
    /// The path that the user wrote.
    pub path: syn::Path,
    /// True for `PATH as f64`, which is a real number whatever the type of the constant.
    pub is_cast: bool,
}

/// Another differentiated function, as it is called here.
#[derive(Debug, Clone, PartialEq)]
pub struct Callee {
    /// The path that the user wrote.
    pub path: syn::Path,
    /// If the body of the function with this path was inlined, and the call stands in that: which of the functions that it
    /// calls is meant. It has no path here.
    pub within: Option<Within>,
    /// How each argument is passed.
    pub passes: Vec<Pass>,
}

/// One of the functions that an inlined body calls.
#[derive(Debug, Clone, PartialEq)]
pub struct Within {
    /// Its number.
    pub number: usize,
    /// Its name, for formulas and for the names of values.
    pub name: String,
}

impl Callee {
    /// The function's own name.
    #[must_use]
    pub fn name(&self) -> String {
        match &self.within {
            Some(within) => within.name.clone(),
            None => self.path.segments.last().map(|segment| segment.ident.to_string()).unwrap_or_default(),
        }
    }

    /// Whether all arguments are numbers.
    #[must_use]
    pub fn takes_numbers(&self) -> bool {
        self.passes.iter().all(|pass| pass.is_number())
    }
}
