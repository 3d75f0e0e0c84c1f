//! From a graph to the body of a function.
//!
//! Values that have a name, or that are read more than once, become `let`s in the order of the arena; the rest is
//! written where it is read. Whatever works entry by entry becomes one `from_fn` however many operations it has.

mod blocks;
mod call;
mod entry;
mod fragment;
mod fused;
mod naming;
mod plan;
mod types;

use std::collections::HashMap;

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::quote;

use self::blocks::{Statement, joined};
use self::fragment::{Fragment, Level};
pub(crate) use self::naming::Names;
use self::plan::Plan;
pub use self::types::{Types, type_with};
use crate::graph::{Constant, Dim, Graph, NodeId, Op, Shape};
use crate::primitives::UnaryRow;

/// What a function returns: one value, or the rows of a table.
#[derive(Debug, Clone)]
pub enum Output {
    /// A value.
    Node(NodeId),
    /// An array of arrays.
    Rows(Vec<NodeId>),
    /// A tuple; of one value, the value.
    Group(Vec<NodeId>),
}

impl Output {
    /// The nodes in it.
    #[must_use]
    pub fn nodes(&self) -> &[NodeId] {
        match self {
            Self::Node(node) => std::slice::from_ref(node),
            Self::Rows(nodes) | Self::Group(nodes) => nodes,
        }
    }
}

/// An argument of the function that is written.
#[derive(Debug, Clone)]
pub struct Argument {
    /// Its name.
    pub ident: Ident,
    /// What is written where it is read: its name, but for the leaves of a kernel.
    pub expression: TokenStream,
    /// The value that the name gets just before it is first read; none for what the caller passes.
    pub setup: Option<TokenStream>,
    /// True where it is passed by reference.
    pub by_ref: bool,
    /// Its shape.
    pub shape: Shape,
    /// True for `bool`.
    pub mask: bool,
}

impl Argument {
    /// An argument that is read by its name.
    #[must_use]
    pub fn named(ident: Ident, shape: Shape, mask: bool) -> Self {
        let expression = quote!(#ident);
        Self { ident, expression, setup: None, by_ref: false, shape, mask }
    }
}

/// How products and sums are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sums {
    /// `a * b + c`, as the user wrote it: the same bits on every machine.
    Plain,
    /// `a.mul_add(b, c)`, which is one instruction where the machine has it.
    Fused,
}

