//! The training loop.

mod average;
mod run;

pub use average::Average;

use thiserror::Error;

use crate::bernoulli::Bernoulli;
use crate::distribution::Distribution;
use crate::error::{DistributionError, EstimateError, InvalidParameter, ShapeMismatch, positive};
use crate::estimator::Estimator;
use crate::objective::Objective;
use crate::optimise::StepError;
use run::Run;

/// Minimises `E[f(b)]` over the parameters of the distribution, and the variance `(1/M) Σ_m Var[ĝ_m]` over φ if the estimator has a control, each
/// by [`Adam`](crate::optimise::Adam).
///
/// Run r draws its noise, that of one estimate after the other, from the [`Stream`](crate::Stream) `(seed, r, 0)`.
/// Both gradients of a step are taken at the same point, before either optimiser moves. Any
/// [`Control`](crate::Control) is an estimator, and comes with its first parameters; if they are drawn at random, row `u64::MAX` of the
/// run's streams is free for that.
///
/// ```
/// use voidgrad::estimators::Rloo;
/// use voidgrad::train::{Settings, Step, train};
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
    let mut run = Run::new(start, objective, estimator, settings, run)?;
    run.observe(observer);
    while run.iteration < settings.iterations {
        let until = observer.next(run.iteration).clamp(run.iteration + 1, settings.iterations);
        run.advance(until)?;
        run.observe(observer);
    }
    Ok(Outcome { distribution: run.distribution, estimator: run.estimator })
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
    /// # use voidgrad::train::Settings;
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
pub struct Outcome<D, E> {
    /// The variables after the last step.
    pub distribution: D,
    /// The estimator after the last step: a control, if one was trained.
    pub estimator: E,
}

/// Something that watches [`train`]: any `FnMut(&Step<'_, D>)`.
///
/// It is called with the start, as iteration 0, and after every step that it wants to see, the last one included; it decides
/// itself what to keep.
pub trait Observer<D: Distribution = Bernoulli> {
    /// Sees one state.
    fn observe(&mut self, step: &Step<'_, D>);

    /// The iteration that it wants to see after `iteration`: the next one, unless said otherwise. A loop that is not looked at is faster.
    fn next(&self, iteration: u64) -> u64 {
        iteration + 1
    }
}

impl<D: Distribution, F: FnMut(&Step<'_, D>) + ?Sized> Observer<D> for F {
    fn observe(&mut self, step: &Step<'_, D>) {
        self(step);
    }
}

/// A state of [`train`].
#[derive(Clone, Copy)]
pub struct Step<'a, D: Distribution = Bernoulli> {
    /// Steps made so far.
    pub iteration: u64,
    /// The variables.
    pub distribution: &'a D,
    /// The estimator.
    pub estimator: &'a dyn Estimator<D>,
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
