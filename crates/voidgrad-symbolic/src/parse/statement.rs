//! Blocks, `let`, assignments and `for`.

use syn::{
    BinOp, Block, Expr, ExprAssign, ExprBinary, ExprBlock, ExprForLoop, ExprParen, ExprPath, Local,
    LocalInit, Macro, Pat, PatIdent, PatParen, PatReference, PatTuple, PatType, PatWild, Stmt, StmtMacro,
};

use super::{Reader, Value};
use crate::graph::Dim;
use crate::signature::refuse_raw;

/// The number of rounds of `from..to`.
pub(super) fn rounds(from: i64, to: i64) -> i64 {
    to.saturating_sub(from)
}

/// The longest loop that is written out.
pub(super) const UNROLL_LIMIT: i64 = 256;

impl Reader<'_> {
    /// The value of a block; names bound in it are forgotten at its end, assignments to outer names stay.
    pub(super) fn block(&mut self, block: &Block) -> Option<Value> {
        let Block { brace_token: _, stmts } = block;
        let depth = self.scope.depth();
        let mut value = Some(Value::Unit);
        for statement in stmts {
            if let Some(found) = self.statement(statement) {
                value = found;
            } else {
                value = None;
            }
        }
        self.scope.truncate(depth);
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
            // At the end of a block.
            Stmt::Macro(StmtMacro { attrs: _, mac, semi_token: None }) => Some(self.macro_call(mac)),
            Stmt::Macro(StmtMacro {
                attrs: _,
                mac: Macro { path, bang_token: _, delimiter: _, tokens: _ },
                semi_token: Some(_),
            }) => self.refuse(
                path,
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
            Expr::Block(ExprBlock { attrs: _, label: None, block }) => self.block(block).map(|_| ()),
            Expr::Paren(ExprParen { attrs: _, paren_token: _, expr }) => self.effect(expr),
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
        let Local { attrs: _, let_token: _, modifiers, pat, init, semi_token: _ } = local;
        if let Err(error) = modifiers.require_empty() {
            self.diagnostics.push(error);
        }
        let (value, is_reference) = match init {
            None => {
                (self.refuse(local, "a variable without a value is not modelled; write `let x = …;`"), false)
            }
            Some(LocalInit { eq_token: _, expr, diverge }) => {
                if let Some((token, _)) = diverge {
                    self.diagnostics
                        .error(token, "`let … else` is not modelled; write `if … { … } else { … }`");
                }
                (self.expression(expr), self.is_reference(expr))
            }
        };
        self.bind_as(pat, value, is_reference);
    }

    /// Binds the names of a pattern; after an error they are bound to "unknown", so that each mistake shows once.
    pub(super) fn bind(&mut self, pattern: &Pat, value: Option<Value>) {
        self.bind_as(pattern, value, false);
    }

    fn bind_as(&mut self, pattern: &Pat, value: Option<Value>, is_reference: bool) {
        match pattern {
            Pat::Ident(PatIdent { attrs: _, by_ref, mutability: _, ident, subpat: None }) => {
                if let Some(token) = by_ref {
                    self.diagnostics.error(token, "`ref` is not modelled; bind the value");
                }
                let value = refuse_raw(ident, self.diagnostics).and(value);
                let name = ident.to_string();
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
                self.scope.bind(name, value, is_reference);
            }
            Pat::Type(PatType { attrs: _, pat, colon_token: _, ty }) => {
                let value = value.and_then(|value| self.declared(ty, value));
                self.bind_as(pat, value, is_reference);
            }
            Pat::Paren(PatParen { attrs: _, paren_token: _, pat }) => self.bind_as(pat, value, is_reference),
            Pat::Reference(PatReference { attrs: _, and_token: _, mutability, pat }) => {
                if let Some(token) = mutability {
                    self.diagnostics.error(token, "a mutable reference is not modelled; bind the value");
                }
                self.bind_as(pat, value, false);
            }
            Pat::Wild(PatWild { attrs: _, underscore_token: _ }) => {}
            Pat::Tuple(PatTuple { attrs: _, paren_token: _, elems }) => {
                let parts = match value {
                    Some(Value::Tuple(values)) if values.len() == elems.len() => {
                        values.into_iter().map(Some).collect()
                    }
                    Some(_) => {
                        self.diagnostics.error(
                            pattern,
                            "this pattern does not fit the value; only a tuple can be taken apart",
                        );
                        vec![None; elems.len()]
                    }
                    None => vec![None; elems.len()],
                };
                for (part, value) in elems.iter().zip(parts) {
                    self.bind_as(part, value, false);
                }
            }
            _ => {
                self.diagnostics
                    .error(pattern, "this pattern is not modelled; bind a name and index into it");
            }
        }
    }

    fn assign(&mut self, assignment: &ExprAssign) -> Option<()> {
        let ExprAssign { attrs: _, left, eq_token: _, right } = assignment;
        let value = self.expression(right);
        self.store(left, value)
    }

    fn assign_compound(&mut self, binary: &ExprBinary) -> Option<()> {
        let ExprBinary { attrs: _, left, op, right } = binary;
        // Rust, too, computes the right side of `+=` first.
        let change = self.expression(right);
        let before = self.expression(left);
        let value = match (before, change) {
            (Some(before), Some(change)) => self.binary(before, op, change, binary),
            _ => None,
        };
        self.store(left, value)
    }

    fn store(&mut self, target: &Expr, value: Option<Value>) -> Option<()> {
        let Expr::Path(ExprPath { attrs: _, qself: None, path }) = target else {
            return self.refuse(
                target,
                "an assignment to a place is not modelled; build the array with `[a, b, …]` or `map`",
            );
        };
        let Some(name) = path.get_ident().map(ToString::to_string) else {
            return self
                .refuse(target, "an assignment to something outside the function can't be differentiated");
        };
        let Some(slot) = self.scope.slot(&name) else {
            return self.refuse(target, format!("no local variable `{name}` is in scope"));
        };
        // It is read once, however often it is called.
        if self.closure.is_some_and(|depth| slot < depth) {
            return self.refuse(
                target,
                format!(
                    "a closure that assigns to `{name}` outside of it is not modelled; write a `for` loop"
                ),
            );
        }
        let failed = value.is_none();
        self.scope.assign(slot, value);
        (!failed).then_some(())
    }

    fn for_loop(&mut self, for_loop: &ExprForLoop) -> Option<()> {
        let ExprForLoop { attrs: _, label, for_token, pat, in_token: _, expr, body } = for_loop;
        if let Some(label) = label {
            self.refuse::<()>(
                label,
                "a label is not modelled; remove it, with the `break` or `continue` that names it",
            )?;
        }
        let values = match self.expression(expr)? {
            Value::Places(length) => return self.long_loop(for_loop, &length),
            Value::Range(0, to, variable) if to > UNROLL_LIMIT => {
                self.must_be(variable, "usize");
                let length = Dim::Fixed(usize::try_from(to).ok()?);
                return self.long_loop(for_loop, &length);
            }
            Value::Range(from, to, _) if rounds(from, to) > UNROLL_LIMIT => {
                return self
                    .refuse(expr, format!("a loop of more than {UNROLL_LIMIT} rounds starts at 0: `0..n`"));
            }
            Value::Range(from, to, variable) => {
                (from..to).map(|i| self.integer_value(i, variable, expr)).collect()
            }
            value => self.entries(value, expr)?,
        };
        self.loops.met(for_loop, !values.is_empty(), expr);
        for value in values {
            self.round(for_token)?;
            let depth = self.scope.depth();
            self.bind(pat, Some(value));
            let done = self.block(body);
            self.scope.truncate(depth);
            // One round's mistake would be reported again in each of the others.
            done?;
            self.within_bounds(for_token)?;
        }
        Some(())
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
