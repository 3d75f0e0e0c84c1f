//! Why a search can't be made, or can't go on.

use thiserror::Error;

use crate::error::{EstimateError, InvalidParameter, ShapeMismatch};

/// A search that can't be made, a round that can't be told, or a state that is none.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum SearchError {
    /// A number outside its domain.
    #[error(transparent)]
    Parameter(#[from] InvalidParameter),
    /// An array of the wrong length.
    #[error(transparent)]
    Shape(#[from] ShapeMismatch),
    /// The objective failed, or a value of f is NaN or infinite.
    #[error(transparent)]
    Evaluation(#[from] EstimateError),
}
