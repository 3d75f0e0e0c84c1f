//! Least squares for φ, as a part of a training.

use super::{Cause, TrainError};
use crate::control::Control;
use crate::distribution::Distribution;
use crate::estimator::{Coupling, Estimator};
use crate::gauss_newton::GaussNewton;
use crate::noise::Stream;

/// A [`GaussNewton`] that follows the steps of a training, also back from a step that failed.
pub(super) struct Learner {
    method: GaussNewton,
    /// The training's own noise is `(seed, run, 0)`.
    seed: u64,
    run: u64,
    /// The step that it has learned from last, and what it was before.
    last: Option<(u64, Arrays)>,
}

/// A state, as named arrays.
type Arrays = Vec<(&'static str, Vec<f64>)>;

/// The row of the streams of the learner's noise.
const ROW: u64 = u64::MAX - 1;

impl Learner {
    /// A learner of the control of an estimator.
    ///
    /// # Errors
    /// Returns an error if there is no such control, or if it has too many parameters.
    pub(super) fn new<D: Distribution>(
        distribution: &D,
        estimator: &impl Estimator<D>,
        (seed, run): (u64, u64),
    ) -> Result<Self, TrainError> {
        let nothing = |found| Err(TrainError::NothingToLearn { found });
        let Some(logits) = distribution.logits_of_bits() else {
            return nothing("the variables are others");
        };
        let Some(control) = estimator.control() else { return nothing("the estimator has no control") };
        if estimator.coupling() != Some(Coupling::Independent) {
            return nothing("the noise of this estimator is coupled");
        }
        if control.parameters() == 0 {
            return nothing("the control has no parameter");
        }
        Ok(Self { method: GaussNewton::new(control, logits.len())?, seed, run, last: None })
    }

    /// Begins step number `iteration`, counted from 0. If it was made before, it failed, and nothing was learned from it.
    pub(super) fn begin(&mut self, iteration: u64) {
        self.undo(iteration);
        self.last = Some((iteration, self.method.state()));
    }

    /// Remembers an estimate of the step.
    ///
    /// # Errors
    /// Returns an error if b has not as many entries as the logits.
    pub(super) fn remember(
        &mut self,
        distribution: &impl Distribution,
        (b, f): (&[f64], f64),
    ) -> Result<(), Cause> {
        Ok(self.method.remember(distribution.parameters(), b, f)?)
    }

    /// Moves φ of the control.
    ///
    /// # Errors
    /// Returns an error if the control has changed its number of parameters.
    pub(super) fn step(&mut self, iteration: u64, control: &mut dyn Control) -> Result<(), Cause> {
        let mut stream = Stream::new(self.seed, self.run, ROW);
        // Two words for each number.
        stream.set_position(2 * self.method.uniforms() as u128 * u128::from(iteration));
        Ok(self.method.step(control, &mut stream)?)
    }

    /// What is left of the steps before `iteration`, as data.
    pub(super) fn state(&self, iteration: u64) -> Arrays {
        match &self.last {
            Some((last, before)) if *last == iteration => before.clone(),
            _ => self.method.state(),
        }
    }

    /// Goes on from a state.
    ///
    /// # Errors
    /// Returns an error if the state does not fit; then nothing has changed.
    pub(super) fn restore(&mut self, state: &[(&str, &[f64])]) -> Result<(), Cause> {
        self.method.restore(state)?;
        self.last = None;
        Ok(())
    }

    fn undo(&mut self, iteration: u64) {
        if let Some((_, before)) = self.last.take_if(|(last, _)| *last == iteration) {
            let before: Vec<(&str, &[f64])> =
                before.iter().map(|(name, values)| (*name, values.as_slice())).collect();
            self.method.restore(&before).expect("it was the learner's own state");
        }
    }
}
