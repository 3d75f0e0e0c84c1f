//! Blocks, `let`, assignments, `for`, and `if` as a statement.

use syn::{BinOp, Block, Expr, ExprAssign, ExprBinary, ExprForLoop, ExprIf, Local, Pat, Stmt};

use super::{Kind, Reader, Value};
use crate::graph::{Dim, Op};
use crate::signature::refuse_raw;

/// The rounds that all loops which are written out may take together.
const ROUND_LIMIT: usize = 20_000;

/// The number of rounds of `from..to`.
pub(super) fn rounds(from: i64, to: i64) -> i64 {
    to.saturating_sub(from)
}

/// The longest loop that is written out.
pub(super) const UNROLL_LIMIT: i64 = 256;

impl Reader<'_> {
    /// The value of a block; names bound in it are forgotten at its end, assignments to outer names stay.
    pub(super) fn block(&mut self, block: &Block) -> Option<Value> {
        let depth = self.bindings.len();
        let mut value = Some(Value::Unit);
        for statement in &block.stmts {
            if let Some(found) = self.statement(statement) {
                value = found;
            } else {
                value = None;
            }
        }
        self.bindings.truncate(depth);
        value
    }

    /// The value that the block has if it ends here; the outer `None` after an error.
    #[allow(clippy::option_option)] // an error, a value that is unknown after an error, and a value
    fn statement(&mut self, statement: &Stmt) -> Option<Option<Value>> {
        match statement {
            Stmt::Local(local) => {
                self.local(local);
                Some(Some(Value::Unit))
            }
            Stmt::Expr(expression, None) => Some(self.tail(expression)),
            Stmt::Expr(expression, Some(_)) => {
                self.effect(expression)?;
                Some(Some(Value::Unit))
            }
            Stmt::Item(item) => {
                self.refuse(item, "an item inside a differentiated function is not modelled; move it outside")
            }
            Stmt::Macro(call) => self.refuse(
                &call.mac.path,
                "a macro can't be differentiated; write the expression it stands for, or move assertions to the caller",
            ),
        }
    }

    /// The last expression of a block: the block's value, or a loop or `if` without one.
    fn tail(&mut self, expression: &Expr) -> Option<Value> {
        match expression {
            Expr::ForLoop(_) | Expr::Assign(_) => self.effect(expression).map(|()| Value::Unit),
            Expr::Binary(binary) if is_compound(&binary.op) => self.effect(expression).map(|()| Value::Unit),
            Expr::If(branch) if branch.else_branch.is_none() => self.effect(expression).map(|()| Value::Unit),
            _ => self.expression(expression),
        }
    }

    /// An expression that stands for what it does.
    fn effect(&mut self, expression: &Expr) -> Option<()> {
        match expression {
            Expr::Assign(assignment) => self.assign(assignment),
            Expr::Binary(binary) if is_compound(&binary.op) => self.assign_compound(binary),
            Expr::ForLoop(for_loop) => self.for_loop(for_loop),
            Expr::If(branch) => self.branch(branch).map(|_| ()),
            Expr::Block(block) if block.label.is_none() => self.block(&block.block).map(|_| ()),
            Expr::While(_) | Expr::Loop(_) | Expr::Return(_) | Expr::Macro(_) => {
                self.expression(expression).map(|_| ())
            }
            _ => {
                self.expression(expression)?;
                self.refuse(
                    expression,
                    "this statement has no effect; bind it with `let`, or remove the semicolon to return it",
                )
            }
        }
    }

    fn local(&mut self, local: &Local) {
        let value = match &local.init {
            None => self.refuse(local, "a variable without a value is not modelled; write `let x = …;`"),
            Some(init) => {
                if let Some((_, otherwise)) = &init.diverge {
                    self.diagnostics
                        .error(otherwise, "`let … else` is not modelled; write `if … { … } else { … }`");
                }
                self.expression(&init.expr)
            }
        };
        self.bind(&local.pat, value);
    }

    /// Binds the names of a pattern; after an error they are bound to "unknown", so that each mistake shows once.
    pub(super) fn bind(&mut self, pattern: &Pat, value: Option<Value>) {
        match pattern {
            Pat::Ident(ident) if ident.subpat.is_none() => {
                if let Some(token) = &ident.by_ref {
                    self.diagnostics.error(token, "`ref` is not modelled; bind the value");
                }
                let value = refuse_raw(&ident.ident, self.diagnostics).and(value);
                let name = ident.ident.to_string();
                if let Some(Value::Node(node) | Value::Item(node)) = value {
                    self.graph.set_name(node, &name);
                }
                let value = match value {
                    Some(Value::Unit) => self.refuse(
                        pattern,
                        "the value bound here is `()`; remove the semicolon at the end of its block",
                    ),
                    value => value,
                };
                self.bindings.push((name, value));
            }
            Pat::Type(typed) => self.bind(&typed.pat, value),
            Pat::Paren(inner) => self.bind(&inner.pat, value),
            Pat::Reference(inner) => self.bind(&inner.pat, value),
            Pat::Wild(_) => {}
            Pat::Tuple(tuple) => {
                let parts = match value {
                    Some(Value::Tuple(values)) if values.len() == tuple.elems.len() => {
                        values.into_iter().map(Some).collect()
                    }
                    Some(_) => {
                        self.diagnostics.error(
                            pattern,
                            "this pattern does not fit the value; only a tuple can be taken apart",
                        );
                        vec![None; tuple.elems.len()]
                    }
                    None => vec![None; tuple.elems.len()],
                };
                for (part, value) in tuple.elems.iter().zip(parts) {
                    self.bind(part, value);
                }
            }
            _ => {
                self.diagnostics
                    .error(pattern, "this pattern is not modelled; bind a name and index into it");
            }
        }
    }

    fn assign(&mut self, assignment: &ExprAssign) -> Option<()> {
        let value = self.expression(&assignment.right);
        self.store(&assignment.left, value)
    }

    fn assign_compound(&mut self, binary: &ExprBinary) -> Option<()> {
        let left = self.expression(&binary.left);
        let right = self.expression(&binary.right);
        let value = match (left, right) {
            (Some(left), Some(right)) => self.binary(left, &binary.op, right, binary),
            _ => None,
        };
        self.store(&binary.left, value)
    }

    fn store(&mut self, target: &Expr, value: Option<Value>) -> Option<()> {
        let Expr::Path(path) = target else {
            return self.refuse(
                target,
                "an assignment to a place is not modelled; build the array with `[a, b, …]` or `map`",
            );
        };
        let Some(name) = path.path.get_ident().map(ToString::to_string) else {
            return self
                .refuse(target, "an assignment to something outside the function can't be differentiated");
        };
        let Some(slot) = self.bindings.iter_mut().rev().find(|(bound, _)| *bound == name) else {
            return self.refuse(target, format!("no local variable `{name}` is in scope"));
        };
        let failed = value.is_none();
        slot.1 = value;
        (!failed).then_some(())
    }

    fn for_loop(&mut self, for_loop: &ExprForLoop) -> Option<()> {
        let values = match self.expression(&for_loop.expr)? {
            Value::Places(length) => return self.long_loop(for_loop, &length),
            Value::Range(0, to) if to > UNROLL_LIMIT => {
                let length = Dim::Fixed(usize::try_from(to).ok()?);
                return self.long_loop(for_loop, &length);
            }
            Value::Range(from, to) if rounds(from, to) > UNROLL_LIMIT => {
                return self.refuse(
                    &for_loop.expr,
                    format!("a loop of more than {UNROLL_LIMIT} rounds starts at 0: `0..n`"),
                );
            }
            Value::Range(from, to) => (from..to).map(Value::Integer).collect(),
            value => self.entries(value, &for_loop.expr)?,
        };
        for value in values {
            self.rounds += 1;
            if self.rounds > ROUND_LIMIT {
                return self.refuse(
                    for_loop.for_token,
                    format!("the loops of this function take more than {ROUND_LIMIT} rounds together; use array operations"),
                );
            }
            let depth = self.bindings.len();
            self.bind(&for_loop.pat, Some(value));
            let done = self.block(&for_loop.body);
            self.bindings.truncate(depth);
            // One round's mistake would be reported again in each of the others.
            done?;
            self.within_bounds(for_loop.for_token)?;
        }
        Some(())
    }

    /// `if`, with or without a value: both branches are read, and what they assign is selected.
    pub(super) fn branch(&mut self, branch: &ExprIf) -> Option<Value> {
        if let Expr::Let(pattern) = &*branch.cond {
            return self.refuse(pattern, "`if let` is not modelled; compare numbers with `<`, `==`, …");
        }
        let mask = self.condition(&branch.cond);
        let before = self.bindings.clone();
        let on_true = self.block(&branch.then_branch);
        let after_true = std::mem::replace(&mut self.bindings, before);
        let on_false = match &branch.else_branch {
            None => Some(Value::Unit),
            Some((_, otherwise)) => self.expression(otherwise),
        };
        let (mask, on_true, on_false) = (mask?, on_true?, on_false?);
        self.merge(&mask, after_true, branch);
        self.choose(&mask, on_true, on_false, branch)
    }

    /// Joins what the two branches left in the variables; `self.bindings` is the state after the second.
    pub(super) fn merge(
        &mut self,
        mask: &Value,
        after_true: Vec<(String, Option<Value>)>,
        tokens: impl quote::ToTokens + Copy,
    ) {
        for (slot, (name, on_true)) in after_true.into_iter().enumerate() {
            let on_false = self.bindings[slot].1.clone();
            if on_true == on_false {
                continue;
            }
            let value = match (on_true, on_false) {
                (Some(on_true), Some(on_false)) => self.choose(mask, on_true, on_false, tokens),
                _ => None,
            };
            if let Some(Value::Node(node)) = value {
                self.graph.set_name(node, &name);
            }
            self.bindings[slot].1 = value;
        }
    }

    /// `if mask { on_true } else { on_false }` of two values.
    pub(super) fn choose(
        &mut self,
        mask: &Value,
        on_true: Value,
        on_false: Value,
        tokens: impl quote::ToTokens + Copy,
    ) -> Option<Value> {
        match (on_true, on_false) {
            (Value::Tuple(left), Value::Tuple(right)) if left.len() == right.len() => {
                let parts: Option<Vec<Value>> =
                    left.into_iter().zip(right).map(|(a, b)| self.choose(mask, a, b, tokens)).collect();
                Some(Value::Tuple(parts?))
            }
            (a, b) if a == b => Some(a),
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

/// True for `+=` and its kin.
fn is_compound(op: &BinOp) -> bool {
    matches!(
        op,
        BinOp::AddAssign(_)
            | BinOp::SubAssign(_)
            | BinOp::MulAssign(_)
            | BinOp::DivAssign(_)
            | BinOp::RemAssign(_)
            | BinOp::BitXorAssign(_)
            | BinOp::BitAndAssign(_)
            | BinOp::BitOrAssign(_)
            | BinOp::ShlAssign(_)
            | BinOp::ShrAssign(_)
    )
}
