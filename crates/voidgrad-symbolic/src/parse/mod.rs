//! The body of a function, read into a graph.
//!
//! Reading is evaluating on symbols: names are bound to nodes, statements run in order, a loop over a constant
//! range runs once per value. Whatever is outside the language is reported on its own tokens and reading goes on,
//! so that all mistakes show at once.

mod arithmetic;
mod branch;
mod call;
mod declared;
mod expression;
mod inlined;
mod integer;
mod method;
mod part;
mod place;
mod recurrence;
mod scope;
mod sequence;
mod stack;
mod statement;

use std::collections::HashMap;

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::ItemFn;

use crate::callees::Callees;
use crate::diagnostics::Diagnostics;
use crate::graph::{Dim, Graph, NODE_LIMIT, NodeId, Op, Shape};
use crate::inert;
use crate::signature::Signature;
use crate::stable;

pub(crate) use self::inlined::TAKEN;
use self::integer::{IntegerTypes, TypeVariable};
use self::scope::Scope;

const INTEGER_FOR_REAL: &str =
    "an integer where a real number is needed; write `2.0`, or convert with `as f64`";

/// The rounds that all loops which are written out may take together.
const ROUND_LIMIT: usize = 20_000;

/// What an expression stands for.
#[derive(Debug, Clone, PartialEq)]
enum Value {
    /// A number, a mask or an array.
    Node(NodeId),
    /// Inside a closure over the entries of arrays: the entry of this array at each place.
    Item(NodeId),
    /// An integer, known while reading: a loop variable, an index.
    Integer(i64, TypeVariable),
    /// A tuple.
    Tuple(Vec<Value>),
    /// An iterator over arrays side by side: the item, and the shape that it runs over.
    Sequence(Box<Value>, Shape),
    /// Arrays or numbers one after the other, which are known one by one: the chunks of an array.
    Parts(Vec<Value>),
    /// `a..b`, half open.
    Range(i64, i64, TypeVariable),
    /// A length that is not known while reading: `x.len()`, a const generic.
    Length(Dim),
    /// `0..n` of such a length, or of too many rounds to write out.
    Places(Dim),
    /// The variable of a loop over [`Value::Places`].
    Place(Dim),
    /// The value of a block that ends in a semicolon.
    Unit,
}

/// Whether nodes stand for themselves or, inside a closure, for their entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Whole,
    Item,
}

impl Value {
    /// True for the entry of an array at each place, for the place, and for a tuple with one of these.
    fn changes_from_entry_to_entry(&self) -> bool {
        match self {
            Self::Item(_) | Self::Place(_) => true,
            Self::Tuple(parts) => parts.iter().any(Self::changes_from_entry_to_entry),
            Self::Sequence(item, _) => item.changes_from_entry_to_entry(),
            _ => false,
        }
    }
}

impl Kind {
    fn is_item(self) -> bool {
        self == Self::Item
    }

    fn wrap(self, node: NodeId) -> Value {
        match self {
            Self::Whole => Value::Node(node),
            Self::Item => Value::Item(node),
        }
    }
}

