//! Expressions.

use syn::{Attribute, BinOp, Expr, ExprMatch, ExprRange, Member, RangeLimits, UnOp};

use super::types::{Ty, rounded};
use super::value::{Closure, Float, Integer, Width};
use super::{DEEPEST, Interpreter, Matrix, Number, Result, Stop, Value, attributes, panics, unknown};

impl Interpreter<'_> {
    /// The value of an expression. `wanted` is its type as far as the place where it stands says.
    pub(super) fn expression(&mut self, expression: &Expr, wanted: Option<&Ty>) -> Result<Value> {
        attributes::only_known(attributes_of(expression))?;
        self.step()?;
        if self.depth >= DEEPEST {
            return Err(Stop::Limit);
        }
        self.depth += 1;
        let value = self.inner(expression, wanted);
        self.depth -= 1;
        value
    }

    fn inner(&mut self, expression: &Expr, wanted: Option<&Ty>) -> Result<Value> {
        match expression {
            Expr::Lit(literal) => self.literal(&literal.lit),
            Expr::Path(path) => self.path(path),
            Expr::Paren(inner) => self.expression(&inner.expr, wanted),
            Expr::Group(inner) => self.expression(&inner.expr, wanted),
            Expr::Reference(inner) if inner.mutability.is_none() => {
                let wanted = match wanted {
                    Some(Ty::Reference(wanted)) => Some(&**wanted),
                    _ => None,
                };
                Ok(self.expression(&inner.expr, wanted)?.reference())
            }
            Expr::Block(block) => {
                let value = self.block(&block.block, wanted);
                match (value, &block.label) {
                    (Err(Stop::Break(Some(named), value)), Some(label)) if label.name.ident == named => Ok(value),
                    (value, _) => value,
                }
            }
            Expr::Unsafe(block) => self.block(&block.block, wanted),
            Expr::If(branch) => {
                let depth = self.names.len();
                let value = if self.condition(&branch.cond)? {
                    self.block(&branch.then_branch, wanted)
                } else {
                    self.names.truncate(depth);
                    match &branch.else_branch {
                        Some((_, otherwise)) => self.expression(otherwise, wanted),
                        None => Ok(Value::Unit),
                    }
                };
                self.names.truncate(depth);
                value
            }
            Expr::Match(choice) => self.choose(choice, wanted),
            Expr::Unary(unary) => {
                let value = self.expression(&unary.expr, None)?;
                self.unary(&unary.op, value)
            }
            Expr::Binary(binary) => self.binary_expression(binary),
            Expr::Assign(assignment) => {
                let value = self.expression(&assignment.right, None)?;
                self.store(&assignment.left, value)?;
                Ok(Value::Unit)
            }
            Expr::MethodCall(call) => self.method_call(call),
            Expr::Call(call) => self.call_expression(call, wanted),
            Expr::Index(index) => {
                let whole = self.expression(&index.expr, None)?;
                let at = self.expression(&index.index, Some(&Ty::Integer(Width::Usize)))?;
                Self::index(&whole, &at)
            }
            Expr::Tuple(tuple) if tuple.elems.is_empty() => Ok(Value::Unit),
            Expr::Tuple(tuple) => {
                let mut parts = Vec::new();
                let present = present(tuple.elems.iter())?;
                for (place, part) in present.into_iter().enumerate() {
                    let wanted = match wanted {
                        Some(Ty::Tuple(wanted)) => wanted.get(place),
                        _ => None,
                    };
                    parts.push(self.expression(part, wanted)?);
                }
                Ok(Value::Tuple(parts))
            }
            Expr::Array(array) => {
                let element = element_of(wanted);
                let mut parts = Vec::new();
                for part in present(array.elems.iter())? {
                    parts.push(self.expression(part, element)?);
                }
                alike(parts)
            }
            Expr::Repeat(repeat) => {
                let part = self.expression(&repeat.expr, element_of(wanted))?;
                let n = self.length(&repeat.len)?;
                if n > 5000 { unknown("a long array") } else { Ok(Value::Array(vec![part; n])) }
            }
            Expr::Range(range) => self.range(range),
            Expr::Cast(cast) => {
                let ty = self.ty(&cast.ty)?;
                let value = self.expression(&cast.expr, None)?;
                self.cast(value, &ty)
            }
            Expr::Field(field) => {
                let base = self.expression(&field.base, None)?;
                match (base.behind(), &field.member) {
                    (Value::Tuple(parts), Member::Unnamed(at)) => match parts.get(at.index as usize) {
                        Some(part) => Ok(part.clone()),
                        None => unknown("a field"),
                    },
                    (Value::Matrix(matrix), Member::Named(name)) if matrix.columns == 1 => {
                        let at = ["x", "y", "z", "w"].iter().position(|known| name == known);
                        match at.and_then(|at| matrix.entries.get(at)) {
                            Some(entry) => Ok(Value::Number(*entry, Float::F64)),
                            None => unknown("a field"),
                        }
                    }
                    _ => unknown("a field"),
                }
            }
            Expr::Closure(closure) => {
                if closure.asyncness.is_some() || closure.constness.is_some() || closure.lifetimes.is_some() {
                    return unknown("a closure");
                }
                Ok(Value::Closure(std::rc::Rc::new(Closure { code: closure.clone(), names: self.names.clone() })))
            }
            Expr::ForLoop(for_loop) => self.for_loop(for_loop).map(|()| Value::Unit),
            Expr::While(while_loop) => self.while_loop(while_loop).map(|()| Value::Unit),
            Expr::Loop(endless) => {
                let label = endless.label.as_ref().map(|label| label.name.ident.to_string());
                self.endless_loop(&endless.body, label.as_ref())
            }
            Expr::Break(leave) => {
                let value = match &leave.expr {
                    Some(value) => self.expression(value, None)?,
                    None => Value::Unit,
                };
                Err(Stop::Break(leave.label.as_ref().map(|label| label.ident.to_string()), value))
            }
            Expr::Continue(next) => Err(Stop::Continue(next.label.as_ref().map(|label| label.ident.to_string()))),
            Expr::Return(leave) => match &leave.expr {
                Some(value) => {
                    let value = self.expression(value, None)?;
                    Err(Stop::Return(value))
                }
                None => unknown("a return without a value"),
            },
            Expr::Const(block) => self.block(&block.block, wanted),
            Expr::Macro(call) => self.macro_(&call.mac),
            _ => unknown("an expression"),
        }
    }

    pub(super) fn condition(&mut self, condition: &Expr) -> Result<bool> {
        if let Expr::Let(condition) = condition {
            let value = self.expression(&condition.expr, None)?;
            return self.bind(&condition.pat, value);
        }
        match self.expression(condition, Some(&Ty::Bool))? {
            Value::Bool(value) => Ok(value),
            _ => unknown("a condition that is no bool"),
        }
    }

    fn choose(&mut self, choice: &ExprMatch, wanted: Option<&Ty>) -> Result<Value> {
        let value = self.expression(&choice.expr, None)?;
        for arm in &choice.arms {
            if !attributes::is_present(&arm.attrs)? {
                continue;
            }
            let (pattern, guard) = match &arm.pat {
                syn::Pat::Guard(guarded) => (&*guarded.pat, Some(&guarded.guard)),
                pattern => (pattern, None),
            };
            let depth = self.names.len();
            let mut matches = self.bind(pattern, value.clone())?;
            if matches && let Some(guard) = guard {
                matches = self.condition(guard)?;
            }
            if matches {
                let value = self.expression(&arm.body, wanted);
                self.names.truncate(depth);
                return value;
            }
            self.names.truncate(depth);
        }
        unknown("a match without an arm for the value")
    }

    fn binary_expression(&mut self, binary: &syn::ExprBinary) -> Result<Value> {
        if let BinOp::And(_) | BinOp::Or(_) = binary.op {
            let is_and = matches!(binary.op, BinOp::And(_));
            let left = self.condition(&binary.left)?;
            return Ok(Value::Bool(if left == is_and { self.condition(&binary.right)? } else { left }));
        }
        match plain(binary.op) {
            (op, true) => {
                // Of numbers, what is added is evaluated before the place that it is added to.
                let right = self.expression(&binary.right, None)?;
                let left = self.expression(&binary.left, None)?;
                let value = self.binary(left, op, right)?;
                self.store(&binary.left, value)?;
                Ok(Value::Unit)
            }
            (op, false) => {
                let (left, right) = (self.expression(&binary.left, None)?, self.expression(&binary.right, None)?);
                self.binary(left, op, right)
            }
        }
    }

    fn unary(&mut self, op: &UnOp, value: Value) -> Result<Value> {
        match (op, value) {
            (UnOp::Deref(_), Value::Reference(inner)) => Ok(*inner),
            (UnOp::Neg(_), Value::Number(number, float)) => Ok(Value::Number(self.context.neg(number), float)),
            (UnOp::Neg(_), Value::Integer(n)) => Integer::combined(n, n, -n.value).map(Value::Integer),
            (UnOp::Neg(_), Value::Matrix(matrix)) => {
                Ok(Value::Matrix(matrix.map(|entry| self.context.neg(entry))))
            }
            (UnOp::Not(_), Value::Bool(value)) => Ok(Value::Bool(!value)),
            (op, Value::Reference(inner)) if !matches!(op, UnOp::Deref(_)) => match &*inner {
                Value::Reference(_) | Value::Matrix(_) => unknown("an operator on a reference"),
                _ => self.unary(op, *inner),
            },
            _ => unknown("a unary operator"),
        }
    }

    /// `left op right` of evaluated operands.
    fn binary(&mut self, left: Value, op: &'static str, right: Value) -> Result<Value> {
        let is_comparison = matches!(op, "<" | "<=" | ">" | ">=" | "==" | "!=");
        let (left, right) = match (left, right) {
            // References are compared with references, and computed with like values.
            (Value::Reference(a), Value::Reference(b)) => (*a, *b),
            (Value::Reference(a), b) | (b, Value::Reference(a)) if is_comparison => {
                return unknown(format!("a comparison of a reference: {a:?}, {b:?}"));
            }
            (Value::Reference(a), b) => (*a, b),
            (a, Value::Reference(b)) => (a, *b),
            pair => pair,
        };
        let (left, right) = match (&left, &right) {
            (Value::Unsized(_), Value::Matrix(b)) => {
                let rows = b.rows;
                (self.sized(left, rows)?, right)
            }
            (Value::Matrix(a), Value::Unsized(_)) => {
                let rows = if op == "*" { a.columns } else { a.rows };
                (left, self.sized(right, rows)?)
            }
            _ => (left, right),
        };
        match (left, right) {
            (Value::Number(a, one), Value::Number(b, other)) => {
                let float = one.with(other)?;
                if is_comparison {
                    self.context.compared(a, b);
                    return Ok(Value::Bool(ordered(op, a.value.partial_cmp(&b.value))));
                }
                let result = match op {
                    "+" => self.context.add(a, b),
                    "-" => self.context.sub(a, b),
                    "*" => self.context.mul(a, b),
                    "/" => self.context.div(a, b),
                    "%" => self.context.rem(a, b),
                    _ => return unknown("an operator on numbers"),
                };
                let result = Value::Number(result, float);
                Ok(if float == Float::F32 { rounded(&result) } else { result })
            }
            (Value::Integer(a), Value::Integer(b)) => {
                let (a, b) = Integer::pair(a, b)?;
                if is_comparison {
                    return Ok(Value::Bool(ordered(op, Some(a.value.cmp(&b.value)))));
                }
                let value = match op {
                    "+" => a.value + b.value,
                    "-" => a.value - b.value,
                    "*" => a.value.checked_mul(b.value).map_or_else(|| panics("an integer overflows"), Ok)?,
                    "/" | "%" if b.value == 0 => return panics("an integer division by zero"),
                    "/" => a.value / b.value,
                    "%" => a.value % b.value,
                    "&" if a.value >= 0 && b.value >= 0 => a.value & b.value,
                    "|" if a.value >= 0 && b.value >= 0 => a.value | b.value,
                    "^" if a.value >= 0 && b.value >= 0 => a.value ^ b.value,
                    _ => return unknown("an operator on integers"),
                };
                Integer::combined(a, b, value).map(Value::Integer)
            }
            (Value::Bool(a), Value::Bool(b)) => Ok(Value::Bool(match op {
                "&" => a & b,
                "|" => a | b,
                "^" => a ^ b,
                op if is_comparison => ordered(op, Some(a.cmp(&b))),
                _ => return unknown("an operator on bools"),
            })),
            (Value::Matrix(a), b) => self.matrices(a, op, b),
            (Value::Number(a, _), Value::Matrix(b)) if op == "*" => {
                Ok(Value::Matrix(b.map(|entry| self.context.mul(a, entry))))
            }
            _ => unknown("operands of two types"),
        }
    }

    fn range(&mut self, range: &ExprRange) -> Result<Value> {
        let (Some(from), Some(to)) = (&range.start, &range.end) else { return unknown("a range without an end") };
        let (from, to) = (self.expression(from, None)?, self.expression(to, None)?);
        let (Value::Integer(from), Value::Integer(to)) = (from, to) else { return unknown("a range of no integers") };
        let (from, to) = Integer::pair(from, to)?;
        match range.limits {
            RangeLimits::HalfOpen(_) => Ok(Value::Range(from, to)),
            RangeLimits::Closed(_) => {
                // The last item may be the largest of its type, so one more is no value of it.
                let items: Result<Vec<Value>> =
                    (from.value..=to.value).take(5000).map(|n| Integer::new(n, from.width).map(Value::Integer)).collect();
                if to.value - from.value >= 5000 { unknown("a long range") } else { Ok(Value::Iterator(items?)) }
            }
        }
    }

    #[allow(clippy::cast_possible_truncation)] // the program's own casts
    fn cast(&mut self, value: Value, ty: &Ty) -> Result<Value> {
        match (value, ty) {
            (Value::Number(number, Float::F64 | Float::Literal), Ty::Float(Float::F64)) => Ok(Value::Number(number, Float::F64)),
            (Value::Number(number, Float::F32), Ty::Float(float)) => Ok(Value::Number(number, *float)),
            (Value::Number(number, _), Ty::Float(Float::F32)) => Ok(rounded(&Value::Number(number, Float::F32))),
            (Value::Number(number, _), Ty::Integer(width)) => {
                self.context.jump(number.value - number.value.round(), number.value.abs().max(1.0));
                let (low, high) = width.bounds();
                // A float that is out of range becomes the nearest end, and NaN 0.
                let value = (number.value as i128).clamp(low, high);
                Integer::new(value, *width).map(Value::Integer)
            }
            (Value::Integer(n), Ty::Float(Float::F64)) => Ok(Value::number(n.value as f64)),
            (Value::Integer(n), Ty::Float(Float::F32)) => Ok(Value::Number(Number::constant(f64::from(n.value as f32)), Float::F32)),
            (Value::Integer(n), Ty::Integer(width)) => {
                // A literal takes the type of its cast.
                let n = if n.width == Width::Literal && n.fit(*width).is_ok() { n.fit(*width)? } else { n };
                n.cast(*width).map(Value::Integer)
            }
            (Value::Bool(value), Ty::Integer(width)) => Integer::new(value.into(), *width).map(Value::Integer),
            _ => unknown("a cast"),
        }
    }
}

