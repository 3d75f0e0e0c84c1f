//! The training loop.

mod average;
mod best;
mod block;
mod epochs;
mod gradients;
mod leap;
mod learner;
#[cfg(feature = "logs")]
mod logs;
mod model;
mod name;
mod observer;
mod patience;
mod progress;
#[cfg(feature = "safetensors")]
mod safetensors;
mod settings;
mod state;
mod state_error;
mod term;
mod train_error;
mod trainer;
mod trainer_error;
mod training;

pub use average::Average;
pub use best::Best;
pub use block::{Block, BlockId, BlockKey};
pub use epochs::Epochs;
pub use gradients::{Gradients, Part};
pub use leap::{Leap, LeapPart};
#[cfg(feature = "logs")]
pub use logs::{CsvLog, EventLog, LogError};
pub use model::Model;
pub use observer::{Observer, Step};
pub use patience::Patience;
pub use progress::Progress;
pub use settings::{ControlOptimiser, Settings};
pub use state::{BlockState, TrainerState};
pub use state_error::StateError;
pub use term::{TermResult, weight_decay};
pub use train_error::{Cause, TrainError};
pub use trainer::Trainer;
pub use trainer_error::TrainerError;
pub use training::Training;

use crate::distribution::Distribution;
use crate::estimator::Estimator;
use crate::objective::Objective;

/// Minimises `E[f(b)]` over the parameters of the distribution, and the variance `(1/M) Σ_m Var[ĝ_m]` over φ if the estimator has a control, each
/// by [`Adam`](crate::optimise::Adam), or as [`Settings::control_optimiser`] says.
///
/// Run r draws its noise, that of one estimate after the other, from the [`Stream`](crate::Stream) `(seed, r, 0)`.
/// Both gradients of a step are taken at the same point, before either optimiser moves. Any
/// [`Control`](crate::Control) is an estimator, and comes with its first parameters; if they are drawn at random, row `u64::MAX` of the
/// run's streams is free for that.
///
/// ```
/// use voidgrad::estimators::Rloo;
/// use voidgrad::train::{train, Settings, Step};
/// use voidgrad::{Bernoulli, Categorical};
/// let settings = Settings { iterations: 300, batch: 10, learning_rate: 0.1, ..Settings::default() };
/// let start = Categorical::from_logits(&[0.0; 3], 3)?;
/// let f = |b: &[f64]| b[0] + 0.5 * b[2];
/// let mut calls = 0;
/// let end = train(start, &f, Rloo::new(2)?, &settings, 0, &mut |_: &Step<'_, Categorical>| calls += 1)?;
/// assert!(end.distribution.probabilities()[1] > 0.9);
/// assert_eq!(calls, 301);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// Returns an error if a setting is not in its domain, if the control is made for another dimension, or if the estimator wants a gradient that
/// the objective does not have. Returns [`TrainError::Diverged`] with the iteration if a step cannot be made: the objective fails, or a value, a gradient
/// or a parameter is NaN or infinite.
pub fn train<D: Distribution, E: Estimator<D>>(
    start: D,
    objective: &dyn Objective,
    estimator: E,
    settings: &Settings,
    run: u64,
    observer: &mut dyn Observer<D>,
) -> Result<Outcome<D, E>, TrainError> {
    let mut training = Training::new(start, objective, estimator, settings, run)?;
    training.observe(observer);
    while training.iteration() < settings.iterations {
        let next = observer.next(training.iteration()).min(settings.iterations);
        training.advance(next.saturating_sub(training.iteration()).max(1))?;
        training.observe(observer);
    }
    Ok(training.finish())
}

/// What [`train`] returns: the state at its end.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome<D, E> {
    /// The variables after the last step.
    pub distribution: D,
    /// The estimator after the last step: a control, if one was trained.
    pub estimator: E,
}

#[cfg(test)]
mod tests;
