//! Operators.

use quote::ToTokens;
use syn::BinOp;

use super::{Kind, Reader, Value};
use crate::graph::{Comparison, NodeId, Op, Shape};

impl Reader<'_> {
    /// `left op right`, also for `op=`.
    pub(super) fn binary(
        &mut self,
        left: Value,
        op: &BinOp,
        right: Value,
        whole: impl ToTokens,
    ) -> Option<Value> {
        if let (Value::Integer(a, of_a), Value::Integer(b, of_b)) = (&left, &right) {
            return self.integer_operation((*a, *of_a), op, (*b, *of_b), whole);
        }
        if let Some(comparison) = comparison(op) {
            let ([a, b], kind) = self.reals([left, right], &whole)?;
            let numbers = self.graph.shape(a).is_scalar() && self.graph.shape(b).is_scalar();
            if !kind.is_item() && !numbers {
                return self
                    .refuse(op, "whole arrays are not compared; compare their entries, or a sum of them");
            }
            let shape = self.joined(a, b, op)?;
            let node = self.written(Op::Compare(comparison, a, b), shape, op)?;
            return Some(kind.wrap(node));
        }
        if let Some(make) = logical(op) {
            let ([a, b], kind) = self.masks([left, right], &whole)?;
            let shape = self.joined(a, b, op)?;
            let node = self.written(make(a, b), shape, op)?;
            return Some(kind.wrap(node));
        }
        let ([a, b], kind) = self.reals([left, right], &whole)?;
        let node = match op {
            BinOp::Add(_) | BinOp::AddAssign(_) => {
                let shape = self.joined(a, b, op)?;
                self.written(Op::Add(a, b), shape, op)
            }
            BinOp::Sub(_) | BinOp::SubAssign(_) => {
                let shape = self.joined(a, b, op)?;
                self.written(Op::Sub(a, b), shape, op)
            }
            BinOp::Mul(_) | BinOp::MulAssign(_) => self.product(a, b, kind, op),
            BinOp::Div(_) | BinOp::DivAssign(_) => {
                let shape = self.graph.shape(b).clone();
                if !kind.is_item() && !shape.is_scalar() {
                    return self.refuse(op, format!("division by a {shape}; use `component_div`"));
                }
                let shape = self.joined(a, b, op)?;
                self.written(Op::Div(a, b), shape, op)
            }
            BinOp::Rem(_) | BinOp::RemAssign(_) => {
                self.refuse(op, "the remainder jumps and is not modelled; write `x - y * (x / y).floor()`")
            }
            _ => self
                .refuse(op, "this operator has no derivative; real numbers take `+ - * /` and comparisons"),
        };
        Some(kind.wrap(node?))
    }

    fn product(&mut self, a: NodeId, b: NodeId, kind: Kind, op: &BinOp) -> Option<NodeId> {
        let (left, right) = (self.graph.shape(a).clone(), self.graph.shape(b).clone());
        match (&left, &right) {
            (Shape::Matrix(_, inner), Shape::Matrix(rows, _)) if !kind.is_item() => {
                if inner.may_equal(rows) {
                    self.matrix_product(a, b, op)
                } else {
                    self.refuse(
                        op,
                        format!("the shapes do not fit: {left} on the left, {right} on the right"),
                    )
                }
            }
            _ => {
                let shape = self.joined(a, b, op)?;
                self.written(Op::Mul(a, b), shape, op)
            }
        }
    }

    /// The matrix product of shapes that fit.
    pub(super) fn matrix_product(&mut self, a: NodeId, b: NodeId, tokens: impl ToTokens) -> Option<NodeId> {
        if let (Shape::Matrix(_, inner), Shape::Matrix(rows, _)) =
            (self.graph.shape(a).clone(), self.graph.shape(b).clone())
        {
            self.graph.must_agree(&inner, &rows);
        }
        let node = self.graph.matmul(a, b);
        self.within_bounds(tokens)?;
        Some(node)
    }

    /// Values that are masks.
    pub(super) fn masks<const N: usize>(
        &mut self,
        values: [Value; N],
        tokens: impl ToTokens,
    ) -> Option<([NodeId; N], Kind)> {
        if let Some(Value::Integer(..)) = values.iter().find(|value| matches!(value, Value::Integer(..))) {
            return self.refuse(tokens, "a `bool` is needed here, this is an integer");
        }
        let (nodes, kind) = self.operands(values, &tokens)?;
        if nodes.iter().all(|node| self.graph.is_mask(*node)) {
            return Some((nodes, kind));
        }
        self.refuse(tokens, "a `bool` is needed here; compare real numbers with `<`, `==`, …")
    }
}

/// The comparison that an operator is.
pub(super) fn comparison(op: &BinOp) -> Option<Comparison> {
    Some(match op {
        BinOp::Lt(_) => Comparison::Lt,
        BinOp::Le(_) => Comparison::Le,
        BinOp::Gt(_) => Comparison::Gt,
        BinOp::Ge(_) => Comparison::Ge,
        BinOp::Eq(_) => Comparison::Eq,
        BinOp::Ne(_) => Comparison::Ne,
        _ => return None,
    })
}

/// The operation on masks that an operator is.
fn logical(op: &BinOp) -> Option<fn(NodeId, NodeId) -> Op> {
    match op {
        BinOp::And(_) | BinOp::BitAnd(_) => Some(Op::And),
        BinOp::Or(_) | BinOp::BitOr(_) => Some(Op::Or),
        _ => None,
    }
}
