//! First-order optimisers.

mod adam;
mod sgd;

pub use adam::Adam;
pub(crate) use adam::{LARGEST, Schedule};
pub use sgd::Sgd;

use thiserror::Error;

use crate::error::{ShapeMismatch, are_finite, same_length};

/// Something that walks downhill.
///
/// ```
/// use voidgrad::{Optimiser, Sgd};
/// let mut x = [1.0];
/// Sgd::new(0.25)?.step(&mut x, &[2.0])?;
/// assert_eq!(x, [0.5]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Optimiser {
    /// Moves `parameters` one step against `gradient`.
    ///
    /// # Errors
    /// Returns an error if the two differ in length, if they differ from what the optimiser was made for, or if a derivative is NaN or
    /// infinite; then nothing has moved. Also returns an error if the step takes a parameter out of the finite numbers; then `parameters`
    /// are those of the step.
    fn step(&mut self, parameters: &mut [f64], gradient: &[f64]) -> Result<(), StepError>;
}

/// A step of an optimiser that cannot be made.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum StepError {
    /// An argument of the wrong length.
    #[error(transparent)]
    Shape(#[from] ShapeMismatch),
    /// A derivative is NaN or infinite.
    #[error("the derivative by parameter {index} is {value}, which is not a finite number")]
    Derivative {
        /// Which parameter, from 0.
        index: usize,
        /// The derivative.
        value: f64,
    },
    /// The step leads out of the finite numbers.
    #[error(
        "the step takes parameter {index} to {value}, which is not a finite number; the learning rate is {learning_rate:?}"
    )]
    Parameter {
        /// Which parameter, from 0.
        index: usize,
        /// The value that the step gives it.
        value: f64,
        /// The learning rate.
        learning_rate: f64,
    },
}

/// Refuses a gradient that no step follows.
fn check_gradient(parameters: &[f64], gradient: &[f64]) -> Result<(), StepError> {
    same_length("gradient", gradient.len(), parameters.len())?;
    match first_not_finite(gradient) {
        Some((index, value)) => Err(StepError::Derivative { index, value }),
        None => Ok(()),
    }
}

/// Refuses parameters that a step has taken out of the finite numbers.
fn check_parameters(parameters: &[f64], learning_rate: f64) -> Result<(), StepError> {
    match first_not_finite(parameters) {
        Some((index, value)) => Err(StepError::Parameter { index, value, learning_rate }),
        None => Ok(()),
    }
}

fn first_not_finite(values: &[f64]) -> Option<(usize, f64)> {
    if are_finite(values) {
        return None;
    }
    values.iter().copied().enumerate().find(|(_, value)| !value.is_finite())
}
