//! Operators and casts.

use syn::{BinOp, UnOp};

use super::types::{Ty, rounded};
use super::value::{Float, Integer, Width};
use super::{Interpreter, Number, Result, Value, panics, unknown};

impl Interpreter<'_> {
    pub(super) fn binary_expression(&mut self, binary: &syn::ExprBinary) -> Result<Value> {
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
                let (left, right) =
                    (self.expression(&binary.left, None)?, self.expression(&binary.right, None)?);
                self.binary(left, op, right)
            }
        }
    }

    pub(super) fn unary(op: &UnOp, value: Value) -> Result<Value> {
        match (op, value) {
            (UnOp::Deref(_), Value::Reference(inner)) => Ok(*inner),
            (UnOp::Neg(_), Value::Number(number, float)) => {
                Ok(Value::Number(super::Context::neg(number), float))
            }
            (UnOp::Neg(_), Value::Integer(n)) => Integer::combined(n, n, -n.value).map(Value::Integer),
            (UnOp::Neg(_), Value::Matrix(matrix)) => Ok(Value::Matrix(matrix.map(super::Context::neg))),
            (UnOp::Not(_), Value::Bool(value)) => Ok(Value::Bool(!value)),
            (op, Value::Reference(inner)) if !matches!(op, UnOp::Deref(_)) => match &*inner {
                Value::Reference(_) | Value::Matrix(_) => unknown("an operator on a reference"),
                _ => Self::unary(op, *inner),
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

    #[allow(clippy::cast_possible_truncation)] // the program's own casts
    pub(super) fn cast(&mut self, value: Value, ty: &Ty) -> Result<Value> {
        match (value, ty) {
            (Value::Number(number, Float::F64 | Float::Literal), Ty::Float(Float::F64)) => {
                Ok(Value::Number(number, Float::F64))
            }
            (Value::Number(number, Float::F32), Ty::Float(float)) => Ok(Value::Number(number, *float)),
            (Value::Number(number, _), Ty::Float(Float::F32)) => {
                Ok(rounded(&Value::Number(number, Float::F32)))
            }
            (Value::Number(number, _), Ty::Integer(width)) => {
                self.context.jump(number.value - number.value.round(), number.value.abs().max(1.0));
                let (low, high) = width.bounds();
                // A float that is out of range becomes the nearest end, and NaN 0.
                let value = (number.value as i128).clamp(low, high);
                Integer::new(value, *width).map(Value::Integer)
            }
            (Value::Integer(n), Ty::Float(Float::F64)) => Ok(Value::number(n.value as f64)),
            (Value::Integer(n), Ty::Float(Float::F32)) => {
                Ok(Value::Number(Number::constant(f64::from(n.value as f32)), Float::F32))
            }
            (Value::Integer(n), Ty::Integer(width)) => {
                // A literal takes the type of its cast.
                let n = if n.width == Width::Literal && n.fit(*width).is_ok() { n.fit(*width)? } else { n };
                n.cast(*width).map(Value::Integer)
            }
            (Value::Bool(value), Ty::Integer(width)) => {
                Integer::new(value.into(), *width).map(Value::Integer)
            }
            _ => unknown("a cast"),
        }
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
