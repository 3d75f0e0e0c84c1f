//! Mean and variance of an estimator.
//!
//! All variances are with respect to the logits and averaged over the coordinates, `(1/M) Σ_m Var[ĝ_m]`.

mod categorical;
mod enumeration;
mod floors;
mod gaussian;
mod gradient;
mod in_use;
mod integral;
mod integrand;
mod moments;
mod monte_carlo;
pub(crate) mod nodes;
mod one_variable;
mod panel;
mod rule;
#[cfg(test)]
mod tests;

pub use categorical::moments_of_categorical;
pub use enumeration::enumerate;
pub use floors::{
    DRAWS_FOR_A_WEIGHT, Floors, LARGEST_PAIRWISE, SampledFloor, SampledFloors, floors, floors_of_multilinear,
    sampled_floors,
};
pub use gaussian::moments_of_gaussian;
pub use gradient::{VarianceGradient, gradient, gradient_within};
pub use in_use::{FloorInUse, floor_in_use};
pub use moments::{Moments, Technique, moments};
pub use monte_carlo::{Sampled, monte_carlo};
pub use nodes::Tolerance;
pub use one_variable::{quadrature, quadrature_within};
pub use rule::{LARGEST_RULE, over_rule};

use thiserror::Error;

use crate::control_learning::LearningError;
use crate::error::EstimateError;

/// Moments that cannot be computed.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum VarianceError {
    /// The number of variables does not suit the method.
    #[error("{found} variables are too many here: at most {allowed}")]
    TooManyVariables {
        /// M.
        found: usize,
        /// What would have been accepted.
        allowed: usize,
    },
    /// The quadrature, for a variable of more states than it can integrate over.
    #[error("{found} states are too many for a control's quadrature: at most {allowed}")]
    TooManyStates {
        /// K.
        found: usize,
        /// What would have been accepted.
        allowed: usize,
    },
    /// The integral over the noise of one sample, for an estimator that takes more.
    #[error(
        "this estimator takes {noise} uniform numbers and evaluates f {evaluations} times: the integral is for {allowed} numbers and 1 evaluation"
    )]
    MoreThanOneSample {
        /// Its uniform numbers.
        noise: usize,
        /// Those of one sample.
        allowed: usize,
        /// Its evaluations of f.
        evaluations: u64,
    },
    /// Enumeration, with a control that depends on z.
    #[error(
        "the control depends on z: it is {first} at one point and {second} at another; enumeration needs a constant"
    )]
    UsesNoise {
        /// `c` at one point.
        first: f64,
        /// `c` at another.
        second: f64,
    },
    /// The sum over all noise, for an estimator that has no finite set of it.
    #[error(
        "this estimator depends on its noise through more than samples; Monte Carlo or quadrature can do it"
    )]
    NoRule,
    /// The sum over all noise has too many terms.
    #[error("the noise has more than {allowed} combinations")]
    TooManyNodes {
        /// What would have been accepted.
        allowed: u64,
    },
    /// The sum over all noise, where a state is too rare.
    #[error("a state is so rare that no uniform number leads to it: its probability is below 1e-15")]
    OutOfReach,
    /// Too few samples for a variance with a standard error.
    #[error("{samples} samples are too few for a standard error: at least 2")]
    TooFewSamples {
        /// How many were asked for.
        samples: u64,
    },
    /// Too few samples for a regression.
    #[error("{samples} samples are too few for a regression: at least {needed}")]
    TooFewForARegression {
        /// How many were asked for.
        samples: u64,
        /// How many are needed.
        needed: u64,
    },
    /// More samples than are kept.
    #[error("{samples} samples of so many variables are too many to keep: at most {allowed}")]
    TooManySamples {
        /// How many were asked for.
        samples: u64,
        /// What would have been accepted.
        allowed: u64,
    },
    /// A value of the objective, the control or the estimator is NaN or infinite.
    #[error("a moment is not finite: mean {mean}, variance {variance}")]
    NotFinite {
        /// The mean.
        mean: f64,
        /// The variance.
        variance: f64,
    },
    /// The quadrature gave up.
    #[error("variance {variance} is known to ±{error} only; its tolerance was not reached")]
    NotConverged {
        /// The variance so far.
        variance: f64,
        /// An estimate of its error.
        error: f64,
    },
    /// The quadrature of the variance's gradient gave up.
    #[error("the variance's gradient is known to ±{error} only; its tolerance was not reached")]
    GradientNotConverged {
        /// An estimate of its error.
        error: f64,
    },
    /// The floor of a control, for an estimator that has none.
    #[error("this estimator has no control, so there is no family of controls that it uses")]
    NoControl,
    /// A control can't be learned.
    #[error(transparent)]
    Learning(#[from] LearningError),
    /// An estimate failed.
    #[error(transparent)]
    Estimate(#[from] EstimateError),
}
