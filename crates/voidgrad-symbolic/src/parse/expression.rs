//! Expressions.

use quote::ToTokens;
use syn::spanned::Spanned;
use syn::{Expr, ExprIndex, ExprMatch, ExprRange, ExprUnary, Lit, Pat, RangeLimits, UnOp};

use super::{Reader, Value};
use crate::graph::{Dim, NodeId, Op, Position, Shape};

impl Reader<'_> {
    /// What an expression stands for; `None` after an error was reported.
    pub(super) fn expression(&mut self, expression: &Expr) -> Option<Value> {
        match expression {
            Expr::Lit(literal) => self.literal(&literal.lit),
            Expr::Path(path) => self.path(path),
            Expr::Paren(inner) => self.expression(&inner.expr),
            Expr::Group(inner) => self.expression(&inner.expr),
            Expr::Reference(inner) if inner.mutability.is_none() => self.expression(&inner.expr),
            Expr::Block(block) if block.label.is_none() => self.block(&block.block),
            Expr::If(branch) => self.branch(branch),
            Expr::Match(choice) => self.match_bool(choice),
            Expr::Unary(unary) => self.unary(unary),
            Expr::Binary(binary) => {
                let (left, right) = (self.expression(&binary.left), self.expression(&binary.right));
                let (left, right) = (left?, right?);
                match (&left, &right) {
                    (Value::Integer(_), Value::Integer(_)) => {}
                    (Value::Integer(_), _) => self.real_is_needed(&binary.left)?,
                    (_, Value::Integer(_)) => self.real_is_needed(&binary.right)?,
                    _ => {}
                }
                self.binary(left, &binary.op, right, binary)
            }
            Expr::MethodCall(call) => self.method_call(call),
            Expr::Call(call) => self.call(call),
            Expr::Index(index) => self.index(index),
            Expr::Tuple(tuple) => {
                let values: Vec<Option<Value>> =
                    tuple.elems.iter().map(|part| self.expression(part)).collect();
                Some(Value::Tuple(values.into_iter().collect::<Option<_>>()?))
            }
            Expr::Array(array) => {
                let entries: Vec<Option<NodeId>> =
                    array.elems.iter().map(|entry| self.scalar(entry)).collect();
                self.assembled(entries.into_iter().collect::<Option<_>>()?, array)
            }
            Expr::Repeat(repeat) => {
                let entry = self.scalar(&repeat.expr)?;
                match self.expression(&repeat.len)? {
                    Value::Integer(n) if n > 0 => {
                        let n = usize::try_from(n).ok()?;
                        Some(Value::Node(self.graph.broadcast(entry, &Shape::Array(Dim::Fixed(n)))))
                    }
                    _ => self.refuse(&repeat.len, "the length must be a positive number in the source"),
                }
            }
            Expr::Range(range) => self.range(range),
            Expr::Cast(cast) => self.cast(cast),
            Expr::Field(field) => self.field(field),
            Expr::While(w) => self.refuse(
                w.while_token,
                "`while` may run any number of times and is not modelled; write `for i in 0..N`",
            ),
            Expr::Loop(l) => self.refuse(
                l.loop_token,
                "`loop` may run any number of times and is not modelled; write `for i in 0..N`",
            ),
            Expr::Return(r) => self.refuse(
                r.return_token,
                "an early return is not modelled; write `if … { … } else { … }` as the last expression",
            ),
            Expr::Break(b) => {
                self.refuse(b.break_token, "`break` is not modelled; write a loop over a constant range")
            }
            Expr::Continue(c) => {
                self.refuse(c.continue_token, "`continue` is not modelled; write `if … { … } else { … }`")
            }
            Expr::Closure(closure) => self
                .refuse(closure, "a closure is modelled only as the argument of `map`, `zip_map` and `fold`"),
            Expr::Macro(call) => self.refuse(
                &call.mac.path,
                "a macro can't be differentiated; write the expression it stands for",
            ),
            Expr::Try(attempt) => self.refuse(
                attempt.question_token,
                "`?` is not modelled; a differentiated function has one result",
            ),
            Expr::Unsafe(block) => self.refuse(block.unsafe_token, "unsafe code is not differentiated"),
            Expr::Struct(literal) => {
                self.refuse(&literal.path, "a struct is not modelled; pass its fields as parameters")
            }
            Expr::Assign(assignment) => {
                self.refuse(assignment.eq_token, "an assignment has no value; write it as a statement")
            }
            Expr::ForLoop(for_loop) => {
                self.refuse(for_loop.for_token, "a loop has no value; write it as a statement")
            }
            other => self.refuse(other, "this expression is not modelled"),
        }
    }

    /// One real number.
    pub(super) fn scalar(&mut self, expression: &Expr) -> Option<NodeId> {
        let value = self.expression(expression)?;
        let node = self.node_of(&value, expression)?;
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

    /// The condition of an `if`.
    pub(super) fn condition(&mut self, expression: &Expr) -> Option<Value> {
        let value = self.expression(expression)?;
        let ([mask], kind) = self.masks([value], expression)?;
        Some(kind.wrap(mask))
    }

    /// An integer that is known while reading.
    pub(super) fn integer(&mut self, expression: &Expr) -> Option<i64> {
        match self.expression(expression)? {
            Value::Integer(value) => Some(value),
            _ => self.refuse(
                expression,
                "an integer that stands in the source is needed here, or a loop variable",
            ),
        }
    }

    fn range(&mut self, range: &ExprRange) -> Option<Value> {
        let Some(start) = &range.start else { return self.refuse(range, "a range needs a start: `0..n`") };
        let Some(end) = &range.end else { return self.refuse(range, "a range needs an end: `0..n`") };
        let from = self.integer(start)?;
        let is_closed = matches!(range.limits, RangeLimits::Closed(_));
        match self.expression(end)? {
            Value::Integer(to) => match to.checked_add(i64::from(is_closed)) {
                Some(to) => Some(Value::Range(from, to)),
                None => self.refuse(end, "this integer is too large"),
            },
            Value::Length(length) if from == 0 && !is_closed => Some(Value::Places(length)),
            Value::Length(_) => {
                self.refuse(range, "a range up to a length that is not known here starts at 0: `0..n`")
            }
            _ => self.refuse(
                end,
                "an integer that stands in the source is needed here, a loop variable or a length",
            ),
        }
    }

    fn real_is_needed(&mut self, integer: &Expr) -> Option<()> {
        self.refuse(integer, super::INTEGER_FOR_REAL)
    }

    fn literal(&mut self, literal: &Lit) -> Option<Value> {
        match literal {
            Lit::Float(number) => match (number.suffix(), number.base10_parse::<f64>()) {
                ("" | "f64", Ok(value)) => Some(Value::Node(self.graph.literal(value))),
                _ => self.refuse(number, "only `f64` is modelled; write the number without a suffix"),
            },
            Lit::Int(number) if number.suffix() == "f64" => {
                let value = number.base10_digits().parse().ok()?;
                Some(Value::Node(self.graph.literal(value)))
            }
            Lit::Int(number) => match number.base10_parse::<i64>() {
                Ok(value) => Some(Value::Integer(value)),
                Err(_) => self.refuse(number, "this integer is too large; write a real number: `1e20`"),
            },
            Lit::Bool(value) => Some(Value::Node(self.graph.node(Op::Bool(value.value), Shape::Scalar))),
            other => self.refuse(other, "only numbers and `bool`s are modelled"),
        }
    }

    fn path(&mut self, path: &syn::ExprPath) -> Option<Value> {
        if let Some(name) = path.path.get_ident()
            && path.qself.is_none()
        {
            let bound = self.bindings.iter().rev().find(|(bound, _)| name == bound);
            if let Some((_, value)) = bound {
                return value.clone();
            }
        }
        if let Some(name) = path.path.get_ident().map(ToString::to_string)
            && self.lengths.contains(&name)
        {
            return Some(Value::Length(Dim::Named(name)));
        }
        if path.qself.is_some() {
            return self.refuse(path, "a qualified path is not modelled; name the constant by a plain path");
        }
        let index = self.graph.intern_path(&path.path);
        Some(Value::Node(self.graph.node(Op::Path(index), Shape::Scalar)))
    }

    fn unary(&mut self, unary: &ExprUnary) -> Option<Value> {
        let value = self.expression(&unary.expr)?;
        match (&unary.op, value) {
            (UnOp::Neg(_), Value::Integer(value)) => match value.checked_neg() {
                Some(value) => Some(Value::Integer(value)),
                None => self.refuse(unary, "this integer is too large"),
            },
            (UnOp::Neg(_), value) => {
                let ([a], kind) = self.reals([value], &unary.expr)?;
                if let Some(value) = self.graph.literal_value(a) {
                    return Some(Value::Node(self.graph.literal(-value)));
                }
                let shape = self.graph.shape(a).clone();
                let node = self.written(Op::Neg(a), shape, unary.op)?;
                Some(kind.wrap(node))
            }
            (UnOp::Not(_), value) => {
                let ([a], kind) = self.masks([value], &unary.expr)?;
                let shape = self.graph.shape(a).clone();
                let node = self.written(Op::Not(a), shape, unary.op)?;
                Some(kind.wrap(node))
            }
            (UnOp::Deref(_), value) => Some(value),
            (op, _) => self.refuse(op, "this operator is not modelled"),
        }
    }

    /// `match` on a `bool`.
    fn match_bool(&mut self, choice: &ExprMatch) -> Option<Value> {
        let mask = match self.expression(&choice.expr)? {
            value @ (Value::Node(node) | Value::Item(node)) if self.graph.is_mask(node) => value,
            _ => {
                return self.refuse(
                    &choice.expr,
                    "`match` is modelled on a `bool` alone; write `if … { … } else { … }`",
                );
            }
        };
        let [first, second] = choice.arms.as_slice() else {
            return self
                .refuse(choice.match_token, "`match` on a `bool` has the two arms `true` and `false`");
        };
        let first_is_true = match &first.pat {
            Pat::Lit(literal) => match &literal.lit {
                Lit::Bool(value) => value.value,
                other => return self.refuse(other, "the arms of a `bool` are `true` and `false`"),
            },
            other => {
                return self.refuse(other, "the first arm of a `match` on a `bool` is `true` or `false`");
            }
        };
        let second_fits = match &second.pat {
            Pat::Wild(_) => true,
            Pat::Lit(literal) => matches!(&literal.lit, Lit::Bool(value) if value.value != first_is_true),
            _ => false,
        };
        if !second_fits {
            return self
                .refuse(&second.pat, "the second arm of a `match` on a `bool` is the other value, or `_`");
        }
        let before = self.bindings.clone();
        let one = self.expression(&first.body);
        let after_one = std::mem::replace(&mut self.bindings, before);
        let other = self.expression(&second.body);
        let (one, other) = (one?, other?);
        if first_is_true {
            self.merge(&mask, after_one, choice);
            self.choose(&mask, one, other, choice)
        } else {
            let after_other = std::mem::replace(&mut self.bindings, after_one);
            self.merge(&mask, after_other, choice);
            self.choose(&mask, other, one, choice)
        }
    }

    fn cast(&mut self, cast: &syn::ExprCast) -> Option<Value> {
        let value = self.expression(&cast.expr)?;
        match (value, cast.ty.to_token_stream().to_string().as_str()) {
            #[allow(clippy::cast_precision_loss)] // the user's own cast
            (Value::Integer(value), "f64") => Some(Value::Node(self.graph.literal(value as f64))),
            (Value::Integer(value), "usize" | "i32" | "i64" | "u32" | "u64" | "isize") => {
                Some(Value::Integer(value))
            }
            (Value::Length(length), "f64") => {
                Some(Value::Node(self.graph.node(Op::Length(length), Shape::Scalar)))
            }
            (Value::Place(length), "f64") => {
                Some(Value::Item(self.graph.node(Op::Places, Shape::Array(length))))
            }
            (Value::Node(node), "f64") if !self.graph.is_mask(node) => Some(Value::Node(node)),
            (Value::Node(node), _) if self.graph.is_mask(node) => {
                self.refuse(cast, "a cast of a `bool` is not modelled; write `if … { 1.0 } else { 0.0 }`")
            }
            _ => self.refuse(cast, "this cast loses what a derivative needs; stay in `f64`"),
        }
    }

    /// `tuple.0`, and nalgebra's `v.x`, `v.y`, …
    fn field(&mut self, field: &syn::ExprField) -> Option<Value> {
        let base = self.expression(&field.base)?;
        match (base, &field.member) {
            (Value::Tuple(values), syn::Member::Unnamed(index)) => match values.get(index.index as usize) {
                Some(value) => Some(value.clone()),
                None => self.refuse(&field.member, "the tuple has no such part"),
            },
            (Value::Node(node), syn::Member::Named(name)) if self.graph.shape(node).is_column() => {
                match ["x", "y", "z", "w"].iter().position(|known| name == known) {
                    Some(i) => Some(Value::Node(self.graph.index(node, Position::Entry(i)))),
                    None => self.refuse(name, "this field is not modelled; index with `[i]`"),
                }
            }
            _ => self.refuse(&field.member, "a field is not modelled; pass it as a parameter of its own"),
        }
    }

    fn index(&mut self, index: &ExprIndex) -> Option<Value> {
        let base = self.expression(&index.expr)?;
        if let Value::Node(node) = base
            && matches!(self.graph.op(node), Op::Path(_))
        {
            return self.refuse(
                &index.expr,
                "an entry of a constant array is not modelled; name the entry as a constant of its own",
            );
        }
        let node = self.node_of(&base, &index.expr)?;
        let shape = self.graph.shape(node).clone();
        let place = self.expression(&index.index)?;
        if let Value::Place(length) = place {
            return self.item(node, &shape, &length, index);
        }
        let at = match (&shape, place) {
            (Shape::Array(n), Value::Integer(i)) => self.position(i, n, index).map(Position::Entry),
            (Shape::Matrix(rows, Dim::Fixed(1)), Value::Integer(i)) => self.position(i, rows, index).map(Position::Entry),
            (Shape::Matrix(Dim::Fixed(1), columns), Value::Integer(i)) => {
                self.position(i, columns, index).map(|column| Position::Cell(0, column))
            }
            (Shape::Matrix(rows, columns), Value::Tuple(pair)) => match pair.as_slice() {
                [Value::Integer(i), Value::Integer(j)] => {
                    let (row, column) = (self.position(*i, rows, index)?, self.position(*j, columns, index)?);
                    Some(if columns.fixed() == Some(1) { Position::Entry(row) } else { Position::Cell(row, column) })
                }
                _ => self.refuse(&index.index, "an index is a number that stands in the source, or a loop variable"),
            },
            (Shape::Scalar, _) => self.refuse(&index.expr, "one number can't be indexed"),
            _ => self.refuse(&index.index, "an index is a number that stands in the source, or a loop variable; a matrix takes `(row, column)`"),
        }?;
        Some(Value::Node(self.graph.index(node, at)))
    }

    /// `x[i]` in a loop over the entries of `x`.
    fn item(&mut self, array: NodeId, shape: &Shape, length: &Dim, index: &ExprIndex) -> Option<Value> {
        match shape {
            Shape::Array(n) if n.may_equal(length) => {
                self.graph.must_agree(n, length);
                Some(Value::Item(array))
            }
            Shape::Array(n) => {
                self.refuse(&index.index, format!("the loop runs over {length} places, the length here is {n}"))
            }
            _ => self.refuse(&index.expr, "in a loop of many rounds arrays and slices are indexed; for vectors write `dot`, `map` and `sum`"),
        }
    }

    fn position(&mut self, i: i64, length: &Dim, index: &ExprIndex) -> Option<usize> {
        match usize::try_from(i) {
            Ok(i) if length.fixed().is_none_or(|n| i < n) => Some(i),
            _ => self.refuse(&index.index, format!("the index is {i}, but the length is {length}")),
        }
    }

    /// `[a, b, …]`.
    pub(super) fn assembled(
        &mut self,
        entries: Vec<NodeId>,
        tokens: impl ToTokens + Spanned,
    ) -> Option<Value> {
        if entries.is_empty() {
            return self.refuse(tokens, "an empty array has no derivative");
        }
        let shape = Shape::Array(Dim::Fixed(entries.len()));
        let entries = entries.into_iter().enumerate().map(|(i, entry)| (Position::Entry(i), entry)).collect();
        Some(Value::Node(self.graph.node(Op::Assemble(entries), shape)))
    }
}
