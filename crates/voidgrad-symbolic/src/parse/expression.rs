//! Expressions.
//!
//! Each node of the syntax is taken apart completely, so that a part that nobody thought of does not compile. Attributes
//! are looked at elsewhere, for the whole function ([`inert`](crate::inert)).

use quote::ToTokens;
use syn::spanned::Spanned;
use syn::{
    BinOp, Expr, ExprArray, ExprAsync, ExprBinary, ExprBlock, ExprBreak, ExprConst, ExprContinue,
    ExprForLoop, ExprGroup, ExprLit, ExprLoop, ExprMacro, ExprParen, ExprPath, ExprRange, ExprReference,
    ExprRepeat, ExprReturn, ExprTry, ExprTuple, ExprUnary, ExprUnsafe, ExprWhile, Lit, RangeLimits, UnOp,
};

use super::{Reader, Value};
use crate::graph::{Constant, Dim, NodeId, Op, Position, Shape};

/// True for one entry at a time; an iterator over entries starts a new count.
fn is_single(value: &Value) -> bool {
    !matches!(value, Value::Sequence(..)) && value.changes_from_entry_to_entry()
}

impl Reader<'_> {
    /// What an expression stands for; `None` after an error was reported.
    pub(super) fn expression(&mut self, expression: &Expr) -> Option<Value> {
        self.read += 1;
        match expression {
            Expr::Lit(ExprLit { attrs: _, lit }) => self.literal(lit),
            Expr::Path(path) => self.path(path),
            Expr::Paren(ExprParen { attrs: _, paren_token: _, expr })
            | Expr::Group(ExprGroup { attrs: _, group_token: _, expr })
            | Expr::Reference(ExprReference { attrs: _, and_token: _, mutability: None, expr }) => {
                self.expression(expr)
            }
            Expr::Block(ExprBlock { attrs: _, label: None, block }) => self.block(block),
            Expr::If(branch) => self.branch(branch),
            Expr::Match(choice) => self.match_bool(choice),
            Expr::Unary(unary) => self.unary(unary),
            Expr::Binary(binary) => self.infix(binary),
            Expr::MethodCall(call) => self.method_call(call),
            Expr::Call(call) => self.call(call),
            Expr::Index(index) => self.index(index),
            Expr::Tuple(ExprTuple { attrs: _, paren_token: _, elems }) => {
                let values: Vec<Option<Value>> = elems.iter().map(|part| self.expression(part)).collect();
                Some(Value::Tuple(values.into_iter().collect::<Option<_>>()?))
            }
            Expr::Array(array) => {
                let ExprArray { attrs: _, bracket_token: _, elems } = array;
                let entries: Vec<Option<NodeId>> = elems.iter().map(|entry| self.scalar(entry)).collect();
                self.assembled(entries.into_iter().collect::<Option<_>>()?, array)
            }
            Expr::Repeat(repeat) => self.repeated(repeat),
            Expr::Range(range) => self.range(range),
            Expr::Cast(cast) => self.cast(cast),
            Expr::Field(field) => self.field(field),
            other => self.refused(other),
        }
    }

    /// What has no derivative, or is not modelled, with what to write instead.
    fn refused(&mut self, expression: &Expr) -> Option<Value> {
        const LOOP: &str = "may run any number of times and is not modelled; write `for i in 0..N`";
        const LABEL: &str =
            "a label is not modelled; remove it, with the `break` or `continue` that names it";
        match expression {
            Expr::Reference(ExprReference { attrs: _, and_token: _, mutability, expr: _ }) => {
                self.refuse(mutability, "a mutable reference is not modelled; return the new value instead")
            }
            Expr::Block(ExprBlock { attrs: _, label, block: _ }) => self.refuse(label, LABEL),
            Expr::While(ExprWhile { attrs: _, label: _, while_token, cond: _, body: _ }) => {
                self.refuse(while_token, format!("`while` {LOOP}"))
            }
            Expr::Loop(ExprLoop { attrs: _, label: _, loop_token, body: _ }) => {
                self.refuse(loop_token, format!("`loop` {LOOP}"))
            }
            Expr::Return(ExprReturn { attrs: _, return_token, expr: _ }) => self.refuse(
                return_token,
                "an early return is not modelled; write `if … { … } else { … }` as the last expression",
            ),
            Expr::Break(ExprBreak { attrs: _, break_token, label: _, expr: _ }) => {
                self.refuse(break_token, "`break` is not modelled; write a loop over a constant range")
            }
            Expr::Continue(ExprContinue { attrs: _, continue_token, label: _ }) => {
                self.refuse(continue_token, "`continue` is not modelled; write `if … { … } else { … }`")
            }
            Expr::Closure(closure) => self
                .refuse(closure, "a closure is modelled only as the argument of `map`, `zip_map` and `fold`"),
            Expr::Macro(ExprMacro { attrs: _, mac }) => self.macro_call(mac),
            Expr::Try(ExprTry { attrs: _, expr: _, question_token }) => {
                self.refuse(question_token, "`?` is not modelled; a differentiated function has one result")
            }
            Expr::Unsafe(ExprUnsafe { attrs: _, unsafe_token, block: _ }) => {
                self.refuse(unsafe_token, "unsafe code is not differentiated")
            }
            Expr::Const(ExprConst { attrs: _, const_token, modifiers: _, block: _ }) => self.refuse(
                const_token,
                "a `const` block is not modelled; give the value a name outside: `const NAME: f64 = …;`",
            ),
            Expr::Async(ExprAsync { attrs: _, async_token, capture: _, modifiers: _, block: _ }) => {
                self.refuse(async_token, "async code has no derivative; compute the value in plain code")
            }
            Expr::Struct(literal) => {
                self.refuse(&literal.path, "a struct is not modelled; pass its fields as parameters")
            }
            Expr::Assign(assignment) => {
                self.refuse(assignment.eq_token, "an assignment has no value; write it as a statement")
            }
            Expr::ForLoop(ExprForLoop { attrs: _, label: _, for_token, pat: _, in_token: _, expr: _, body: _ }) => {
                self.refuse(for_token, "a loop has no value; write it as a statement")
            }
            Expr::Let(pattern) => {
                self.refuse(pattern.let_token, "`if let` is not modelled; compare numbers with `<`, `==`, …")
            }
            other => self.refuse(
                other,
                "this expression is not modelled; compute it outside of the function and pass it as an argument",
            ),
        }
    }

    /// One real number.
    pub(super) fn scalar(&mut self, expression: &Expr) -> Option<NodeId> {
        let value = self.expression(expression)?;
        self.scalar_of(&value, expression)
    }

    /// [`Reader::scalar`] of an expression that was read.
    pub(super) fn scalar_of(&mut self, value: &Value, expression: &Expr) -> Option<NodeId> {
        let node = self.node_of(value, expression)?;
        let shape = self.graph.shape(node).clone();
        if self.graph.is_mask(node) {
            return self.refuse(
                expression,
                "a `bool` where a real number is needed; choose with `if … { 1.0 } else { 0.0 }`",
            );
        }
        if shape.is_scalar() {
            Some(node)
        } else {
            self.refuse(expression, format!("one number is needed here, this is a {shape}"))
        }
    }

    /// True if the value of an expression is a reference, so that a call passes it on as one.
    pub(super) fn is_reference(&self, expression: &Expr) -> bool {
        match expression {
            Expr::Reference(_) => true,
            Expr::Paren(ExprParen { attrs: _, paren_token: _, expr })
            | Expr::Group(ExprGroup { attrs: _, group_token: _, expr }) => self.is_reference(expr),
            Expr::Path(ExprPath { attrs: _, qself: None, path }) => path
                .get_ident()
                .and_then(|name| self.scope.slot(&name.to_string()))
                .is_some_and(|slot| self.scope.is_reference(slot)),
            Expr::MethodCall(call) => call.method == "as_slice" || call.method == "as_ref",
            _ => false,
        }
    }

    fn range(&mut self, range: &ExprRange) -> Option<Value> {
        let ExprRange { attrs: _, start, limits, end } = range;
        let Some(start) = start else { return self.refuse(range, "a range needs a start: `0..n`") };
        let Some(end) = end else { return self.refuse(range, "a range needs an end: `0..n`") };
        let Value::Integer(from, of_from) = self.expression(start)? else {
            return self
                .refuse(start, "an integer that stands in the source is needed here, or a loop variable");
        };
        let is_closed = matches!(limits, RangeLimits::Closed(_));
        match self.expression(end)? {
            Value::Integer(to, of_to) => {
                self.integers.unify(of_from, of_to);
                match to.checked_add(i64::from(is_closed)) {
                    Some(to) => Some(Value::Range(from, to, of_from)),
                    None => self.refuse(end, "this integer is too large"),
                }
            }
            Value::Length(length) if from == 0 && !is_closed => {
                self.must_be(of_from, "usize");
                Some(Value::Places(length))
            }
            Value::Length(_) => {
                self.refuse(range, "a range up to a length that is not known here starts at 0: `0..n`")
            }
            _ => self.refuse(
                end,
                "an integer that stands in the source is needed here, a loop variable or a length",
            ),
        }
    }

    fn literal(&mut self, literal: &Lit) -> Option<Value> {
        match literal {
            Lit::Float(number) => match (number.suffix(), number.base10_parse::<f64>()) {
                ("" | "f64", Ok(value)) => Some(Value::Node(self.graph.literal(value))),
                _ => self.refuse(number, "only `f64` is modelled; write the number without a suffix"),
            },
            Lit::Int(number) if number.suffix() == "f64" => match number.base10_digits().parse() {
                Ok(value) => Some(Value::Node(self.graph.literal(value))),
                Err(_) => self.refuse(number, "this number is not modelled; write it with a point: `2.0`"),
            },
            Lit::Int(number) => self.integer_literal(number),
            Lit::Bool(value) => Some(Value::Node(self.graph.node(Op::Bool(value.value), Shape::Scalar))),
            other => self.refuse(other, "only numbers and `bool`s are modelled"),
        }
    }

    /// A local variable, a const generic, or a constant from outside.
    fn path(&mut self, path: &ExprPath) -> Option<Value> {
        let ExprPath { attrs: _, qself, path: name } = path;
        if qself.is_some() {
            return self.refuse(path, "a qualified path is not modelled; name the constant by a plain path");
        }
        if let Some(name) = name.get_ident().map(ToString::to_string) {
            if let Some(slot) = self.scope.slot(&name) {
                let value = self.scope.value(slot).cloned()?;
                if self.over_entries.is_some_and(|depth| slot < depth) && is_single(&value) {
                    return self.refuse(
                        path,
                        format!("`{name}` is an entry of another array here, or the variable of a loop around this one; write a matrix product, or a function for the inner part"),
                    );
                }
                return Some(value);
            }
            if self.lengths.contains(&name) {
                return Some(Value::Length(Dim::Named(name)));
            }
        }
        let constant = Constant { path: name.clone(), is_cast: false };
        Some(Value::Node(self.graph.constant_node(constant)))
    }

    fn unary(&mut self, unary: &ExprUnary) -> Option<Value> {
        let ExprUnary { attrs: _, op, expr } = unary;
        match (op, self.expression(expr)?) {
            (UnOp::Neg(_), Value::Integer(value, variable)) => match value.checked_neg() {
                Some(value) => Some(self.integer_value(value, variable, op)),
                None => self.refuse(unary, "this integer is too large"),
            },
            (UnOp::Neg(_), value) => {
                let ([a], kind) = self.reals([value], expr)?;
                if let Some(value) = self.graph.literal_value(a) {
                    return Some(Value::Node(self.graph.literal(-value)));
                }
                let shape = self.graph.shape(a).clone();
                let node = self.written(Op::Neg(a), shape, op)?;
                Some(kind.wrap(node))
            }
            (UnOp::Not(_), value) => {
                let ([a], kind) = self.masks([value], expr)?;
                let shape = self.graph.shape(a).clone();
                let node = self.written(Op::Not(a), shape, op)?;
                Some(kind.wrap(node))
            }
            (UnOp::Deref(_), value) => Some(value),
            (op, _) => self.refuse(op, "this operator is not modelled"),
        }
    }

    fn infix(&mut self, binary: &ExprBinary) -> Option<Value> {
        let ExprBinary { attrs: _, left, op, right } = binary;
        let a = self.expression(left);
        let b = if matches!(op, BinOp::And(_) | BinOp::Or(_)) {
            self.without_effect(right, op)
        } else {
            self.expression(right)
        };
        let (a, b) = (a?, b?);
        match (&a, &b) {
            (Value::Integer(..), Value::Integer(..)) => {}
            (Value::Integer(..), _) => return self.refuse(left, super::INTEGER_FOR_REAL),
            (_, Value::Integer(..)) => return self.refuse(right, super::INTEGER_FOR_REAL),
            _ => {}
        }
        self.binary(a, op, b, binary)
    }

    /// An operand that is not always computed: it must assign to nothing, because both operands are read.
    fn without_effect(&mut self, operand: &Expr, operator: &BinOp) -> Option<Value> {
        self.scope.begin_first();
        let value = self.expression(operand);
        let assigned = self.scope.begin_second();
        let changes_something = !assigned.is_empty();
        self.scope.end(assigned);
        if changes_something {
            return self.refuse(
                operator,
                "an assignment on the right of `&&` or `||` happens only sometimes and is not modelled; write it before, or in an `if`",
            );
        }
        value
    }

    /// `[a; N]`.
    fn repeated(&mut self, repeat: &ExprRepeat) -> Option<Value> {
        let ExprRepeat { attrs: _, bracket_token: _, expr, semi_token: _, len } = repeat;
        let entry = self.scalar(expr)?;
        match self.expression(len)? {
            Value::Integer(n, variable) if n > 0 => {
                self.must_be(variable, "usize");
                let n = usize::try_from(n).ok()?;
                Some(Value::Node(self.graph.broadcast(entry, &Shape::Array(Dim::Fixed(n)))))
            }
            _ => self.refuse(len, "the length must be a positive number in the source"),
        }
    }

    /// `[a, b, …]`.
    fn assembled(&mut self, entries: Vec<NodeId>, tokens: impl ToTokens + Spanned) -> Option<Value> {
        if entries.is_empty() {
            return self.refuse(tokens, "an empty array has no derivative");
        }
        let shape = Shape::Array(Dim::Fixed(entries.len()));
        let entries = entries.into_iter().enumerate().map(|(i, entry)| (Position::Entry(i), entry)).collect();
        Some(Value::Node(self.graph.node(Op::Assemble(entries), shape)))
    }
}
