//! What no estimate is made of, and the checks that find it.
//!
//! Every value of f passes [`objective::evaluate`](crate::objective::evaluate), every estimate [`check_estimate`], and every sum over
//! estimates [`check_sum`], before a caller sees it. A loop over many samples checks its sums only, if it can: a sum with a
//! term that is NaN or infinite is NaN or infinite as well.

use thiserror::Error;

use super::{DistributionError, InvalidParameter, ObjectiveError, RanksError, ShapeMismatch, are_finite};

/// An estimate that cannot be made.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum EstimateError {
    /// An argument of the wrong length.
    #[error(transparent)]
    Shape(#[from] ShapeMismatch),
    /// A number of the noise that is not in (0, 1).
    #[error(transparent)]
    Noise(#[from] InvalidParameter),
    /// Parameters of an example that the distribution refuses.
    #[error(transparent)]
    Distribution(#[from] DistributionError),
    /// The objective returned an error; it is here unchanged.
    #[error("the objective failed: {0}")]
    Failed(ObjectiveError),
    /// Another rank has no result, or cannot be reached.
    #[error(transparent)]
    Ranks(#[from] RanksError),
    /// Values came before the estimator had asked for any.
    #[error("there are no points to answer: ask first, then tell")]
    NotAsked,
    /// A batch without samples.
    #[error("a batch of 0 samples has no mean; at least 1 is needed")]
    EmptyBatch,
    /// An estimator that needs ∇f, with an objective that has values only.
    #[error(
        "this estimator needs the gradient of f, and the objective gives values only; Smooth and Differentiable give both"
    )]
    NoGradient,
    /// An estimator that needs the flips of f, with an objective that does not know them.
    #[error(
        "this estimator needs f(b with a bit flipped) - f(b) of each bit, and the objective gives values only; Flips gives both"
    )]
    NoFlips,
    /// An estimator that cannot take so many variables.
    #[error("{found} variables are too many here: at most {allowed}")]
    TooManyVariables {
        /// M.
        found: usize,
        /// What would have been accepted.
        allowed: usize,
    },
    /// An estimator that asks for more points than memory holds.
    #[error(
        "the estimator asks for {points} points of {dimension} entries each, which are too many for the memory"
    )]
    TooManyPoints {
        /// How many points, of all examples.
        points: usize,
        /// Entries of a point.
        dimension: usize,
    },
    /// `f(b)` is NaN or infinite.
    #[error("f(b) = {value} is not a finite number, at b = {b:?}")]
    Objective {
        /// `f(b)`.
        value: f64,
        /// b.
        b: Vec<f64>,
    },
    /// The mean of the values of f is NaN or infinite.
    #[error("the mean of the values of f is {value}, which is not a finite number")]
    Mean {
        /// The mean.
        value: f64,
    },
    /// `ĝ` is NaN or infinite.
    #[error("the gradient {gradient:?} is not finite, at the logits {logits:?}")]
    Gradient {
        /// `ĝ`.
        gradient: Vec<f64>,
        /// a.
        logits: Vec<f64>,
    },
    /// Samples are finite, and their sum is not.
    #[error(
        "the sum of {what} over {samples} samples is {value}: every sample is finite, and the sum is too large for an f64"
    )]
    Overflow {
        /// What is added up.
        what: &'static str,
        /// How many samples.
        samples: u64,
        /// The sum.
        value: f64,
    },
    /// The derivative of the variance by φ, or its sum over samples, is NaN or infinite.
    #[error("the variance's gradient {variance_gradient:?} is not finite, at the logits {logits:?}")]
    VarianceGradient {
        /// `(2/M)(∂ĝ/∂φ)ᵀ ĝ`.
        variance_gradient: Vec<f64>,
        /// a.
        logits: Vec<f64>,
    },
}

/// Refuses an estimate of which something is NaN or infinite: the mean of the values of f, or `ĝ`.
pub(crate) fn check_estimate(f: f64, gradient: &[f64], parameters: &[f64]) -> Result<(), EstimateError> {
    if f.is_finite() { check_gradient(gradient, parameters) } else { Err(EstimateError::Mean { value: f }) }
}

/// Refuses a gradient that is NaN or infinite.
pub(crate) fn check_gradient(gradient: &[f64], parameters: &[f64]) -> Result<(), EstimateError> {
    if are_finite(gradient) {
        return Ok(());
    }
    Err(EstimateError::Gradient { gradient: gradient.to_vec(), logits: parameters.to_vec() })
}

/// Refuses a derivative of the variance by φ, or a sum of such, that is NaN or infinite.
pub(crate) fn check_variance_gradient(
    variance_gradient: &[f64],
    parameters: &[f64],
) -> Result<(), EstimateError> {
    if are_finite(variance_gradient) {
        return Ok(());
    }
    let variance_gradient = variance_gradient.to_vec();
    Err(EstimateError::VarianceGradient { variance_gradient, logits: parameters.to_vec() })
}

/// Refuses sums over samples that are NaN or infinite though each sample is finite.
pub(crate) fn check_sum(what: &'static str, samples: u64, sums: &[f64]) -> Result<(), EstimateError> {
    if are_finite(sums) {
        return Ok(());
    }
    let value = sums.iter().copied().find(|sum| !sum.is_finite()).unwrap_or(f64::NAN);
    Err(EstimateError::Overflow { what, samples, value })
}
