//! Loops of many rounds, and of a number of rounds that is not known here.
//!
//! The body is read once: arrays indexed by the loop's variable are their entries, and each variable that the body
//! assigns is a state. A variable that is only added to becomes a sum over the entries; any other, a recurrence. Either
//! way the derivative is a loop too.

use quote::ToTokens;
use syn::visit::Visit;
use syn::{BinOp, Block, Expr, ExprAssign, ExprBinary, ExprForLoop, ExprPath};

use super::{Reader, Value};
use crate::graph::{Dim, NodeId, Op, Recurrence, Shape};

/// The most loops of many rounds in one function: the derivative of each goes over the whole function once more.
const LONG_LOOPS: usize = 32;

/// A variable from outside the loop that its body assigns.
struct Variable {
    slot: usize,
    before: NodeId,
    recurrence: Recurrence,
    state: NodeId,
}

impl Reader<'_> {
    /// A loop whose body is read once for all its rounds.
    pub(super) fn long_loop(&mut self, for_loop: &ExprForLoop, length: &Dim) -> Option<()> {
        // The caller has looked at the label and at the range.
        let ExprForLoop { attrs: _, label: _, for_token, pat, in_token: _, expr: _, body } = for_loop;
        if self.looping || self.over_entries.is_some() {
            return self.refuse(
                for_token,
                "a loop of many rounds inside another one, or inside a closure over entries, is not modelled; use a matrix product, or a function for the inner one",
            );
        }
        self.long_loops += 1;
        if self.long_loops > LONG_LOOPS {
            return self.refuse(
                for_token,
                format!("more than {LONG_LOOPS} loops of many rounds are not modelled; write a function for some of them"),
            );
        }
        let shape = Shape::Array(length.clone());
        let depth = self.scope.depth();
        let mut variables = Vec::new();
        for name in assigned(body) {
            let Some(slot) = self.scope.slot(&name) else { continue };
            let before = self.scope.value(slot).cloned()?;
            let ([before], _) = self.reals([before], for_token)?;
            if !self.graph.shape(before).is_scalar() {
                return self.refuse(
                    for_token,
                    format!("`{name}` is an array; in a loop of many rounds only a number changes"),
                );
            }
            let (recurrence, state) = self.graph.new_state(false, shape.clone());
            self.scope.assign(slot, Some(Value::Item(state)));
            variables.push(Variable { slot, before, recurrence, state });
        }
        self.bind(pat, Some(Value::Place(length.clone())));
        self.looping = true;
        let done = self.block(body);
        self.looping = false;
        self.scope.truncate(depth);
        let states: Vec<NodeId> = variables.iter().map(|variable| variable.state).collect();
        for variable in variables {
            let next = self.scope.value(variable.slot).cloned();
            let after = match (done.as_ref(), next) {
                (Some(_), Some(next)) => self.after(&variable, next, &states, &shape, for_token),
                _ => None,
            };
            self.scope.assign(variable.slot, after.map(Value::Node));
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
        let Variable { slot: _, before, recurrence, state } = *variable;
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
fn assigned(body: &Block) -> Vec<String> {
    struct Assigned(Vec<String>);
    impl<'ast> Visit<'ast> for Assigned {
        fn visit_expr(&mut self, expression: &'ast Expr) {
            let target = match expression {
                Expr::Assign(ExprAssign { attrs: _, left, eq_token: _, right: _ }) => Some(left),
                Expr::Binary(ExprBinary { attrs: _, left, op, right: _ }) if is_assignment(op) => Some(left),
                _ => None,
            };
            if let Some(Expr::Path(ExprPath { attrs: _, qself: None, path })) = target.map(|target| &**target)
                && let Some(name) = path.get_ident().map(ToString::to_string)
                && !self.0.contains(&name)
            {
                self.0.push(name);
            }
            syn::visit::visit_expr(self, expression);
        }
    }
    let mut names = Assigned(Vec::new());
    names.visit_block(body);
    names.0
}

fn is_assignment(op: &BinOp) -> bool {
    matches!(op, BinOp::AddAssign(_) | BinOp::SubAssign(_) | BinOp::MulAssign(_) | BinOp::DivAssign(_))
}
