//! A training under way.

use nalgebra::DVector;

use super::{Average, Cause, Observer, Settings, Step, TrainError};
use crate::control::Control;
use crate::distribution::Distribution;
use crate::estimator::{Coupling, Estimator, check_wants};
use crate::kernel::{BLOCK, Steps};
use crate::noise::Stream;
use crate::objective::Objective;
use crate::optimise::{Adam, Optimiser};

/// A run of [`train`](super::train) under way: what its steps move.
pub(super) struct Run<'a, D: Distribution, E> {
    pub(super) distribution: D,
    pub(super) estimator: E,
    objective: &'a dyn Objective,
    batch: usize,
    stream: Stream,
    /// Steps made so far.
    pub(super) iteration: u64,
    /// The distribution's parameters, and φ.
    parameters: Vec<f64>,
    phi: DVector<f64>,
    descent: Adam,
    control_descent: Adam,
    average: Average,
    /// Whether a fused loop may make the steps.
    is_fused: bool,
    noise: Vec<f64>,
}

impl<'a, D: Distribution, E: Estimator<D>> Run<'a, D, E> {
    /// The run of this number, before its first step.
    pub(super) fn new(
        distribution: D,
        objective: &'a dyn Objective,
        estimator: E,
        settings: &Settings,
        run: u64,
    ) -> Result<Self, TrainError> {
        settings.check()?;
        estimator.suits(&distribution)?;
        check_wants(&estimator, &distribution, objective.differentiable().is_some())?;
        let Settings { iterations, batch, learning_rate, control_learning_rate, seed } = *settings;
        let parameters = distribution.parameters().to_vec();
        let phi = estimator.control().map_or_else(|| DVector::zeros(0), Control::phi);
        // With less than half a unit in the last place of the largest number, no parameter gets beyond it.
        let farthest = Adam::FARTHEST * learning_rate.max(control_learning_rate) * iterations as f64;
        let is_fused = estimator.coupling() == Some(Coupling::Independent)
            && distribution.logit().is_some()
            && batch == 1
            && farthest < 0.25 * f64::EPSILON * f64::MAX;
        Ok(Self {
            descent: Adam::new(parameters.len(), learning_rate)?,
            control_descent: Adam::new(phi.len(), control_learning_rate)?,
            average: Average::new(&distribution, &estimator),
            stream: Stream::new(seed, run, 0),
            batch,
            iteration: 0,
            distribution,
            estimator,
            objective,
            parameters,
            phi,
            is_fused,
            noise: Vec::new(),
        })
    }

    /// Shows the state.
    pub(super) fn observe(&self, observer: &mut dyn Observer<D>) {
        let Self { iteration, distribution, estimator, average, .. } = self;
        let average = (*iteration > 0).then_some(average);
        observer.observe(&Step { iteration: *iteration, distribution, estimator, average });
    }

    /// Makes the steps up to the iteration `until`.
    pub(super) fn advance(&mut self, until: u64) -> Result<(), TrainError> {
        while self.iteration < until {
            if self.is_fused {
                self.fused(until)?;
            }
            if self.iteration < until {
                self.step().map_err(|cause| self.diverged(cause))?;
            }
        }
        Ok(())
    }

    /// Lets the control's kernel make as many of the next steps as it can.
    fn fused(&mut self, until: u64) -> Result<(), TrainError> {
        while self.iteration < until {
            let count = usize::try_from(until - self.iteration).unwrap_or(BLOCK).min(BLOCK);
            let start = self.stream.position();
            self.noise.resize(2 * count, 0.0);
            self.stream.fill_open01(&mut self.noise);
            let objective = self.objective;
            // A value that can't be had is NaN: the step is then made as every estimator makes it, which gives the error.
            let f = |b: f64| objective.value(&[b]).unwrap_or(f64::NAN);
            let Some(control) = self.estimator.control_mut() else { return Ok(()) };
            let mut steps = Steps {
                pairs: &self.noise,
                f: &f,
                parameters: &mut self.parameters,
                phi: self.phi.as_mut_slice(),
                optimisers: [&mut self.descent, &mut self.control_descent],
                found: (0.0, 0.0),
                variance_gradient: &mut self.average.variance_gradient,
            };
            let made = control.steps(&mut steps);
            let (f, gradient) = steps.found;
            self.stream.set_position(start + 4 * made as u128);
            if made > 0 {
                self.iteration += made as u64;
                self.average.keep(f, gradient);
                let moved = self.distribution.set_parameters(&self.parameters);
                moved.map_err(|error| self.diverged(error.into()))?;
            }
            if made < count {
                return Ok(());
            }
        }
        Ok(())
    }

    /// The next step, as every estimator can make it. The parameters of the distribution and of the control move only if all are finite.
    fn step(&mut self) -> Result<(), Cause> {
        let Self { distribution, estimator, objective, stream, average, .. } = self;
        average.clear();
        for _ in 0..self.batch {
            average.add(estimator, distribution, *objective, stream)?;
        }
        average.finish(distribution)?;
        self.descent.step(&mut self.parameters, &average.gradient)?;
        let control = estimator.control_mut();
        if control.is_some() {
            self.control_descent.step(self.phi.as_mut_slice(), &average.variance_gradient)?;
        }
        distribution.set_parameters(&self.parameters)?;
        if let Some(control) = control {
            control.set_phi(self.phi.as_view())?;
        }
        self.iteration += 1;
        Ok(())
    }

    fn diverged(&self, source: Cause) -> TrainError {
        TrainError::Diverged {
            iteration: self.iteration + 1,
            logits: self.distribution.parameters().to_vec(),
            gradient: self.average.last().to_vec(),
            control: self.estimator.control().map_or_else(Vec::new, Control::named),
            source: Box::new(source),
        }
    }
}
