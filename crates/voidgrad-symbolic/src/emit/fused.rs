//! Products that are one operation with a sum, and sums under a mask.

use super::fragment::Fragment;
use super::{Sums, Writer};
use crate::graph::{NodeId, Op};

impl Writer<'_> {
    /// The factors of a product that is written where it is read, and so can be one operation with a sum.
    pub(super) fn factors(&self, id: NodeId) -> Option<(NodeId, NodeId)> {
        match *self.graph.op(id) {
            Op::Mul(a, b) if self.sums == Sums::Fused && !self.bound.contains_key(&id) => Some((a, b)),
            _ => None,
        }
    }

    /// The mask and the value of `select(mask, value, 0)` that is written where it is read.
    pub(super) fn guarded(&self, id: NodeId) -> Option<(NodeId, NodeId)> {
        match *self.graph.op(id) {
            Op::Select(mask, value, zero)
                if self.sums == Sums::Fused
                    && self.graph.is_zero(zero)
                    && !self.graph.is_mask(id)
                    && !self.bound.contains_key(&id) =>
            {
                Some((mask, value))
            }
            _ => None,
        }
    }

    /// `sum + select(mask, value, 0)` as one operation.
    pub(super) fn added_where(
        &mut self,
        sum: NodeId,
        term: NodeId,
        mut operand: impl FnMut(&mut Self, NodeId) -> Fragment,
    ) -> Fragment {
        let (mask, value) = self.guarded(term).expect("the caller saw the guard");
        let (sum, mask) = (operand(self, sum), operand(self, mask).tokens);
        match self.factors(value) {
            Some((x, y)) => {
                let (x, y) = (operand(self, x).tokens, operand(self, y).tokens);
                sum.method("add_product_where", &[mask, x, y])
            }
            None => {
                let value = operand(self, value).tokens;
                sum.method("add_where", &[mask, value])
            }
        }
    }

    /// `x·y + rest` as one operation.
    pub(super) fn fused(
        &mut self,
        x: NodeId,
        y: NodeId,
        rest: NodeId,
        mut operand: impl FnMut(&mut Self, NodeId) -> Fragment,
    ) -> Fragment {
        let (x, y, rest) = (operand(self, x), operand(self, y).tokens, operand(self, rest).tokens);
        x.method("mul_add", &[y, rest])
    }
}
