//! `if` and `match` on a `bool`: both branches are read, and what they leave in the variables is selected.

use quote::ToTokens;
use syn::{Arm, Expr, ExprIf, ExprLet, ExprLit, ExprMatch, Lit, Pat};

use super::scope::Difference;
use super::{Kind, Reader, Value};
use crate::graph::Op;

impl Reader<'_> {
    /// `if`, with or without a value.
    pub(super) fn branch(&mut self, branch: &ExprIf) -> Option<Value> {
        let ExprIf { attrs: _, if_token: _, cond, then_branch, else_branch } = branch;
        if let Expr::Let(ExprLet { attrs: _, let_token, pat: _, eq_token: _, expr: _ }) = &**cond {
            return self.refuse(let_token, "`if let` is not modelled; compare numbers with `<`, `==`, …");
        }
        let mask = self.condition(cond);
        self.scope.begin_first();
        let on_true = self.block(then_branch);
        let after_true = self.scope.begin_second();
        let on_false = match else_branch {
            None => Some(Value::Unit),
            Some((_, otherwise)) => self.expression(otherwise),
        };
        let differences = self.scope.end(after_true);
        let (mask, on_true, on_false) = (mask?, on_true?, on_false?);
        self.merge(&mask, differences, branch);
        self.choose(&mask, on_true, on_false, branch)
    }

    /// `match` on a `bool`.
    pub(super) fn match_bool(&mut self, choice: &ExprMatch) -> Option<Value> {
        let ExprMatch { attrs: _, match_token, expr, brace_token: _, arms } = choice;
        let mask = match self.expression(expr)? {
            value @ (Value::Node(node) | Value::Item(node)) if self.graph.is_mask(node) => value,
            _ => {
                return self
                    .refuse(expr, "`match` is modelled on a `bool` alone; write `if … { … } else { … }`");
            }
        };
        let [first, second] = arms.as_slice() else {
            return self.refuse(match_token, "`match` on a `bool` has the two arms `true` and `false`");
        };
        let Arm { attrs: _, pat: first_pattern, fat_arrow_token: _, body: first, comma: _ } = first;
        let Arm { attrs: _, pat: second_pattern, fat_arrow_token: _, body: second, comma: _ } = second;
        let Some(first_is_true) = bool_pattern(first_pattern) else {
            return self.refuse(
                first_pattern,
                "the first arm of a `match` on a `bool` is `true` or `false`, without a guard",
            );
        };
        let second_fits =
            matches!(second_pattern, Pat::Wild(_)) || bool_pattern(second_pattern) == Some(!first_is_true);
        if !second_fits {
            return self.refuse(
                second_pattern,
                "the second arm of a `match` on a `bool` is the other value, or `_`",
            );
        }
        self.scope.begin_first();
        let first = self.expression(first);
        let after_first = self.scope.begin_second();
        let second = self.expression(second);
        let mut differences = self.scope.end(after_first);
        let (first, second) = (first?, second?);
        if first_is_true {
            self.merge(&mask, differences, choice);
            return self.choose(&mask, first, second, choice);
        }
        for Difference { slot: _, first, second } in &mut differences {
            std::mem::swap(first, second);
        }
        self.merge(&mask, differences, choice);
        self.choose(&mask, second, first, choice)
    }

    /// The condition of an `if`.
    fn condition(&mut self, expression: &Expr) -> Option<Value> {
        let value = self.expression(expression)?;
        let ([mask], kind) = self.masks([value], expression)?;
        Some(kind.wrap(mask))
    }

    /// Joins what the two branches left in the variables; the first is that of `true`.
    fn merge(&mut self, mask: &Value, differences: Vec<Difference>, tokens: impl ToTokens + Copy) {
        for Difference { slot, first, second } in differences {
            let value = match (first, second) {
                (first, second) if first == second => second,
                (Some(first), Some(second)) => {
                    let value = self.choose(mask, first, second, tokens);
                    if let Some(Value::Node(node)) = value {
                        self.graph.set_name(node, self.scope.name(slot));
                    }
                    value
                }
                _ => None,
            };
            self.scope.assign(slot, value);
        }
    }

    /// `if mask { on_true } else { on_false }` of two values.
    pub(super) fn choose(
        &mut self,
        mask: &Value,
        on_true: Value,
        on_false: Value,
        tokens: impl ToTokens + Copy,
    ) -> Option<Value> {
        match (on_true, on_false) {
            (Value::Tuple(left), Value::Tuple(right)) if left.len() == right.len() => {
                let parts: Option<Vec<Value>> =
                    left.into_iter().zip(right).map(|(a, b)| self.choose(mask, a, b, tokens)).collect();
                Some(Value::Tuple(parts?))
            }
            (a, b) if a == b => Some(a),
            (Value::Integer(a, of_a), Value::Integer(b, of_b)) if a == b => {
                self.integers.unify(of_a, of_b);
                Some(Value::Integer(a, of_a))
            }
            (a, b) => {
                let mask_is_item = matches!(mask, Value::Item(_));
                let ([mask], _) = self.masks([mask.clone()], tokens)?;
                let ([a, b], kind) = self.operands([a, b], tokens)?;
                let kind = if mask_is_item { Kind::Item } else { kind };
                let shape = self.joined(a, b, tokens)?;
                let Some(shape) = shape.join(self.graph.shape(mask)) else {
                    return self.refuse(
                        tokens,
                        "the condition and the branches run over arrays of different shapes",
                    );
                };
                if self.graph.is_mask(a) != self.graph.is_mask(b) {
                    return self.refuse(tokens, "one branch is a `bool`, the other a real number");
                }
                let node = self.written(Op::Select(mask, a, b), shape, tokens)?;
                Some(kind.wrap(node))
            }
        }
    }
}

/// The value that a pattern matches, if it is `true` or `false`.
fn bool_pattern(pattern: &Pat) -> Option<bool> {
    match pattern {
        Pat::Lit(ExprLit { attrs: _, lit: Lit::Bool(value) }) => Some(value.value),
        _ => None,
    }
}
