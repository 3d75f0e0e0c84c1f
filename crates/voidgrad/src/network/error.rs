//! What can be wrong with many rows.

use thiserror::Error;

use crate::error::{InvalidParameter, LengthError, ShapeMismatch};

/// Why a network can't be made of these values, or has no values or derivatives for these rows.
#[derive(Debug, Clone, Copy, PartialEq, Error)]
#[non_exhaustive]
pub enum NetworkError {
    /// A slice is not as long as so many rows are.
    #[error(transparent)]
    Shape(#[from] ShapeMismatch),
    /// A parameter is NaN or infinite.
    #[error(transparent)]
    Parameter(#[from] InvalidParameter),
    /// Lengths do not fit.
    #[error(transparent)]
    Length(#[from] LengthError),
    /// There is no memory for parameters of these lengths.
    #[error("there is no memory for parameters of these lengths")]
    Memory,
    /// A value of y is NaN or infinite.
    #[error("y of row {row} has the entry {value}, which is not a finite number")]
    Value {
        /// The row, counted from 0.
        row: usize,
        /// The first entry that is not finite.
        value: f64,
    },
    /// A derivative by an argument of a row is NaN or infinite.
    #[error("the derivative by {name} of row {row} has the entry {value}, which is not a finite number")]
    Derivative {
        /// The argument.
        name: &'static str,
        /// The row, counted from 0.
        row: usize,
        /// The first entry that is not finite.
        value: f64,
    },
    /// A derivative by a parameter, summed over the rows, is NaN or infinite.
    #[error(
        "the derivative by parameter {entry}, summed over the rows, is {value}, which is not a finite number"
    )]
    Sum {
        /// Its place among the parameters.
        entry: usize,
        /// The sum.
        value: f64,
    },
}
