//! Parts of values: `x[i]`, `w[(i, j)]`, `v.x`, `tuple.0`.

use syn::{Expr, ExprField, ExprIndex, Member};

use super::{Reader, Value};
use crate::graph::{Dim, NodeId, Op, Position, Shape};

/// What an index may be.
const ALLOWED: &str = "an index is a number that stands in the source, or a loop variable";

impl Reader<'_> {
    /// `tuple.0`, and nalgebra's `v.x`, `v.y`, ….
    pub(super) fn field(&mut self, field: &ExprField) -> Option<Value> {
        let ExprField { attrs: _, base, dot_token: _, member } = field;
        match (self.expression(base)?, member) {
            (Value::Tuple(values), Member::Unnamed(index)) => match values.get(index.index as usize) {
                Some(value) => Some(value.clone()),
                None => self.refuse(member, "the tuple has no such part"),
            },
            (Value::Node(node), Member::Named(name)) if self.graph.shape(node).is_column() => {
                match ["x", "y", "z", "w"].iter().position(|known| name == known) {
                    Some(i) => Some(Value::Node(self.graph.index(node, Position::Entry(i)))),
                    None => self.refuse(name, "this field is not modelled; index with `[i]`"),
                }
            }
            _ => self.refuse(member, "a field is not modelled; pass it as a parameter of its own"),
        }
    }

    /// `x[i]`.
    pub(super) fn index(&mut self, index: &ExprIndex) -> Option<Value> {
        let ExprIndex { attrs: _, expr: base, bracket_token: _, index: at } = index;
        let value = self.expression(base)?;
        if let Value::Node(node) = value {
            match self.graph.op(node) {
                Op::Constant(_) => {
                    return self.refuse(
                        base,
                        "an entry of a constant array is not modelled; name the entry as a constant of its own",
                    );
                }
                Op::Call(..) => {
                    return self.refuse(
                        base,
                        "a call of another function stands for one number; write a function for the entry that is needed here, and call that",
                    );
                }
                _ => {}
            }
        }
        let node = self.node_of(&value, base)?;
        if let Expr::Range(range) = &**at {
            return self.slice(node, range, index);
        }
        let shape = self.graph.shape(node).clone();
        let place = self.expression(at)?;
        self.used_as_index(&place);
        if let Value::Place(length) = place {
            return self.item(node, &shape, &length, base, at);
        }
        let position = match (&shape, place) {
            (Shape::Array(n), Value::Integer(i, _)) => self.position(i, n, at).map(Position::Entry),
            (Shape::Matrix(rows, Dim::Fixed(1)), Value::Integer(i, _)) => {
                self.position(i, rows, at).map(Position::Entry)
            }
            (Shape::Matrix(Dim::Fixed(1), columns), Value::Integer(i, _)) => {
                self.position(i, columns, at).map(|column| Position::Cell(0, column))
            }
            (Shape::Matrix(rows, columns), Value::Tuple(pair)) => match pair.as_slice() {
                [Value::Integer(i, _), Value::Integer(j, _)] => {
                    let (row, column) = (self.position(*i, rows, at)?, self.position(*j, columns, at)?);
                    Some(if columns.fixed() == Some(1) {
                        Position::Entry(row)
                    } else {
                        Position::Cell(row, column)
                    })
                }
                _ => self.refuse(at, ALLOWED),
            },
            (Shape::Scalar, _) => self.refuse(base, "one number can't be indexed"),
            _ => self.refuse(at, format!("{ALLOWED}; a matrix takes `(row, column)`")),
        }?;
        Some(Value::Node(self.graph.index(node, position)))
    }

    /// Notes that the integers of an index are `usize`.
    fn used_as_index(&mut self, place: &Value) {
        match place {
            Value::Integer(_, variable) => self.must_be(*variable, "usize"),
            Value::Tuple(parts) => parts.iter().for_each(|part| self.used_as_index(part)),
            _ => {}
        }
    }

    /// `x[i]` in a loop over the entries of `x`.
    fn item(&mut self, array: NodeId, shape: &Shape, length: &Dim, base: &Expr, at: &Expr) -> Option<Value> {
        match shape {
            Shape::Array(n) if n.may_equal(length) => {
                self.graph.must_agree(n, length);
                Some(Value::Item(array))
            }
            Shape::Array(n) => {
                self.refuse(at, format!("the loop runs over {length} places, the length here is {n}"))
            }
            _ => self.refuse(base, "in a loop of many rounds arrays and slices are indexed; for vectors write `dot`, `map` and `sum`"),
        }
    }

    fn position(&mut self, i: i64, length: &Dim, at: &Expr) -> Option<usize> {
        match usize::try_from(i) {
            Ok(i) if length.fixed().is_none_or(|n| i < n) => Some(i),
            _ => self.refuse(at, format!("the index is {i}, but the length is {length}")),
        }
    }
}
