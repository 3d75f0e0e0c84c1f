//! Declared types, and values of them.

use syn::{Expr, GenericArgument, PathArguments, Type};

use super::value::{Float, Width};
use super::{Interpreter, Result, Value, unknown};

/// A type.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Ty {
    Infer,
    Unit,
    Bool,
    Float(Float),
    Integer(Width),
    Reference(Box<Ty>),
    Array(Box<Ty>, Option<usize>),
    Slice(Box<Ty>),
    Vec(Box<Ty>),
    Tuple(Vec<Ty>),
    /// Rows and columns, where they are known.
    Matrix(Option<usize>, Option<usize>),
}

impl Interpreter<'_> {
    pub(super) fn ty(&mut self, ty: &Type) -> Result<Ty> {
        Ok(match ty {
            Type::Infer(_) => Ty::Infer,
            Type::Paren(inner) => self.ty(&inner.elem)?,
            Type::Group(inner) => self.ty(&inner.elem)?,
            Type::Reference(reference) if reference.mutability.is_none() => {
                Ty::Reference(Box::new(self.ty(&reference.elem)?))
            }
            Type::Array(array) => {
                let length = match &array.len {
                    Expr::Infer(_) => None,
                    length => Some(self.length(length)?),
                };
                Ty::Array(Box::new(self.ty(&array.elem)?), length)
            }
            Type::Slice(slice) => Ty::Slice(Box::new(self.ty(&slice.elem)?)),
            Type::Tuple(tuple) if tuple.elems.is_empty() => Ty::Unit,
            Type::Tuple(tuple) => {
                Ty::Tuple(tuple.elems.iter().map(|part| self.ty(part)).collect::<Result<_>>()?)
            }
            Type::Path(path) if path.qself.is_none() => self.named(&path.path)?,
            _ => return unknown("a type"),
        })
    }

    pub(super) fn length(&mut self, length: &Expr) -> Result<usize> {
        match self.expression(length, Some(&Ty::Integer(Width::Usize)))? {
            Value::Integer(n) => n.as_usize(),
            _ => unknown("a length"),
        }
    }

    fn named(&mut self, path: &syn::Path) -> Result<Ty> {
        let Some(last) = path.segments.last() else { return unknown("an empty path") };
        let name = last.ident.to_string();
        let arguments: Vec<&GenericArgument> = match &last.arguments {
            PathArguments::AngleBracketed(list) => list.args.iter().collect(),
            PathArguments::None => Vec::new(),
            PathArguments::Parenthesized(_) => return unknown("a type"),
        };
        if arguments.is_empty() {
            if path.segments.len() == 2 && self.reals.contains(&path.segments[0].ident.to_string()) {
                return if name == "Mask" { Ok(Ty::Bool) } else { unknown("an associated type") };
            }
            return match name.as_str() {
                "f64" => Ok(Ty::Float(Float::F64)),
                "f32" => Ok(Ty::Float(Float::F32)),
                "bool" => Ok(Ty::Bool),
                _ if self.reals.contains(&name) => Ok(Ty::Float(Float::F64)),
                _ => match Width::named(&name) {
                    Some(width) => Ok(Ty::Integer(width)),
                    None => unknown(format!("the type {name}")),
                },
            };
        }
        let mut lengths = Vec::new();
        for argument in &arguments[1..] {
            lengths.push(match argument {
                GenericArgument::Const(length) => Some(self.length(length)?),
                GenericArgument::Type(Type::Infer(_)) => None,
                GenericArgument::Type(Type::Path(path)) => {
                    match path.path.get_ident().map(|name| self.lookup(&name.to_string())) {
                        Some(Ok(Value::Integer(n))) => Some(n.as_usize()?),
                        _ => return unknown("a length"),
                    }
                }
                _ => return unknown("a length"),
            });
        }
        let GenericArgument::Type(element) = arguments[0] else { return unknown("a type argument") };
        let element = self.ty(element)?;
        Ok(match (name.as_str(), lengths.as_slice()) {
            ("Vec", []) => Ty::Vec(Box::new(element)),
            ("SVector", [n]) => Ty::Matrix(*n, Some(1)),
            ("SMatrix", [rows, columns]) => Ty::Matrix(*rows, *columns),
            ("DVector", []) => Ty::Matrix(None, Some(1)),
            ("DMatrix", []) => Ty::Matrix(None, None),
            ("Vector2", []) => Ty::Matrix(Some(2), Some(1)),
            ("Vector3", []) => Ty::Matrix(Some(3), Some(1)),
            ("Matrix2", []) => Ty::Matrix(Some(2), Some(2)),
            ("Matrix2x3", []) => Ty::Matrix(Some(2), Some(3)),
            _ => return unknown(format!("the type {name}")),
        })
    }

    /// `value` as one of type `ty`: literals take the type, and whatever is of another type is not Rust.
    pub(super) fn fit(value: Value, ty: &Ty) -> Result<Value> {
        Ok(match (value, ty) {
            (value, Ty::Infer) => value,
            (Value::Unit, Ty::Unit) => Value::Unit,
            (Value::Bool(value), Ty::Bool) => Value::Bool(value),
            (Value::Number(number, is), Ty::Float(wanted)) => {
                let float = is.with(*wanted)?;
                if is == Float::Literal && float == Float::F32 {
                    rounded(&Value::Number(number, float))
                } else {
                    Value::Number(number, float)
                }
            }
            (Value::Integer(integer), Ty::Integer(width)) => Value::Integer(integer.fit(*width)?),
            (Value::Reference(inner), Ty::Reference(wanted)) => Self::fit(*inner, wanted)?.reference(),
            (Value::Array(parts), Ty::Array(element, length)) => {
                if length.is_some_and(|length| length != parts.len()) {
                    return unknown("an array of another length");
                }
                Value::Array(parts.into_iter().map(|part| Self::fit(part, element)).collect::<Result<_>>()?)
            }
            (Value::Array(parts), Ty::Slice(element) | Ty::Vec(element)) => {
                Value::Array(parts.into_iter().map(|part| Self::fit(part, element)).collect::<Result<_>>()?)
            }
            (Value::Tuple(parts), Ty::Tuple(wanted)) if parts.len() == wanted.len() => Value::Tuple(
                parts.into_iter().zip(wanted).map(|(part, ty)| Self::fit(part, ty)).collect::<Result<_>>()?,
            ),
            (Value::Matrix(matrix), Ty::Matrix(rows, columns)) => {
                if rows.is_some_and(|rows| rows != matrix.rows)
                    || columns.is_some_and(|columns| columns != matrix.columns)
                {
                    return unknown("a matrix of another shape");
                }
                Value::Matrix(matrix)
            }
            (value, ty) => return unknown(format!("{value:?} where {ty:?} is declared")),
        })
    }
}

/// A number of type `f32`, rounded to one.
#[allow(clippy::cast_possible_truncation)] // the nearest f32 is meant
pub(super) fn rounded(value: &Value) -> Value {
    value.with_numbers(&mut |number| super::Number::constant(f64::from(number.value as f32)))
}

/// The length that the const generic `name` is, where `ty` uses it for `argument`.
pub(super) fn length_named(ty: &Type, name: &str, argument: &Value) -> Option<usize> {
    let is_name = |tokens: String| tokens == name;
    let printed = |length: &dyn quote::ToTokens| length.to_token_stream().to_string();
    match (ty, argument) {
        (Type::Reference(reference), Value::Reference(inner)) => length_named(&reference.elem, name, inner),
        (Type::Array(array), Value::Array(parts)) if is_name(printed(&array.len)) => Some(parts.len()),
        (Type::Path(path), Value::Matrix(matrix)) => {
            let PathArguments::AngleBracketed(list) = &path.path.segments.last()?.arguments else {
                return None;
            };
            let place = list.args.iter().skip(1).position(|argument| is_name(printed(argument)))?;
            Some(if place == 0 { matrix.rows } else { matrix.columns })
        }
        _ => None,
    }
}