/// A function's body as a graph.
#[derive(Debug)]
pub struct Body {
    /// The graph.
    pub graph: Graph,
    /// The node of each parameter.
    pub parameters: Vec<NodeId>,
    /// The node of the result.
    pub output: NodeId,
    /// Calls to voidgrad's own functions, by the path that the user wrote.
    pub functions: Vec<(syn::Path, &'static str)>,
    /// How many expressions were read. Each is read once, except those in a loop that is written out and in a closure.
    pub read: usize,
}

/// What came of reading.
#[derive(Debug)]
pub enum Reading {
    /// The body.
    Body(Box<Body>),
    /// The function with this path is called with whole arrays, and is not known.
    Asks(syn::Path),
}

/// Reads the body of `function`. `None` after anything was reported.
pub fn body(
    function: &ItemFn,
    signature: &Signature,
    callees: &Callees,
    diagnostics: &mut Diagnostics,
) -> Option<Reading> {
    let ItemFn { attrs: _, vis: _, modifiers: _, sig, block } = function;
    inert::check(function, diagnostics);
    let mut graph = Graph::default();
    let mut scope = Scope::default();
    let mut parameters = Vec::new();
    for (index, parameter) in signature.parameters.iter().enumerate() {
        let node = graph.parameter(index, parameter.shape.clone(), parameter.mask);
        let name = parameter.ident.to_string();
        graph.set_name(node, &name);
        scope.bind(name, Some(Value::Node(node)), parameter.by_ref);
        parameters.push(node);
    }
    let mut reader = Reader {
        graph,
        scope,
        diagnostics,
        callees,
        asks: None,
        functions: Vec::new(),
        integers: IntegerTypes::default(),
        loops: Loops::default(),
        grown: false,
        rounds: 0,
        read: 0,
        looping: false,
        long_loops: 0,
        over_entries: None,
        closure: None,
        lengths: sig.generics.const_params().map(|parameter| parameter.ident.to_string()).collect(),
        real: signature.real.clone(),
    };
    let output = reader.output(block, signature);
    let Reader { graph, functions, integers, loops, read, diagnostics, asks, .. } = reader;
    if let Some(path) = asks {
        // What follows from the call was not read.
        return diagnostics.is_empty().then_some(Reading::Asks(path));
    }
    integers.check(diagnostics);
    loops.check(diagnostics);
    Some(Reading::Body(Box::new(Body { graph, parameters, output: output?, functions, read })))
}

/// Reads expressions and statements.
struct Reader<'d> {
    graph: Graph,
    scope: Scope,
    diagnostics: &'d mut Diagnostics,
    callees: &'d Callees,
    /// The first function whose body is needed and not known.
    asks: Option<syn::Path>,
    functions: Vec<(syn::Path, &'static str)>,
    integers: IntegerTypes,
    loops: Loops,
    /// True after the node limit was reported.
    grown: bool,
    /// How many rounds the loops have taken so far.
    rounds: usize,
    /// How many expressions were read.
    read: usize,
    /// True inside a loop that is read once for all its rounds.
    looping: bool,
    /// How many such loops there were.
    long_loops: usize,
    /// Inside of a closure over the entries of arrays: how many names are bound outside of it. The entries among them are
    /// those of another array.
    over_entries: Option<usize>,
    /// Inside of a closure: how many names are bound outside of it.
    closure: Option<usize>,
    /// The names of the const generics.
    lengths: Vec<String>,
    /// The type parameter that the numbers have, in a function that is generic over them.
    real: Option<syn::Ident>,
}

/// The loops that are written out, and the closures that are called for each round. One whose body no round reads would
/// pass unread, with whatever stands in it.
#[derive(Default)]
struct Loops {
    /// By the address of the syntax, which is the same in each round of a loop around it: true if it was read.
    read: HashMap<usize, bool>,
    /// Those without a round, in the order in which they were met, with the tokens to report them on.
    empty: Vec<(usize, TokenStream)>,
}

impl Loops {
    /// Notes that a loop or a closure was met, and if any round reads it.
    fn met<T: ToTokens>(&mut self, syntax: &T, is_read: bool, tokens: impl ToTokens) {
        let address = std::ptr::from_ref(syntax).addr();
        let read = self.read.entry(address).or_insert_with(|| {
            if !is_read {
                self.empty.push((address, tokens.to_token_stream()));
            }
            false
        });
        *read |= is_read;
    }

    fn check(self, diagnostics: &mut Diagnostics) {
        for (address, tokens) in self.empty {
            if !self.read[&address] {
                diagnostics.error(tokens, "this loop has no round, so its body is never read; remove it");
            }
        }
    }
}

impl Reader<'_> {
    /// The node of the function's result.
    fn output(&mut self, block: &syn::Block, signature: &Signature) -> Option<NodeId> {
        match self.block(block)? {
            Value::Unit => self.refuse(
                block,
                "the function ends without a value; write the result as the last expression, without a semicolon",
            ),
            value => {
                let output = self.node_of(&value, block)?;
                self.fit_output(output, signature)
            }
        }
    }

    /// Reports `message` on `tokens`; the value of whatever was being read is unknown from here on.
    fn refuse<T>(&mut self, tokens: impl ToTokens, message: impl std::fmt::Display) -> Option<T> {
        self.diagnostics.error(tokens, message);
        None
    }

    /// The node that a value is, where it is a number, a mask or an array.
    fn node_of(&mut self, value: &Value, tokens: impl ToTokens) -> Option<NodeId> {
        match value {
            Value::Node(node) => Some(*node),
            Value::Item(_) => self.refuse(tokens, "an entry of an array can't be used like this inside a closure; write it with arithmetic, or as a loop"),
            Value::Integer(..) => {
                self.refuse(tokens, INTEGER_FOR_REAL)
            }
            Value::Tuple(_) => self.refuse(tokens, "a tuple where one value is needed; take it apart first"),
            Value::Sequence(..) => self.refuse(tokens, "an iterator where a value is needed; end it with `.sum::<f64>()`"),
            Value::Length(_) => {
                self.refuse(tokens, "a length where a real number is needed; convert with `as f64`")
            }
            Value::Place(_) => self.refuse(
                tokens,
                "the variable of a loop over a length that is not known here indexes arrays (`x[i]`), or is a number (`i as f64`)",
            ),
            Value::Parts(_) => self.refuse(tokens, "an iterator over parts where a value is needed; end it with `.sum::<f64>()`, or append the parts with `SVector::from_iterator`"),
            Value::Range(..) | Value::Places(_) => self.refuse(tokens, "a range where a value is needed"),
            Value::Unit => self.refuse(tokens, "this has no value; remove the semicolon at its end"),
        }
    }

