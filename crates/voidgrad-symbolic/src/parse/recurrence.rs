//! Loops of many rounds, and of a number of rounds that is not known here.
//!
//! The body is read once: arrays indexed by the loop's variable are their entries, and each variable that the body
//! assigns is a state. A variable that is only added to becomes a sum over the entries; any other, a recurrence. Either
//! way the derivative is a loop too.

use quote::ToTokens;
use syn::visit::Visit;
use syn::{BinOp, Expr, ExprForLoop};

use super::{Reader, Value};
use crate::graph::{Dim, NodeId, Op, Recurrence, Shape};

/// A variable from outside the loop that its body assigns.
struct Variable {
    slot: usize,
    before: NodeId,
    recurrence: Recurrence,
    state: NodeId,
}

impl Reader<'_> {
    pub(super) fn long_loop(&mut self, for_loop: &ExprForLoop, length: &Dim) -> Option<()> {
        if self.looping {
            return self.refuse(
                for_loop.for_token,
                "a loop of many rounds inside another one is not modelled; use a matrix product, or a function for the inner one",
            );
        }
        let shape = Shape::Array(length.clone());
        let depth = self.bindings.len();
        let mut variables = Vec::new();
        for name in assigned(for_loop) {
            let Some(slot) = self.bindings.iter().rposition(|(bound, _)| *bound == name) else { continue };
            let before = self.bindings[slot].1.clone()?;
            let ([before], _) = self.reals([before], for_loop.for_token)?;
            if !self.graph.shape(before).is_scalar() {
                return self.refuse(
                    for_loop.for_token,
                    format!("`{name}` is an array; in a loop of many rounds only a number changes"),
                );
            }
            let (recurrence, state) = self.graph.new_state(false, shape.clone());
            self.bindings[slot].1 = Some(Value::Item(state));
            variables.push(Variable { slot, before, recurrence, state });
        }
        self.bind(&for_loop.pat, Some(Value::Place(length.clone())));
        self.looping = true;
        let done = self.block(&for_loop.body);
        self.looping = false;
        self.bindings.truncate(depth);
        let states: Vec<NodeId> = variables.iter().map(|variable| variable.state).collect();
        for variable in variables {
            let next = self.bindings[variable.slot].1.take();
            let after = match (done.as_ref(), next) {
                (Some(_), Some(next)) => self.after(&variable, next, &states, &shape, for_loop.for_token),
                _ => None,
            };
            self.bindings[variable.slot].1 = after.map(Value::Node);
        }
        done.map(|_| ())
    }

    /// The variable's value after the loop, from the one after a round.
    fn after(
        &mut self,
        variable: &Variable,
        next: Value,
        states: &[NodeId],
        shape: &Shape,
        tokens: impl ToTokens + Copy,
    ) -> Option<NodeId> {
        let ([next], _) = self.reals([next], tokens)?;
        let Variable { before, recurrence, state, .. } = *variable;
        let reads =
            |reader: &Self, node: NodeId, states: &[NodeId]| reader.graph.dependent(states)[node.index()];
        let sum = match *self.graph.op(next) {
            _ if next == state => return Some(before),
            Op::Add(a, term) if a == state && !reads(self, term, states) => Some((term, false)),
            Op::Add(term, b) if b == state && !reads(self, term, states) => Some((term, false)),
            Op::Sub(a, term) if a == state && !reads(self, term, states) => Some((term, true)),
            _ => None,
        };
        if let Some((term, is_minus)) = sum {
            let terms = self.graph.broadcast(term, shape);
            let sum = self.written(Op::Sum(terms), Shape::Scalar, tokens)?;
            let op = if is_minus { Op::Sub(before, sum) } else { Op::Add(before, sum) };
            return self.written(op, Shape::Scalar, tokens);
        }
        let others: Vec<NodeId> = states.iter().copied().filter(|other| *other != state).collect();
        if reads(self, next, &others) {
            return self.refuse(tokens, "two variables of this loop depend on each other, which is not modelled in a loop of many rounds");
        }
        let next = self.graph.broadcast(next, shape);
        if self.graph.shape(next) != shape {
            return self.refuse(tokens, "in a loop of many rounds whose variable is more than a sum, arrays are indexed, not vectors; pass `[f64; N]` or `&[f64]`");
        }
        self.written(Op::ScanEnd(recurrence, before, next), Shape::Scalar, tokens)
    }
}

/// The names that the body assigns, in the order of their first assignment.
fn assigned(for_loop: &ExprForLoop) -> Vec<String> {
    struct Assigned(Vec<String>);
    impl<'ast> Visit<'ast> for Assigned {
        fn visit_expr(&mut self, expression: &'ast Expr) {
            let target = match expression {
                Expr::Assign(assignment) => Some(&assignment.left),
                Expr::Binary(binary) if is_assignment(&binary.op) => Some(&binary.left),
                _ => None,
            };
            if let Some(Expr::Path(path)) = target.map(|target| &**target)
                && let Some(name) = path.path.get_ident().map(ToString::to_string)
                && !self.0.contains(&name)
            {
                self.0.push(name);
            }
            syn::visit::visit_expr(self, expression);
        }
    }
    let mut names = Assigned(Vec::new());
    names.visit_block(&for_loop.body);
    names.0
}

fn is_assignment(op: &BinOp) -> bool {
    matches!(op, BinOp::AddAssign(_) | BinOp::SubAssign(_) | BinOp::MulAssign(_) | BinOp::DivAssign(_))
}
