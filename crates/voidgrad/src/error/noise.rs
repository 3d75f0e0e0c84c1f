//! Noise that cannot be used.

use thiserror::Error;

use super::{InvalidParameter, ShapeMismatch};

/// Noise that cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Error)]
#[non_exhaustive]
pub enum NoiseError {
    /// An entry is not in (0, 1).
    #[error(transparent)]
    Value(#[from] InvalidParameter),
    /// The wrong number of entries.
    #[error(transparent)]
    Shape(#[from] ShapeMismatch),
}
