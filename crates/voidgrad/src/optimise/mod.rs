//! First-order optimisers, schedules of their learning rates, and clipping.

mod adam;
mod clip;
mod restarting;
mod schedule;
mod sgd;
mod state;
mod state_error;

pub use adam::Adam;
pub(crate) use adam::{LARGEST, Rates, RatesAhead};
pub use clip::Clip;
pub(crate) use clip::Norm;
pub use restarting::RestartingAdam;
pub use schedule::Schedule;
pub use sgd::Sgd;
pub use state::{OptimiserState, StateValue};
pub use state_error::OptimiserStateError;

use std::any::Any;

use thiserror::Error;

use crate::error::{InvalidParameter, ShapeMismatch, are_finite};

/// Something that walks downhill: [`Adam`], [`Sgd`], or your own.
///
/// An optimiser has a memory, and the memory is data: [`state`](Self::state) gives it out, and an optimiser that is
/// [restored](Self::restore) from it continues with the same bits. A loop that is written for one
/// optimiser finds it behind a `dyn Optimiser` by `downcast_mut`.
///
/// ```
/// use voidgrad::optimise::{Optimiser, OptimiserState, OptimiserStateError, StepError};
/// use voidgrad::error::{InvalidParameter, ShapeMismatch};
///
/// /// Moves each parameter by α against the sign of its derivative.
/// struct Signs {
///     learning_rate: f64,
/// }
///
/// impl Optimiser for Signs {
///     fn step(&mut self, parameters: &mut [f64], gradient: &[f64]) -> Result<(), StepError> {
///         if parameters.len() != gradient.len() {
///             let (found, expected) = (gradient.len(), parameters.len());
///             return Err(ShapeMismatch { name: "gradient", found, expected }.into());
///         }
///         for (x, g) in parameters.iter_mut().zip(gradient) {
///             *x -= if *g == 0.0 { 0.0 } else { self.learning_rate * g.signum() };
///         }
///         Ok(())
///     }
///
///     fn learning_rate(&self) -> f64 {
///         self.learning_rate
///     }
///
///     fn set_learning_rate(&mut self, rate: f64) -> Result<(), InvalidParameter> {
///         self.learning_rate = rate;
///         Ok(())
///     }
///
///     fn state(&self) -> OptimiserState {
///         OptimiserState::new("signs").with_number("learning_rate", self.learning_rate)
///     }
///
///     fn restore(&mut self, state: &OptimiserState) -> Result<(), OptimiserStateError> {
///         state.check("signs", &["learning_rate"])?;
///         self.learning_rate = state.number("learning_rate")?;
///         Ok(())
///     }
/// }
///
/// let mut x = [1.0, 1.0];
/// let mut optimiser: Box<dyn Optimiser> = Box::new(Signs { learning_rate: 0.25 });
/// optimiser.step(&mut x, &[3.0, -1e-9])?;
/// assert_eq!(x, [0.75, 1.25]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Optimiser: Any + Send {
    /// Moves `parameters` one step against `gradient`.
    ///
    /// # Errors
    /// Returns an error if the two differ in length, if they differ from what the optimiser was made for, or if a derivative is NaN or
    /// infinite; then nothing has moved. Also returns an error if the step takes a parameter out of the finite numbers; then `parameters`
    /// are those of the step.
    fn step(&mut self, parameters: &mut [f64], gradient: &[f64]) -> Result<(), StepError>;

    /// The learning rate of the next step.
    fn learning_rate(&self) -> f64;

    /// Sets the learning rate of the next step. A [`Schedule`] may end at 0, so 0 is allowed.
    ///
    /// # Errors
    /// Returns an error if the rate is negative, NaN or infinite; then the rate is as before.
    fn set_learning_rate(&mut self, rate: f64) -> Result<(), InvalidParameter>;

    /// What the optimiser continues from: its rates and its memory.
    fn state(&self) -> OptimiserState;

    /// Takes a state that [`state`](Self::state) gave, rates included. The next steps then have the same bits.
    ///
    /// # Errors
    /// Returns an error if the state is of another optimiser, of another number of parameters, or if a value is not one that the optimiser
    /// can have; then the optimiser is as before.
    fn restore(&mut self, state: &OptimiserState) -> Result<(), OptimiserStateError>;

    /// Whether [`step`](Self::step) is certain to succeed with these arguments. If it is not, a loop that moves several blocks takes the
    /// state before the step, to return to it after an error. `false` costs a copy, and is always right.
    fn is_certain(&self, parameters: &[f64], gradient: &[f64]) -> bool {
        let _ = (parameters, gradient);
        false
    }
}

impl dyn Optimiser {
    /// The optimiser, if it is an `O`.
    ///
    /// ```
    /// use voidgrad::optimise::{Adam, Optimiser, Sgd};
    /// let mut optimiser: Box<dyn Optimiser> = Box::new(Sgd::new(0.5)?);
    /// assert!(optimiser.downcast_mut::<Sgd>().is_some());
    /// assert!(optimiser.downcast_mut::<Adam>().is_none());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn downcast_mut<O: Optimiser>(&mut self) -> Option<&mut O> {
        (self as &mut dyn Any).downcast_mut()
    }
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

/// A learning rate that a schedule may set: 0 or more.
fn learning_rate(value: f64) -> Result<f64, InvalidParameter> {
    let allowed = "a number in [0, ∞)";
    if value >= 0.0 && value.is_finite() {
        Ok(value)
    } else {
        Err(InvalidParameter { name: "learning rate", value, allowed })
    }
}

/// Refuses a gradient that no step follows.
fn check_gradient(gradient: &[f64]) -> Result<(), StepError> {
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

pub(crate) fn first_not_finite(values: &[f64]) -> Option<(usize, f64)> {
    if are_finite(values) {
        return None;
    }
    values.iter().copied().enumerate().find(|(_, value)| !value.is_finite())
}