    /// The nodes of values that an operation works on entry by entry, and whether they are items. Beside items,
    /// only numbers can stand: a whole array inside a closure over entries would be mistaken for one of them.
    fn operands<const N: usize>(
        &mut self,
        values: [Value; N],
        tokens: impl ToTokens,
    ) -> Option<([NodeId; N], Kind)> {
        let kind =
            if values.iter().any(|value| matches!(value, Value::Item(_))) { Kind::Item } else { Kind::Whole };
        let mut nodes = Vec::with_capacity(N);
        for value in values {
            let node = match value {
                Value::Item(node) => node,
                value => {
                    let node = self.node_of(&value, &tokens)?;
                    let shape = self.graph.shape(node).clone();
                    if kind == Kind::Item && !shape.is_scalar() {
                        return self.refuse(tokens, format!("a whole {shape} inside a closure over entries; iterate over it too, with `zip`"));
                    }
                    node
                }
            };
            nodes.push(node);
        }
        Some((nodes.try_into().ok()?, kind))
    }

    /// [`Self::operands`] that are real numbers.
    fn reals<const N: usize>(
        &mut self,
        values: [Value; N],
        tokens: impl ToTokens,
    ) -> Option<([NodeId; N], Kind)> {
        let (nodes, kind) = self.operands(values, &tokens)?;
        if nodes.iter().any(|node| self.graph.is_mask(*node)) {
            return self.refuse(
                tokens,
                "a `bool` where a real number is needed; choose with `if … { 1.0 } else { 0.0 }`",
            );
        }
        Some((nodes, kind))
    }

    /// The node for an operation that the user wrote, in its stable form; `tokens` is the construct that is
    /// blamed where the graph grows past its bound.
    fn written(&mut self, op: Op, shape: Shape, tokens: impl ToTokens) -> Option<NodeId> {
        let node = stable::written(&mut self.graph, op, shape);
        self.within_bounds(tokens)?;
        Some(node)
    }

    /// Counts a round of a loop that is written out, of whatever kind; `tokens` is blamed for too many.
    fn round(&mut self, tokens: impl ToTokens) -> Option<()> {
        self.rounds += 1;
        if self.rounds > ROUND_LIMIT {
            return self.refuse(
                tokens,
                format!("the loops of this function take more than {ROUND_LIMIT} rounds together; use array operations"),
            );
        }
        Some(())
    }

    fn within_bounds(&mut self, tokens: impl ToTokens) -> Option<()> {
        if self.graph.len() <= NODE_LIMIT {
            return Some(());
        }
        if !self.grown {
            self.grown = true;
            self.diagnostics.error(
                tokens,
                format!(
                    "the function grew past {NODE_LIMIT} operations here; use arrays and matrix products instead of single entries, or split it into several differentiated functions"
                ),
            );
        }
        None
    }

    /// The shape of an element-wise operation; a misfit is reported on the operator.
    fn joined(&mut self, a: NodeId, b: NodeId, operator: impl ToTokens) -> Option<Shape> {
        let (left, right) = (self.graph.shape(a).clone(), self.graph.shape(b).clone());
        match left.join(&right) {
            Some(shape) => Some(shape),
            None => self
                .refuse(operator, format!("the shapes do not fit: {left} on the left, {right} on the right")),
        }
    }

    /// A scalar result may stand for the declared type only where that is a scalar too.
    fn fit_output(&mut self, output: NodeId, signature: &Signature) -> Option<NodeId> {
        let shape = self.graph.shape(output).clone();
        let fits = shape.join(&signature.output_shape).is_some()
            && shape.is_scalar() == signature.output_shape.is_scalar();
        if self.graph.is_mask(output) {
            return self.refuse(&signature.output, "a `bool` has no derivative; return a real number");
        }
        if fits && signature.output_shape.is_dynamic() && !shape.is_dynamic() {
            self.refuse(
                &signature.output,
                format!("the body gives a {shape}, whose size is known, and this type has none; write `SVector<f64, N>` or `SMatrix<f64, R, C>`"),
            )
        } else if fits {
            Some(output)
        } else {
            let declared = signature.output_shape.clone();
            self.refuse(&signature.output, format!("the body gives a {shape}, the signature says {declared}"))
        }
    }
}
