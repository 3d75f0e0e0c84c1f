//! What is no sample of a distribution.

use std::borrow::Cow;

use thiserror::Error;

use super::ShapeMismatch;

/// What is no sample of a distribution, so that it has no probability.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum SampleError {
    /// There are too few entries or too many.
    #[error(transparent)]
    Shape(#[from] ShapeMismatch),
    /// An entry outside the values that a variable takes.
    #[error("b[{index}] = {value} is not {allowed}")]
    Entry {
        /// The index of the entry, from 0.
        index: usize,
        /// The entry.
        value: f64,
        /// What would have been accepted, in words.
        allowed: Cow<'static, str>,
    },
    /// A row that is no state of a categorical variable.
    #[error("the row {row:?} of variable {variable} is not one-hot")]
    NotOneHot {
        /// m, from 0.
        variable: usize,
        /// The K entries.
        row: Vec<f64>,
    },
    /// A subset of another size.
    #[error("b has {found} ones where {expected} are needed")]
    Ones {
        /// How many ones there are.
        found: usize,
        /// k.
        expected: usize,
    },
}
