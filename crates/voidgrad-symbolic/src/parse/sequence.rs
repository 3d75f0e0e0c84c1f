//! Iterators over arrays, and closures over their items.
//!
//! An iterator over arrays is their entries side by side, and a closure over it is read once, with items standing
//! for "the entry at each place". No loop is left: what comes out works entry by entry.

use quote::ToTokens;
use syn::{Expr, ExprClosure, ExprGroup, ExprParen, ExprPath, Ident, ReturnType};

use super::integer::TypeVariable;
use super::method::fixed_length;
use super::{Reader, Value};
use crate::graph::{Dim, NodeId, Op, Position, Shape};

/// The longest array whose entries are taken one by one.
const MOST_ENTRIES: usize = 4096;

impl Reader<'_> {
    /// A method of an iterator.
    pub(super) fn sequence_method(
        &mut self,
        item: Value,
        shape: Shape,
        method: &Ident,
        arguments: &[&Expr],
    ) -> Option<Value> {
        if let Some(value) = self.sequence_part(&item, &shape, method, arguments)? {
            return Some(value);
        }
        match (method.to_string().as_str(), arguments) {
            ("iter" | "into_iter" | "copied" | "cloned" | "by_ref", []) => {
                Some(Value::Sequence(Box::new(item), shape))
            }
            ("zip", [other]) => {
                let (right, right_shape) = match self.expression(other)? {
                    Value::Sequence(item, shape) => (*item, shape),
                    Value::Node(node) if !self.graph.shape(node).is_scalar() => {
                        (Value::Item(node), self.graph.shape(node).clone())
                    }
                    _ => return self.refuse(other, "`zip` takes an array or an iterator over one"),
                };
                match shape.join(&right_shape) {
                    Some(shape) => Some(Value::Sequence(Box::new(Value::Tuple(vec![item, right])), shape)),
                    None => self.refuse(
                        method,
                        format!("the shapes do not fit: {shape} on the left, {right_shape} on the right"),
                    ),
                }
            }
            ("map", [f]) => {
                let item = self.apply(f, vec![item])?;
                Some(Value::Sequence(Box::new(item), shape))
            }
            ("sum", []) => {
                let entry = self.item_node(item, method)?;
                let entries = self.graph.broadcast(entry, &shape);
                self.written(Op::Sum(entries), Shape::Scalar, method).map(Value::Node)
            }
            ("product", []) => {
                let one = Value::Node(self.graph.literal(1.0));
                let entries = self.entries(Value::Sequence(Box::new(item), shape), method)?;
                entries.into_iter().try_fold(one, |product, entry| {
                    let ([a, b], _) = self.reals([product, entry], method)?;
                    self.written(Op::Mul(a, b), Shape::Scalar, method).map(Value::Node)
                })
            }
            ("fold", [initial, f]) => {
                let mut sum = self.expression(initial)?;
                let entries = self.entries(Value::Sequence(Box::new(item), shape), method)?;
                self.loops.met(f, !entries.is_empty(), method);
                for entry in entries {
                    self.round(method)?;
                    sum = self.apply(f, vec![sum, entry])?;
                }
                Some(sum)
            }
            ("enumerate", []) => self
                .refuse(method, "`enumerate` is not modelled; write `for i in 0..N` over a constant range"),
            _ => self.refuse(
                method,
                "this iterator method is not modelled; `iter`, `zip`, `map`, `chain`, `skip`, `take`, `sum`, `product` and `fold` are",
            ),
        }
    }

    /// A method of `a..b`: the rounds are few, so they are written out.
    pub(super) fn range_method(
        &mut self,
        (from, to, variable): (i64, i64, TypeVariable),
        method: &Ident,
        arguments: &[&Expr],
    ) -> Option<Value> {
        if super::statement::rounds(from, to) > super::statement::UNROLL_LIMIT {
            return self.refuse(method, "this range is too long to write out; use array operations");
        }
        match (method.to_string().as_str(), arguments) {
            ("map", [f]) => {
                let mut nodes = Vec::new();
                for i in from..to {
                    self.round(method)?;
                    let i = self.integer_value(i, variable, method);
                    let entry = self.apply(f, vec![i])?;
                    nodes.push(self.node_of(&entry, f)?);
                }
                if nodes.is_empty() {
                    return self.refuse(method, "the range is empty");
                }
                let shape = Shape::Array(Dim::Fixed(nodes.len()));
                let entries =
                    nodes.into_iter().enumerate().map(|(i, node)| (Position::Entry(i), node)).collect();
                let array = self.graph.node(Op::Assemble(entries), shape.clone());
                Some(Value::Sequence(Box::new(Value::Item(array)), shape))
            }
            ("fold", [initial, f]) => {
                let mut sum = self.expression(initial)?;
                self.loops.met(f, from < to, method);
                for i in from..to {
                    self.round(method)?;
                    let i = self.integer_value(i, variable, method);
                    sum = self.apply(f, vec![sum, i])?;
                }
                Some(sum)
            }
            _ => self.refuse(
                method,
                "this method of a range is not modelled; `map` and `fold` are, or a `for` loop",
            ),
        }
    }

    /// Calls `f`, a closure or the path of a function, on `arguments`.
    pub(super) fn apply(&mut self, f: &Expr, arguments: Vec<Value>) -> Option<Value> {
        match f {
            Expr::Closure(closure) => self.apply_closure(closure, arguments),
            Expr::Path(ExprPath { attrs: _, qself: None, path }) => self.apply_path(path, arguments),
            Expr::Paren(ExprParen { attrs: _, paren_token: _, expr })
            | Expr::Group(ExprGroup { attrs: _, group_token: _, expr }) => self.apply(expr, arguments),
            other => self.refuse(other, "a closure or the name of a function is needed here"),
        }
    }

    fn apply_closure(&mut self, closure: &ExprClosure, arguments: Vec<Value>) -> Option<Value> {
        let ExprClosure {
            attrs: _,
            lifetimes,
            modifiers,
            constness,
            asyncness,
            // Values are known here, whether they are moved or borrowed.
            capture: _,
            inputs_begin: _,
            inputs,
            inputs_end: _,
            output,
            body,
        } = closure;
        if let Err(error) = modifiers.require_empty() {
            self.diagnostics.push(error);
        }
        if let Some(tokens) = lifetimes {
            return self.refuse(tokens, "lifetimes of a closure are not modelled; leave them out");
        }
        if let Some(token) = constness {
            return self.refuse(token, "a `const` closure is not modelled; write a plain one");
        }
        if let Some(token) = asyncness {
            return self.refuse(token, "an `async` closure has no value; write a plain one");
        }
        if inputs.len() != arguments.len() {
            return self.refuse(closure, format!("the closure takes {} arguments here", arguments.len()));
        }
        let depth = self.scope.depth();
        let around = self.closure.replace(depth);
        let entries_around = self.over_entries;
        if arguments.iter().any(Value::changes_from_entry_to_entry) {
            self.over_entries = Some(depth);
        }
        for (pattern, argument) in inputs.iter().zip(arguments) {
            self.bind(pattern, Some(argument));
        }
        let value = self.expression(body);
        self.closure = around;
        self.over_entries = entries_around;
        self.scope.truncate(depth);
        match output {
            ReturnType::Default => value,
            ReturnType::Type(_, ty) => value.and_then(|value| self.declared(ty, value)),
        }
    }

    /// The array that an item is an entry of, or a number that is the same at each place.
    pub(super) fn item_node(&mut self, item: Value, tokens: impl ToTokens) -> Option<NodeId> {
        let ([node], _) = self.reals([item], tokens)?;
        Some(node)
    }

    /// The items one by one, for what must be written out.
    pub(super) fn entries(&mut self, value: Value, tokens: impl ToTokens) -> Option<Vec<Value>> {
        let (item, shape) = match value {
            Value::Parts(parts) => return Some(parts),
            Value::Sequence(item, shape) => (*item, shape),
            Value::Node(node) if !self.graph.shape(node).is_scalar() => {
                (Value::Item(node), self.graph.shape(node).clone())
            }
            _ => return self.refuse(tokens, "a constant range or an array is needed here"),
        };
        let Some(n) = fixed_length(&shape) else {
            return self.refuse(tokens, "the length is not known while the macro runs; use `map` and `sum`");
        };
        if n > MOST_ENTRIES {
            return self.refuse(
                tokens,
                format!(
                    "{n} entries are more than the {MOST_ENTRIES} that are written out; use `map` and `sum`"
                ),
            );
        }
        Some((0..n).map(|i| self.item_at(&item, place(&shape, i))).collect())
    }

    fn item_at(&mut self, item: &Value, at: Position) -> Value {
        match item {
            Value::Item(node) => Value::Node(self.graph.index(*node, at)),
            Value::Tuple(parts) => Value::Tuple(parts.iter().map(|part| self.item_at(part, at)).collect()),
            other => other.clone(),
        }
    }
}

/// The `i`-th entry in nalgebra's order, column by column.
fn place(shape: &Shape, i: usize) -> Position {
    match shape {
        Shape::Matrix(Dim::Fixed(rows), columns) if columns.fixed() != Some(1) => {
            Position::Cell(i % rows, i / rows)
        }
        _ => Position::Entry(i),
    }
}
