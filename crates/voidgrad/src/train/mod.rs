//! The training loop.

mod average;
mod best;
mod block;
mod descent;
mod epochs;
mod gradients;
mod leap;
mod minimise;
mod model;
mod name;
mod patience;
mod progress;
mod run;
#[cfg(feature = "safetensors")]
mod safetensors;
mod state;
mod state_error;
mod term;
mod trainer;
mod trainer_error;

pub use average::Average;
pub use best::Best;
pub use block::{Block, BlockId, BlockKey};
pub use descent::descend;
pub use epochs::Epochs;
pub use gradients::{Gradients, Part};
pub use leap::{Leap, LeapPart};
pub use minimise::{State, minimise};
pub use model::Model;
pub use patience::Patience;
pub use progress::Progress;
pub use run::Run;
pub use state::{BlockState, TrainerState};
pub use state_error::StateError;
pub use term::{TermResult, weight_decay};
pub use trainer::Trainer;
pub use trainer_error::TrainerError;

use thiserror::Error;

use crate::bernoulli::Bernoulli;
use crate::distribution::DistributionError;
use crate::error::{InvalidParameter, ShapeMismatch, positive};
use crate::estimator::EstimateError;
use crate::estimators::Estimator;
use crate::objective::Objective;
use crate::optimise::StepError;

/// Minimises `E[f(b)]` of Bernoulli variables over the logits and `(1/M) Σ_m Var[ĝ_m]` over φ, each by [`Adam`](crate::Adam).
///
/// Run r draws its noise, that of one estimate after the other, from the [`Stream`](crate::Stream) `(seed, r, 0)`.
/// Both gradients of a step are taken at the same point, before either optimiser moves. Any
/// [`Control`](crate::Control) is an estimator, and comes with its first parameters; where they are drawn at random, row `u64::MAX` of the
/// run's streams is free for that. [`minimise`] does the same for variables of any distribution.
///
/// ```
/// use voidgrad::{Bernoulli, MeanQuadratic, Settings, Step, Zero, train};
/// let settings = Settings { iterations: 300, batch: 100, learning_rate: 0.1, ..Settings::default() };
/// let start = Bernoulli::from_probabilities(&[0.5])?;
/// let objective = MeanQuadratic { target: 0.25 };
/// let mut calls = 0;
/// let outcome = train(&start, &objective, Zero, &settings, 0, &mut |_: &Step<'_>| calls += 1)?;
/// assert!(outcome.bernoulli.probabilities()[0] < 0.1);
/// assert_eq!(calls, 301);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// Returns an error if a setting is not in its domain, or if the control is made for another dimension. Returns
/// [`TrainError::Diverged`] with the iteration if a step cannot be made: a value, a gradient or a parameter is NaN or infinite.
pub fn train<E: Estimator>(
    start: &Bernoulli,
    objective: &impl Objective,
    estimator: E,
    settings: &Settings,
    run: u64,
    observer: &mut (impl Observer + ?Sized),
) -> Result<Outcome<E>, TrainError> {
    let mut observe = |state: &State<'_, Bernoulli>| {
        let &State { iteration, distribution: bernoulli, estimator, average } = state;
        observer.observe(&Step { iteration, bernoulli, estimator, average });
    };
    let (bernoulli, estimator) = minimise(start.clone(), objective, estimator, settings, run, &mut observe)?;
    Ok(Outcome { bernoulli, estimator })
}

/// How to [`train`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// Steps, at least 1.
    pub iterations: u64,
    /// Samples of a step, at least 1.
    pub batch: usize,
    /// Adam's learning rate for the logits, positive.
    pub learning_rate: f64,
    /// Adam's learning rate for φ, positive.
    pub control_learning_rate: f64,
    /// Seed of the noise.
    pub seed: u64,
}

/// The note's experiment: 10,000 steps of one sample, both learning rates 0.01, seed 0.
impl Default for Settings {
    fn default() -> Self {
        Self { iterations: 10_000, batch: 1, learning_rate: 0.01, control_learning_rate: 0.01, seed: 0 }
    }
}

