//! The errors of the library. Each names the value and what was allowed.

mod distribution;
mod estimate;
mod length;
mod noise;
mod objective;
mod ranks;
mod sample;

use thiserror::Error;

pub use distribution::DistributionError;
pub use estimate::EstimateError;
pub(crate) use estimate::{check_estimate, check_gradient, check_sum, check_variance_gradient};
pub use length::{ControlError, LengthError};
pub use noise::NoiseError;
pub use objective::ObjectiveError;
pub use ranks::RanksError;
pub use sample::SampleError;

/// A parameter outside its domain.
#[derive(Debug, Clone, Copy, PartialEq, Error)]
#[error("{name} = {value} is not {allowed}")]
pub struct InvalidParameter {
    /// The parameter's name.
    pub name: &'static str,
    /// The value that was given.
    pub value: f64,
    /// What would have been accepted, in words.
    pub allowed: &'static str,
}

/// A vector or matrix of another size than the rest of the call needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("{name} has {found} entries where {expected} are needed")]
pub struct ShapeMismatch {
    /// Which argument.
    pub name: &'static str,
    /// How many entries it has.
    pub found: usize,
    /// How many it must have.
    pub expected: usize,
}

/// Refuses another number of entries than is needed.
pub(crate) fn same_length(name: &'static str, found: usize, expected: usize) -> Result<(), ShapeMismatch> {
    if found == expected { Ok(()) } else { Err(ShapeMismatch { name, found, expected }) }
}

/// `value`, where it is a finite number.
pub(crate) fn finite(name: &'static str, value: f64) -> Result<f64, InvalidParameter> {
    let allowed = "a finite number";
    if value.is_finite() { Ok(value) } else { Err(InvalidParameter { name, value, allowed }) }
}

/// Refuses values of which one is not a finite number.
pub(crate) fn all_finite(name: &'static str, values: &[f64]) -> Result<(), InvalidParameter> {
    if are_finite(values) {
        return Ok(());
    }
    values.iter().try_for_each(|value| finite(name, *value).map(drop))
}

/// `value`, where it is a positive, finite number.
pub(crate) fn positive(name: &'static str, value: f64) -> Result<f64, InvalidParameter> {
    let allowed = "a number in (0, ∞)";
    if value > 0.0 && value.is_finite() { Ok(value) } else { Err(InvalidParameter { name, value, allowed }) }
}

/// Whether no value is NaN or infinite: without a way out of the loop, so that it runs on vectors.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(crate) fn are_finite(values: &[f64]) -> bool {
    values.iter().fold(true, |are_finite, value| are_finite & value.is_finite())
}
