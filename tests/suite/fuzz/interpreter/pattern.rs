//! Patterns.

use syn::{Lit, Pat, RangeLimits};

use super::value::{Integer, Width};
use super::{Interpreter, Result, Value, attributes, unknown};

impl Interpreter<'_> {
    /// Binds the names of `pattern` to the parts of `value`; false where it does not match.
    pub(super) fn bind(&mut self, pattern: &Pat, value: Value) -> Result<bool> {
        // What a reference points at is matched through it, and its parts are bound by reference.
        if let (Pat::Tuple(_) | Pat::Slice(_), Value::Reference(inner)) = (pattern, &value) {
            let parts = match (**inner).clone() {
                Value::Tuple(parts) => Value::Tuple(parts.into_iter().map(Value::reference).collect()),
                Value::Array(parts) => Value::Array(parts.into_iter().map(Value::reference).collect()),
                _ => return unknown("a pattern through a reference"),
            };
            return self.bind(pattern, parts);
        }
        match pattern {
            Pat::Ident(ident) => {
                attributes::only_known(&ident.attrs)?;
                let name = ident.ident.to_string();
                if self.is_constant(&name) {
                    return unknown("a pattern that is a constant");
                }
                let bound = if ident.by_ref.is_some() { value.clone().reference() } else { value.clone() };
                self.names.push((name, Some(bound)));
                match &ident.subpat {
                    None => Ok(true),
                    Some((_, inner)) => self.bind(inner, value),
                }
            }
            Pat::Type(typed) => {
                attributes::only_known(&typed.attrs)?;
                let ty = self.ty(&typed.ty)?;
                let value = Self::fit(value, &ty)?;
                self.bind(&typed.pat, value)
            }
            Pat::Paren(inner) => self.bind(&inner.pat, value),
            Pat::Reference(inner) => match value {
                Value::Reference(value) => self.bind(&inner.pat, *value),
                _ => unknown("a reference pattern for a value"),
            },
            Pat::Wild(_) => Ok(true),
            Pat::Tuple(tuple) => match value {
                Value::Unit if tuple.elems.is_empty() => Ok(true),
                Value::Tuple(parts) => self.bind_parts(&tuple.elems.iter().collect::<Vec<_>>(), &parts),
                _ => unknown("a tuple pattern for something else"),
            },
            Pat::Slice(slice) => match value {
                Value::Array(parts) => self.bind_parts(&slice.elems.iter().collect::<Vec<_>>(), &parts),
                _ => unknown("a slice pattern for something else"),
            },
            Pat::Or(or) => {
                for case in &or.cases {
                    let depth = self.names.len();
                    if self.bind(case, value.clone())? {
                        return Ok(true);
                    }
                    self.names.truncate(depth);
                }
                Ok(false)
            }
            Pat::Lit(literal) => self.is_literal(&literal.lit, &value),
            Pat::Range(range) => {
                let bound = |end: &Option<Box<syn::Expr>>, this: &mut Self| match end {
                    Some(end) => this.expression(end, None).map(Some),
                    None => Ok(None),
                };
                let (from, to) = (bound(&range.start, self)?, bound(&range.end, self)?);
                let Value::Integer(value) = value else { return unknown("a range pattern of no integer") };
                let integer = |bound: Option<Value>| match bound {
                    Some(Value::Integer(bound)) => Ok(Some(Integer::pair(bound, value)?.0.value)),
                    Some(_) => unknown("a range pattern of no integer"),
                    None => Ok(None),
                };
                let (from, to) = (integer(from)?, integer(to)?);
                let is_closed = matches!(range.limits, RangeLimits::Closed(_));
                Ok(from.is_none_or(|from| value.value >= from)
                    && to.is_none_or(|to| value.value < to || is_closed && value.value == to))
            }
            _ => unknown("a pattern"),
        }
    }

    fn bind_parts(&mut self, patterns: &[&Pat], values: &[Value]) -> Result<bool> {
        let rest = patterns.iter().position(|pattern| matches!(pattern, Pat::Rest(_)));
        let skipped = match rest {
            None if patterns.len() != values.len() => return unknown("a pattern of another length"),
            Some(_) if patterns.len() > values.len() + 1 => return unknown("a pattern of another length"),
            _ => values.len() + usize::from(rest.is_some()) - patterns.len(),
        };
        for (place, pattern) in patterns.iter().enumerate() {
            let place = match rest {
                Some(rest) if place == rest => continue,
                Some(rest) if place > rest => place - 1 + skipped,
                _ => place,
            };
            if !self.bind(pattern, values[place].clone())? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn is_literal(&mut self, literal: &Lit, value: &Value) -> Result<bool> {
        match (Self::literal(literal)?, value.behind()) {
            (Value::Bool(a), Value::Bool(b)) => Ok(a == *b),
            (Value::Number(a, _), Value::Number(b, _)) => {
                self.context.compared(a, *b);
                Ok(a.value == b.value)
            }
            (Value::Integer(a), Value::Integer(b)) => {
                let (a, b) = Integer::pair(a, *b)?;
                Ok(a.value == b.value)
            }
            _ => unknown("a literal pattern of another type"),
        }
    }

    /// What `literal` is.
    pub(super) fn literal(literal: &Lit) -> Result<Value> {
        use super::value::Float;
        match literal {
            Lit::Bool(literal) => Ok(Value::Bool(literal.value)),
            Lit::Float(literal) => {
                let Ok(value) = literal.base10_digits().parse::<f64>() else { return unknown("a literal") };
                let number = super::Number::constant(value);
                match literal.suffix() {
                    "" => Ok(Value::Number(number, Float::Literal)),
                    "f64" => Ok(Value::Number(number, Float::F64)),
                    "f32" => Ok(super::types::rounded(&Value::Number(number, Float::F32))),
                    _ => unknown("a suffix"),
                }
            }
            Lit::Int(literal) => {
                let Ok(value) = literal.base10_digits().parse::<i128>() else { return unknown("a literal") };
                match literal.suffix() {
                    "" => Integer::new(value, Width::Literal).map(Value::Integer),
                    "f64" => Ok(Value::number(value as f64)),
                    "f32" => Ok(super::types::rounded(&Value::Number(
                        super::Number::constant(value as f64),
                        Float::F32,
                    ))),
                    suffix => match Width::named(suffix) {
                        Some(width) => Integer::new(value, width).map(Value::Integer),
                        None => unknown("a suffix"),
                    },
                }
            }
            Lit::Byte(literal) => Integer::new(literal.value().into(), Width::U8).map(Value::Integer),
            _ => unknown("a literal"),
        }
    }
}