/// The expressions that `cfg` leaves.
pub(super) fn present<'e>(expressions: impl Iterator<Item = &'e Expr>) -> Result<Vec<&'e Expr>> {
    let mut left = Vec::new();
    for expression in expressions {
        if attributes::is_present(attributes_of(expression))? {
            left.push(expression);
        }
    }
    Ok(left)
}

fn element_of(wanted: Option<&Ty>) -> Option<&Ty> {
    match wanted {
        Some(Ty::Array(element, _)) => Some(element),
        _ => None,
    }
}

/// An array; a literal among numbers takes their type.
fn alike(parts: Vec<Value>) -> Result<Value> {
    let mut float = Float::Literal;
    for part in &parts {
        if let Value::Number(_, other) = part {
            float = float.with(*other)?;
        }
    }
    Ok(Value::Array(
        parts
            .into_iter()
            .map(|part| match part {
                Value::Number(number, _) => Value::Number(number, float),
                other => other,
            })
            .collect(),
    ))
}

impl Matrix {
    pub(super) fn map(self, f: impl FnMut(Number) -> Number) -> Self {
        Self { entries: self.entries.into_iter().map(f).collect(), ..self }
    }
}

fn ordered(op: &str, order: Option<std::cmp::Ordering>) -> bool {
    use std::cmp::Ordering::{Equal, Greater, Less};
    match op {
        "<" => order == Some(Less),
        "<=" => matches!(order, Some(Less | Equal)),
        ">" => order == Some(Greater),
        ">=" => matches!(order, Some(Greater | Equal)),
        "==" => order == Some(Equal),
        _ => order != Some(Equal),
    }
}