impl Settings {
    /// Refuses settings outside their domain.
    ///
    /// # Errors
    /// Where there is no iteration or no sample, or a learning rate is not a positive number.
    ///
    /// ```
    /// # use voidgrad::Settings;
    /// let error = Settings { batch: 0, ..Settings::default() }.check().unwrap_err();
    /// assert_eq!(error.to_string(), "batch = 0 is not at least 1");
    /// ```
    pub fn check(&self) -> Result<(), InvalidParameter> {
        for (name, count) in [("iterations", self.iterations), ("batch", self.batch as u64)] {
            if count == 0 {
                return Err(InvalidParameter { name, value: 0.0, allowed: "at least 1" });
            }
        }
        positive("learning rate", self.learning_rate)?;
        positive("control learning rate", self.control_learning_rate)?;
        Ok(())
    }
}

/// Where [`train`] ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome<E> {
    /// The variables after the last step.
    pub bernoulli: Bernoulli,
    /// The estimator after the last step: a control, where one was trained.
    pub estimator: E,
}

/// Something that watches [`train`]: any `FnMut(&Step<'_>)`.
///
/// It is called with the start, as iteration 0, and after every step, the last one included; it decides
/// itself what to keep.
pub trait Observer {
    /// Sees one state.
    fn observe(&mut self, step: &Step<'_>);
}

impl<F: FnMut(&Step<'_>) + ?Sized> Observer for F {
    fn observe(&mut self, step: &Step<'_>) {
        self(step);
    }
}

/// A state of [`train`].
#[derive(Clone, Copy)]
pub struct Step<'a> {
    /// Steps made so far.
    pub iteration: u64,
    /// The variables.
    pub bernoulli: &'a Bernoulli,
    /// The estimator.
    pub estimator: &'a dyn Estimator,
    /// The mean of the estimates that the last step followed, made before it; none at the start.
    pub average: Option<&'a Average>,
}

/// A training run that cannot start or go on.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum TrainError {
    /// A setting outside its domain.
    #[error(transparent)]
    Setting(#[from] InvalidParameter),
    /// An estimator that can't be used here: made for another dimension, or in need of ∇f.
    #[error(transparent)]
    Unsuitable(#[from] EstimateError),
    /// A step that could not be made.
    #[error("iteration {iteration}: {source}; the control's parameters are {}", list(control))]
    Diverged {
        /// The step that could not be made, from 1.
        iteration: u64,
        /// Why not.
        source: Box<Cause>,
        /// The logits, or other parameters, before that step.
        logits: Vec<f64>,
        /// The last `ĝ` of that step.
        gradient: Vec<f64>,
        /// The control's parameters before that step, by name.
        control: Vec<(String, f64)>,
    },
}

/// Why a step of a training could not be made.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum Cause {
    /// A value of f, a gradient, or a sum of them is NaN or infinite.
    #[error(transparent)]
    Estimate(#[from] EstimateError),
    /// The step leads out of the finite numbers: the learning rate is too large.
    #[error(transparent)]
    Step(#[from] StepError),
    /// The distribution refuses the parameters after the step.
    #[error(transparent)]
    Distribution(#[from] DistributionError),
    /// The control refuses φ after the step.
    #[error(transparent)]
    Control(#[from] ShapeMismatch),
}

/// The first parameters by name; a network's weights would fill the screen.
fn list(control: &[(String, f64)]) -> String {
    const SHOWN: usize = 4;
    let mut text: Vec<String> =
        control.iter().take(SHOWN).map(|(name, value)| format!("{name} = {value}")).collect();
    if control.len() > SHOWN {
        text.push(format!("and {} more", control.len() - SHOWN));
    }
    if text.is_empty() { "none".to_owned() } else { text.join(", ") }
}

#[cfg(test)]
mod tests;
