//! Parameters that a distribution does not take.

use thiserror::Error;

use super::{InvalidParameter, ShapeMismatch};

/// Parameters that a distribution does not take.
#[derive(Debug, Clone, Copy, PartialEq, Error)]
#[non_exhaustive]
pub enum DistributionError {
    /// One of them is outside its domain.
    #[error(transparent)]
    Value(#[from] InvalidParameter),
    /// There are too few or too many.
    #[error(transparent)]
    Shape(#[from] ShapeMismatch),
}
