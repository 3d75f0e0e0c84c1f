//! Values, each with its type.

use std::rc::Rc;

use super::number::Number;
use super::{Result, panics, unknown};

/// A value.
#[derive(Debug, Clone)]
pub(crate) enum Value {
    Unit,
    Bool(bool),
    Number(Number, Float),
    Integer(Integer),
    /// `[T; N]`, a slice behind a reference, or a `Vec`.
    Array(Vec<Value>),
    Matrix(Matrix),
    Tuple(Vec<Value>),
    /// `&T`: what it points at can't change while it is there.
    Reference(Box<Value>),
    /// An iterator: its items.
    Iterator(Vec<Value>),
    /// `from..to`, half open.
    Range(Integer, Integer),
    Closure(Rc<Closure>),
    /// A vector of generated code before its length is known, which is what it meets.
    Unsized(Rc<Closure>),
}

/// A closure: names outside are those at the place where it stands.
#[derive(Debug)]
pub(crate) struct Closure {
    pub(super) code: syn::ExprClosure,
    pub(super) names: Vec<(String, Option<Value>)>,
}

/// The type of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Float {
    F64,
    F32,
    /// A literal without a suffix, which takes the type that it meets.
    Literal,
}

impl Float {
    /// The type of both.
    pub(super) fn with(self, other: Self) -> Result<Self> {
        match (self, other) {
            // What two literals make is computed in the type that only the rest of the program knows.
            (Self::Literal, other) | (other, Self::Literal) => Ok(other),
            (a, b) if a == b => Ok(a),
            _ => unknown("f32 with f64"),
        }
    }
}

/// nalgebra's matrices, column by column; a vector has one column.
#[derive(Debug, Clone)]
pub(crate) struct Matrix {
    pub(crate) rows: usize,
    pub(crate) columns: usize,
    pub(crate) entries: Vec<Number>,
}

/// An integer type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Width {
    I8,
    I16,
    I32,
    I64,
    Isize,
    U8,
    U16,
    U32,
    U64,
    Usize,
    /// Literals without a suffix, and what is computed of them.
    Literal,
}

impl Width {
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "i8" => Self::I8,
            "i16" => Self::I16,
            "i32" => Self::I32,
            "i64" => Self::I64,
            "isize" => Self::Isize,
            "u8" => Self::U8,
            "u16" => Self::U16,
            "u32" => Self::U32,
            "u64" => Self::U64,
            "usize" => Self::Usize,
            _ => return None,
        })
    }

    /// The smallest and the largest value; of a literal whose type is not known, those that it has in the end
    /// unless the program says otherwise.
    pub(super) fn bounds(self) -> (i128, i128) {
        match self {
            Self::I8 => (i8::MIN.into(), i8::MAX.into()),
            Self::I16 => (i16::MIN.into(), i16::MAX.into()),
            Self::I32 | Self::Literal => (i32::MIN.into(), i32::MAX.into()),
            Self::I64 | Self::Isize => (i64::MIN.into(), i64::MAX.into()),
            Self::U8 => (0, u8::MAX.into()),
            Self::U16 => (0, u16::MAX.into()),
            Self::U32 => (0, u32::MAX.into()),
            Self::U64 | Self::Usize => (0, u64::MAX.into()),
        }
    }

    fn bits(self) -> u32 {
        let (low, high) = self.bounds();
        128 - (high - low).leading_zeros()
    }
}

/// An integer with its type.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Integer {
    pub(crate) value: i128,
    pub(crate) width: Width,
    /// The smallest and the largest number on the way to a literal's value.
    range: (i128, i128),
}

impl Integer {
    pub(super) fn new(value: i128, width: Width) -> Result<Self> {
        let (low, high) = width.bounds();
        if value < low || value > high {
            return if width == Width::Literal {
                unknown("an integer of a type that is not known here")
            } else {
                panics("an integer overflows")
            };
        }
        Ok(Self { value, width, range: (value, value) })
    }

    /// The integer as one of type `width`, which it has to be already or may become as a literal.
    pub(super) fn fit(self, width: Width) -> Result<Self> {
        if self.width == width || width == Width::Literal {
            return Ok(self);
        }
        if self.width != Width::Literal {
            return unknown("integers of two types");
        }
        let (low, high) = width.bounds();
        if self.range.0 < low || self.range.1 > high {
            return panics("a literal is out of range for its type");
        }
        Self::new(self.value, width)
    }

    /// Both in one type.
    pub(super) fn pair(a: Self, b: Self) -> Result<(Self, Self)> {
        let width = if a.width == Width::Literal { b.width } else { a.width };
        Ok((a.fit(width)?, b.fit(width)?))
    }

    /// The result of an operation on both.
    pub(super) fn combined(a: Self, b: Self, value: i128) -> Result<Self> {
        let mut result = Self::new(value, a.width)?;
        result.range = (a.range.0.min(b.range.0).min(value), a.range.1.max(b.range.1).max(value));
        Ok(result)
    }

    /// `self as width`, which wraps.
    pub(super) fn cast(self, width: Width) -> Result<Self> {
        let modulus = 1_i128 << width.bits();
        let mut value = self.value.rem_euclid(modulus);
        if value > width.bounds().1 {
            value -= modulus;
        }
        Self::new(value, width)
    }

    pub(super) fn as_usize(self) -> Result<usize> {
        let fitted = self.fit(Width::Usize)?;
        usize::try_from(fitted.value).or_else(|_| panics("an index out of range"))
    }
}

impl Value {
    pub(crate) fn usize(value: usize) -> Self {
        Self::Integer(Integer {
            value: value as i128,
            width: Width::Usize,
            range: (value as i128, value as i128),
        })
    }

    pub(crate) fn number(value: f64) -> Self {
        Self::of_number(Number::constant(value))
    }

    pub(crate) fn of_number(number: Number) -> Self {
        Self::Number(number, Float::F64)
    }

    /// The value behind all references.
    pub(crate) fn behind(&self) -> &Self {
        match self {
            Self::Reference(inner) => inner.behind(),
            value => value,
        }
    }

    pub(crate) fn reference(self) -> Self {
        Self::Reference(Box::new(self))
    }

    /// The numbers in it, in order.
    pub(crate) fn numbers(&self) -> Vec<Number> {
        match self {
            Self::Number(number, _) => vec![*number],
            Self::Matrix(matrix) => matrix.entries.clone(),
            Self::Array(parts) | Self::Tuple(parts) | Self::Iterator(parts) => {
                parts.iter().flat_map(Self::numbers).collect()
            }
            Self::Reference(inner) => inner.numbers(),
            _ => Vec::new(),
        }
    }

    /// The same value with other numbers, which `next` gives in order.
    pub(crate) fn with_numbers(&self, next: &mut impl FnMut(Number) -> Number) -> Self {
        match self {
            Self::Number(number, float) => Self::Number(next(*number), *float),
            Self::Matrix(matrix) => Self::Matrix(Matrix {
                entries: matrix.entries.iter().map(|entry| next(*entry)).collect(),
                ..*matrix
            }),
            Self::Array(parts) => Self::Array(parts.iter().map(|part| part.with_numbers(next)).collect()),
            Self::Tuple(parts) => Self::Tuple(parts.iter().map(|part| part.with_numbers(next)).collect()),
            Self::Reference(inner) => inner.with_numbers(next).reference(),
            other => other.clone(),
        }
    }
}
