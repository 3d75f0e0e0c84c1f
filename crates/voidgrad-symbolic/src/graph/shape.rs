//! The shapes of values: scalars, arrays and matrices, with lengths that may be known, named or found at run time.

use std::fmt;

/// One length.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dim {
    /// A number in the source: `[f64; 4]`.
    Fixed(usize),
    /// A const generic or a constant by its name: `[f64; N]`.
    Named(String),
    /// The length of the parameter with this index along this axis: `&[f64]`, `DVector<f64>`.
    Runtime(usize, usize),
}

impl Dim {
    /// The number, where it is known while the macro runs.
    #[must_use]
    pub fn fixed(&self) -> Option<usize> {
        match self {
            Self::Fixed(n) => Some(*n),
            Self::Named(_) | Self::Runtime(..) => None,
        }
    }

    /// The length of two that must agree: the one that is known, where one is.
    #[must_use]
    fn known(&self, other: &Self) -> Self {
        if matches!(self, Self::Runtime(..)) { other.clone() } else { self.clone() }
    }

    /// False where the two can't be equal; lengths that are not known yet might be.
    #[must_use]
    pub fn may_equal(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Fixed(a), Self::Fixed(b)) => a == b,
            (Self::Named(a), Self::Named(b)) => a == b,
            (Self::Runtime(..), _) | (_, Self::Runtime(..)) => true,
            (Self::Fixed(_), Self::Named(_)) | (Self::Named(_), Self::Fixed(_)) => false,
        }
    }
}

impl fmt::Display for Dim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fixed(n) => write!(f, "{n}"),
            Self::Named(name) => f.write_str(name),
            Self::Runtime(..) => f.write_str("?"),
        }
    }
}

/// The shape of a value.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Shape {
    /// One number.
    Scalar,
    /// `[f64; N]`, or the slice `&[f64]` where the length is found at run time.
    Array(Dim),
    /// A nalgebra matrix, rows × columns; a column vector has one column.
    Matrix(Dim, Dim),
}

impl Shape {
    /// True for a single number.
    #[must_use]
    pub fn is_scalar(&self) -> bool {
        *self == Self::Scalar
    }

    /// True where a length is found at run time, so that the value lives on the heap.
    #[must_use]
    pub fn is_dynamic(&self) -> bool {
        match self {
            Self::Scalar => false,
            Self::Array(n) => matches!(n, Dim::Runtime(..)),
            Self::Matrix(rows, columns) => {
                matches!(rows, Dim::Runtime(..)) || matches!(columns, Dim::Runtime(..))
            }
        }
    }

    /// True for a matrix of one column.
    #[must_use]
    pub fn is_column(&self) -> bool {
        matches!(self, Self::Matrix(_, Dim::Fixed(1)))
    }

    /// The number of entries, where it is known while the macro runs.
    #[must_use]
    pub fn entries(&self) -> Option<usize> {
        match self {
            Self::Scalar => Some(1),
            Self::Array(n) => n.fixed(),
            Self::Matrix(rows, columns) => Some(rows.fixed()? * columns.fixed()?),
        }
    }

    /// The shape with rows and columns exchanged.
    #[must_use]
    pub fn transposed(&self) -> Self {
        match self {
            Self::Matrix(rows, columns) => Self::Matrix(columns.clone(), rows.clone()),
            other => other.clone(),
        }
    }

    /// The shape of an element-wise operation, scalars spread over arrays; `None` where the two do not fit.
    #[must_use]
    pub fn join(&self, other: &Self) -> Option<Self> {
        match (self, other) {
            (Self::Scalar, shape) | (shape, Self::Scalar) => Some(shape.clone()),
            (Self::Array(a), Self::Array(b)) if a.may_equal(b) => Some(Self::Array(a.known(b))),
            (Self::Matrix(a, b), Self::Matrix(c, d)) if a.may_equal(c) && b.may_equal(d) => {
                Some(Self::Matrix(a.known(c), b.known(d)))
            }
            _ => None,
        }
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scalar => f.write_str("scalar"),
            Self::Array(Dim::Runtime(..)) => f.write_str("slice"),
            Self::Array(n) => write!(f, "array of {n}"),
            Self::Matrix(rows, columns) => write!(f, "{rows} × {columns} matrix"),
        }
    }
}