/// The body of a function that computes `outputs`: `let`s, then the value or the tuple.
///
/// `arguments` are those that [`Op::Parameter`] counts; the first `own` of them are the source's, which every function
/// has.
#[must_use]
pub fn body(
    graph: &Graph,
    arguments: &[Argument],
    own: usize,
    types: &Types,
    outputs: &[Output],
) -> TokenStream {
    let (statements, results) = lines(graph, arguments, own, types, outputs, &[], Sums::Plain);
    let tail = match results.as_slice() {
        [single] => single.clone(),
        several => quote!((#(#several),*)),
    };
    quote!(#statements #tail)
}

/// [`body`] in two parts: the `let`s, and the expressions of `outputs`. A value in `stores` is assigned to its place as
/// soon as what it is made of is there, and must be read by nothing else.
#[must_use]
pub fn lines(
    graph: &Graph,
    arguments: &[Argument],
    own: usize,
    types: &Types,
    outputs: &[Output],
    stores: &[(NodeId, TokenStream)],
    sums: Sums,
) -> (TokenStream, Vec<TokenStream>) {
    let results = outputs.iter().flat_map(|output| output.nodes().iter().copied());
    let roots: Vec<NodeId> = results.chain(stores.iter().map(|(id, _)| *id)).collect();
    let plan = Plan::new(graph, &roots, outputs.len() == 1);
    let mut writer = Writer {
        graph,
        arguments,
        types,
        sums,
        anchor: anchor(&arguments[..own]),
        names: Names::new(arguments.iter().map(|argument| argument.ident.to_string())),
        bound: HashMap::new(),
        constants: HashMap::new(),
        round: HashMap::new(),
    };
    let mut first = writer.check_lengths();
    first.extend(writer.name_constants(&plan));
    let mut statements = Vec::new();
    let mut state = |defines: Option<Ident>, tokens| statements.push(Statement { defines, tokens });
    for id in graph.ids() {
        if let Some((_, place)) = stores.iter().find(|(stored, _)| *stored == id) {
            let value = writer.expression(id).tokens;
            state(None, quote!(#place = #value;));
            continue;
        }
        if let Op::Parameter(index) = *graph.op(id)
            && let Argument { ident, setup: Some(setup), .. } = &arguments[index]
        {
            state(Some(ident.clone()), quote!(let #ident = #setup;));
        }
        if !plan.is_bound(id) {
            continue;
        }
        let value = writer.expression(id).tokens;
        let name = writer.names.choose(graph, id);
        let ty = match graph.shape(id) {
            Shape::Matrix(..) => {
                let ty = types.of(graph.shape(id));
                quote!(: #ty)
            }
            Shape::Array(_) if matches!(graph.op(id), Op::CallGradient(..) | Op::CallAlong(..)) => {
                let ty = types.of(graph.shape(id));
                quote!(: #ty)
            }
            Shape::Scalar | Shape::Array(_) => TokenStream::new(),
        };
        state(Some(name.clone()), quote!(let #name #ty = #value;));
        writer.bound.insert(id, name);
    }
    let results: Vec<TokenStream> = outputs.iter().map(|output| writer.output(output)).collect();
    first.extend(joined(statements, &results));
    (first, results)
}

/// The values that [`body`] gives a name, in order, with the names: for formulas that read like the code.
#[must_use]
pub fn steps(graph: &Graph, arguments: &[Argument], outputs: &[Output]) -> Vec<(NodeId, String)> {
    let roots: Vec<NodeId> = outputs.iter().flat_map(|output| output.nodes().iter().copied()).collect();
    let plan = Plan::new(graph, &roots, outputs.len() == 1);
    let mut names = Names::new(arguments.iter().map(|argument| argument.ident.to_string()));
    let bound = graph.ids().filter(|id| plan.is_bound(*id));
    bound.map(|id| (id, names.choose(graph, id).to_string())).collect()
}

/// Functions that lanes have a form of for sums over many samples.
const QUICK: [&str; 3] = ["sigmoid", "d_sigmoid", "d2_sigmoid"];

/// A number at hand, to make constants from.
fn anchor(arguments: &[Argument]) -> TokenStream {
    let scalar = arguments.iter().find(|argument| !argument.mask && argument.shape.is_scalar());
    if let Some(Argument { expression, .. }) = scalar {
        return expression.clone();
    }
    match arguments.iter().find(|argument| !argument.mask) {
        Some(Argument { expression, .. }) => quote!(#expression[0]),
        None => quote!(compile_error!("no number at hand")),
    }
}

struct Writer<'a> {
    graph: &'a Graph,
    arguments: &'a [Argument],
    types: &'a Types,
    sums: Sums,
    anchor: TokenStream,
    names: Names,
    bound: HashMap<NodeId, Ident>,
    /// Inside a recurrence: the values of this round that have a name.
    round: HashMap<NodeId, Ident>,
    /// Numbers that have a name, by their bits.
    constants: HashMap<u64, Ident>,
}

impl Writer<'_> {
    /// Names for the numbers that are read often.
    fn name_constants(&mut self, plan: &Plan) -> TokenStream {
        let mut statements = TokenStream::new();
        for (value, name) in [(0.0_f64, "zero"), (0.5, "half"), (1.0, "one"), (2.0, "two")] {
            if plan.uses_constant(value) {
                let number = self.number(value).tokens;
                let name = self.names.fresh(name);
                statements.extend(quote!(let #name = #number;));
                self.constants.insert(value.to_bits(), name);
            }
        }
        statements
    }

    /// Lengths that are found at run time and must agree are compared first.
    fn check_lengths(&self) -> TokenStream {
        let root = self.types.root();
        let described = |dim: &Dim| match dim {
            Dim::Runtime(parameter, axis) => {
                let Argument { ident, shape, .. } = self.arguments.get(*parameter)?;
                Some(match (shape, axis) {
                    (Shape::Matrix(_, Dim::Fixed(1)) | Shape::Array(_), _) => {
                        format!("the entries of {ident}")
                    }
                    (_, 0) => format!("the rows of {ident}"),
                    _ => format!("the columns of {ident}"),
                })
            }
            known => Some(known.to_string()),
        };
        let checks = self.graph.agreements().iter().filter_map(|(a, b)| {
            let (left, right) = (described(a)?, described(b)?);
            let (a, b) = (self.length(a), self.length(b));
            Some(quote!(#root::same_length(#left, #a, #right, #b);))
        });
        checks.collect()
    }

    /// A length, as an expression.
    fn length(&self, dim: &Dim) -> TokenStream {
        let Dim::Runtime(parameter, axis) = dim else { return self.types.dim(dim) };
        let Argument { ident, shape, .. } = &self.arguments[*parameter];
        match (shape, axis) {
            (Shape::Matrix(..), 0) => quote!(#ident.nrows()),
            (Shape::Matrix(..), _) => quote!(#ident.ncols()),
            _ => quote!(#ident.len()),
        }
    }

    fn output(&mut self, output: &Output) -> TokenStream {
        match output {
            // What lives on the heap and has a name may be read again, or belong to the caller.
            Output::Node(node) if self.graph.shape(*node).is_dynamic() => {
                let is_named =
                    self.bound.contains_key(node) || matches!(self.graph.op(*node), Op::Parameter(_));
                if is_named {
                    self.place(*node).method("clone", &[]).tokens
                } else {
                    self.value(*node).tokens
                }
            }
            Output::Node(node) => self.value(*node).tokens,
            Output::Group(nodes) => {
                let values: Vec<TokenStream> =
                    nodes.iter().map(|node| self.output(&Output::Node(*node))).collect();
                match values.as_slice() {
                    [single] => single.clone(),
                    several => quote!((#(#several),*)),
                }
            }
            Output::Rows(rows) => {
                let rows: Vec<TokenStream> = rows.iter().map(|row| self.value(*row).tokens).collect();
                quote!([#(#rows),*])
            }
        }
    }

    /// The value of a node: its name where it has one.
    fn value(&mut self, id: NodeId) -> Fragment {
        match self.bound.get(&id) {
            Some(name) => Fragment::atom(quote!(#name)),
            None => self.expression(id),
        }
    }

    /// The expression that computes a node from its operands.
    fn expression(&mut self, id: NodeId) -> Fragment {
        if let Op::Parameter(index) = *self.graph.op(id) {
            let Argument { expression, by_ref, .. } = &self.arguments[index];
            return if *by_ref {
                Fragment::new(quote!(*#expression), Level::Unary)
            } else {
                Fragment::atom(expression.clone())
            };
        }
        if self.graph.shape(id).is_scalar() { self.scalar(id) } else { self.array(id) }
    }

    /// A node as something to call a method on or to borrow: its name, without dereferencing.
    fn place(&mut self, id: NodeId) -> Fragment {
        if let (Op::Parameter(index), None) = (self.graph.op(id), self.bound.get(&id)) {
            return Fragment::atom(self.arguments[*index].expression.clone());
        }
        self.value(id)
    }

    /// A reference to a node's value.
    fn reference(&mut self, id: NodeId) -> TokenStream {
        let is_reference = self.is_reference(id);
        let place = self.place(id).at(Level::Unary);
        if is_reference { place } else { quote!(&#place) }
    }

    /// True for a parameter that is passed by reference.
    fn is_reference(&self, id: NodeId) -> bool {
        matches!(self.graph.op(id), Op::Parameter(index) if self.arguments[*index].by_ref)
    }

    /// `anchor.constant(value)`.
    fn constant(&self, value: &TokenStream) -> Fragment {
        let anchor = &self.anchor;
        Fragment::atom(quote!(#anchor.constant(#value)))
    }

    fn number(&self, value: f64) -> Fragment {
        if let Some(name) = self.constants.get(&value.to_bits()) {
            return Fragment::atom(quote!(#name));
        }
        if value.is_nan() {
            return self.constant(&quote!(f64::NAN));
        }
        if value.is_infinite() {
            return self.constant(&if value > 0.0 {
                quote!(f64::INFINITY)
            } else {
                quote!(f64::NEG_INFINITY)
            });
        }
        let magnitude = Literal::f64_unsuffixed(value.abs());
        self.constant(&if value.is_sign_negative() { quote!(-#magnitude) } else { quote!(#magnitude) })
    }

    /// A scalar.
    fn scalar(&mut self, id: NodeId) -> Fragment {
        match self.graph.op(id).clone() {
            Op::Index(array, at) => {
                let array = self.place(array).at(Level::Postfix);
                let at = entry::constant_position(at);
                Fragment::atom(quote!(#array[#at]))
            }
            Op::Dot(a, b) => self.dot(a, b),
            Op::Sum(a) => self.sum(a),
            Op::LogSumExp(a) => self.log_sum_exp(a),
            Op::CallAlong(callee, orders, arguments, dot) => self.call_along(callee, orders, &arguments, dot),
            Op::ScanEnd(recurrence, first, next) => self.scan(recurrence, first, next, true),
            op => self.operation(&op, Writer::value),
        }
    }

    /// An operation whose operands are written by `operand`: for scalars their values, for the inside of a
    /// `from_fn` their entries.
    fn operation(&mut self, op: &Op, mut operand: impl FnMut(&mut Self, NodeId) -> Fragment) -> Fragment {
        match op {
            Op::Literal(bits) => self.number(f64::from_bits(*bits)),
            Op::Zero => self.number(0.0),
            Op::Constant(index) => {
                let Constant { path, is_cast } = self.graph.constant(*index);
                self.constant(&if *is_cast { quote!(#path as f64) } else { quote!(#path) })
            }
            Op::Length(length) => {
                let length = self.length(length);
                self.constant(&quote!(#length as f64))
            }
            Op::Bool(value) => {
                let anchor = &self.anchor;
                Fragment::atom(quote!(#anchor.mask(#value)))
            }
            Op::Neg(a) => operand(self, *a).prefix(&quote!(-)),
            Op::Not(a) => operand(self, *a).prefix(&quote!(!)),
            Op::Add(a, b) if self.guarded(*a).is_some() || self.guarded(*b).is_some() => {
                let (sum, term) = if self.guarded(*b).is_some() { (*a, *b) } else { (*b, *a) };
                self.added_where(sum, term, operand)
            }
            Op::Add(a, b) => match (self.factors(*a), self.factors(*b)) {
                (Some((x, y)), _) => self.fused(x, y, *b, operand),
                (None, Some((x, y))) => self.fused(x, y, *a, operand),
                (None, None) => Fragment::infix(operand(self, *a), &quote!(+), operand(self, *b), Level::Sum),
            },
            Op::Sub(a, b) => match self.factors(*b) {
                Some((x, y)) => {
                    let minus_x = operand(self, x).prefix(&quote!(-));
                    let (y, a) = (operand(self, y).tokens, operand(self, *a).tokens);
                    minus_x.method("mul_add", &[y, a])
                }
                None => Fragment::infix(operand(self, *a), &quote!(-), operand(self, *b), Level::Sum),
            },
            Op::Mul(a, b) => {
                Fragment::infix(operand(self, *a), &quote!(*), operand(self, *b), Level::Product)
            }
            Op::Div(a, b) => {
                Fragment::infix(operand(self, *a), &quote!(/), operand(self, *b), Level::Product)
            }
            Op::And(a, b) => Fragment::infix(operand(self, *a), &quote!(&), operand(self, *b), Level::And),
            Op::Or(a, b) => Fragment::infix(operand(self, *a), &quote!(|), operand(self, *b), Level::Or),
            Op::Powi(a, n) => {
                let (a, n) = (operand(self, *a), Literal::i32_unsuffixed(*n));
                a.method("powi", &[quote!(#n)])
            }
            Op::Unary(primitive, a) => {
                let UnaryRow { name, .. } = primitive.row();
                let quick =
                    (self.sums == Sums::Fused && QUICK.contains(name)).then(|| format!("{name}_quick"));
                operand(self, *a).method(quick.as_deref().unwrap_or(name), &[])
            }
            Op::Binary(primitive, a, b) => {
                let (a, b) = (operand(self, *a), operand(self, *b).tokens);
                a.method(primitive.row().name, &[b])
            }
            Op::Compare(comparison, a, b) => {
                let (a, b) = (operand(self, *a), operand(self, *b).tokens);
                a.method(comparison.method(), &[b])
            }
            Op::Select(mask, a, b) => {
                let is_mask = self.graph.is_mask(*a);
                let (mask, a, b) = (operand(self, *mask), operand(self, *a), operand(self, *b));
                if is_mask {
                    // (mask & a) | (!mask & b)
                    let left = Fragment::infix(mask.clone(), &quote!(&), a, Level::And);
                    let right = Fragment::infix(mask.prefix(&quote!(!)), &quote!(&), b, Level::And);
                    return Fragment::infix(left, &quote!(|), right, Level::Or);
                }
                let (real, mask, a, b) = (self.types.real(), mask.tokens, a.tokens, b.tokens);
                Fragment::atom(quote!(#real::select(#mask, #a, #b)))
            }
            Op::Broadcast(a) => operand(self, *a),
            Op::Call(callee, orders, arguments) => self.call(*callee, orders, arguments, operand),
            Op::Parameter(_)
            | Op::Places
            | Op::Index(..)
            | Op::Dot(..)
            | Op::Sum(_)
            | Op::LogSumExp(_)
            | Op::State(_)
            | Op::Scan(..)
            | Op::ScanEnd(..)
            | Op::Assemble(_)
            | Op::Part(..)
            | Op::Join(_)
            | Op::MatMul(..)
            | Op::CallGradient(..)
            | Op::CallAlong(..)
            | Op::Outer(..)
            | Op::Transpose(_) => unreachable!("written by the caller"),
        }
    }
}

/// An identifier of the generated code.
fn ident(name: &str) -> Ident {
    Ident::new(name, Span::call_site())
}
