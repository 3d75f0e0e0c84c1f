//! What can be wrong with lengths that only the run knows.

use thiserror::Error;

use super::InvalidParameter;

/// Lengths that do not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum LengthError {
    /// Two lengths that have to be the same are not.
    #[error("{name} are {found}, but {other} are {expected}, and they have to be the same")]
    Differ {
        /// The first length, such as "the columns of w".
        name: &'static str,
        /// How many there are.
        found: usize,
        /// The other length.
        other: &'static str,
        /// How many of those there are.
        expected: usize,
    },
    /// A length is not the one that the function has, or that was there before.
    #[error("{name} are {found} where {expected} are needed")]
    Wrong {
        /// The length, such as "the columns of w".
        name: &'static str,
        /// How many there are.
        found: usize,
        /// How many there have to be.
        expected: usize,
    },
    /// An array is empty, or has no entry at a place that the function reads.
    #[error("{name} are {found} where at least {least} are needed")]
    TooShort {
        /// The length, such as "the entries of d".
        name: &'static str,
        /// How many there are.
        found: usize,
        /// The fewest that the function takes.
        least: usize,
    },
    /// The last of many rows is not whole.
    #[error("{name} are {found}, which is not a multiple of the {row} of one example")]
    Ragged {
        /// The length, such as "the entries of x".
        name: &'static str,
        /// How many there are.
        found: usize,
        /// How many a row has.
        row: usize,
    },
}

/// Why a control with lengths that are no numbers in the source can't be made of these values, or does not take them.
#[derive(Debug, Clone, Copy, PartialEq, Error)]
#[non_exhaustive]
pub enum ControlError {
    /// A value is NaN or infinite, or one that must be positive is not.
    #[error(transparent)]
    Parameter(#[from] InvalidParameter),
    /// Lengths do not fit.
    #[error(transparent)]
    Length(#[from] LengthError),
}