/// The operator without its `=`, and whether it had one.
fn plain(op: BinOp) -> (&'static str, bool) {
    match op {
        BinOp::Add(_) => ("+", false),
        BinOp::Sub(_) => ("-", false),
        BinOp::Mul(_) => ("*", false),
        BinOp::Div(_) => ("/", false),
        BinOp::Rem(_) => ("%", false),
        BinOp::BitXor(_) => ("^", false),
        BinOp::BitAnd(_) => ("&", false),
        BinOp::BitOr(_) => ("|", false),
        BinOp::Eq(_) => ("==", false),
        BinOp::Lt(_) => ("<", false),
        BinOp::Le(_) => ("<=", false),
        BinOp::Ne(_) => ("!=", false),
        BinOp::Ge(_) => (">=", false),
        BinOp::Gt(_) => (">", false),
        BinOp::AddAssign(_) => ("+", true),
        BinOp::SubAssign(_) => ("-", true),
        BinOp::MulAssign(_) => ("*", true),
        BinOp::DivAssign(_) => ("/", true),
        BinOp::RemAssign(_) => ("%", true),
        BinOp::BitXorAssign(_) => ("^", true),
        BinOp::BitAndAssign(_) => ("&", true),
        BinOp::BitOrAssign(_) => ("|", true),
        _ => ("", false),
    }
}

/// The attributes of an expression.
pub(super) fn attributes_of(expression: &Expr) -> &[Attribute] {
    macro_rules! all {
        ($($variant:ident),*) => {
            match expression {
                $(Expr::$variant(inner) => &inner.attrs,)*
                _ => &[],
            }
        };
    }
    all!(
        Array, Assign, Async, Await, Binary, Block, Break, Call, Cast, Closure, Const, Continue, Field, ForLoop, Group, If,
        Index, Infer, Let, Lit, Loop, Macro, Match, MethodCall, Paren, Path, Range, RawAddr, Reference, Repeat, Return,
        Struct, Try, TryBlock, Tuple, Unary, Unsafe, While, Yield
    )
}
