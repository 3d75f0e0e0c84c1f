//! A training under way, and its steps as every estimator can make them.

use nalgebra::DVector;

use super::{Average, Cause, Settings, State, TrainError};
use crate::control::Control;
use crate::distribution::Distribution;
use crate::estimators::Estimator;
use crate::noise::{Stream, Uniforms};
use crate::objective::Objective;
use crate::optimise::{Adam, Optimiser};

/// A run of [`minimise`](super::minimise) under way: what its steps move, but for the estimator. An implementation of
/// [`Estimator::descend`] hands it on, to the estimator that it wraps.
pub struct Run<'a, D: Distribution> {
    pub(super) distribution: &'a mut D,
    pub(super) objective: &'a dyn Objective,
    pub(super) settings: Settings,
    pub(super) observer: &'a mut dyn FnMut(&State<'_, D>),
    pub(super) stream: Stream,
    /// Steps made so far.
    pub(super) iteration: u64,
    /// The distribution's parameters, and φ.
    pub(super) parameters: Vec<f64>,
    pub(super) phi: DVector<f64>,
    pub(super) descent: Adam,
    pub(super) control_descent: Adam,
    pub(super) average: Average,
}

impl<'a, D: Distribution> Run<'a, D> {
    /// The run of this number, before its first step.
    pub(super) fn new(
        distribution: &'a mut D,
        estimator: &impl Estimator<D>,
        objective: &'a dyn Objective,
        settings: &Settings,
        run: u64,
        observer: &'a mut dyn FnMut(&State<'_, D>),
    ) -> Result<Self, TrainError> {
        let parameters = distribution.parameters().to_vec();
        let phi = estimator.control().map_or_else(|| DVector::zeros(0), Control::phi);
        Ok(Self {
            descent: Adam::new(parameters.len(), settings.learning_rate)?,
            control_descent: Adam::new(phi.len(), settings.control_learning_rate)?,
            average: Average::new(distribution, phi.len()),
            stream: Stream::new(settings.seed, run, 0),
            settings: *settings,
            iteration: 0,
            distribution,
            objective,
            observer,
            parameters,
            phi,
        })
    }

    /// All steps.
    pub(super) fn descend(&mut self, estimator: &mut impl Estimator<D>) -> Result<(), TrainError> {
        let mut noise = vec![0.0; estimator.noise(self.distribution)];
        while self.iteration < self.settings.iterations {
            self.average.clear();
            for _ in 0..self.settings.batch {
                self.stream.fill_open01(&mut noise);
                self.estimate(estimator, &noise)?;
            }
            self.step(estimator)?;
        }
        Ok(())
    }

    /// Adds an estimate to the average of the next step.
    pub(super) fn estimate(
        &mut self,
        estimator: &mut impl Estimator<D>,
        noise: &[f64],
    ) -> Result<(), TrainError> {
        let noise = Uniforms::trusted(noise);
        let added = self.average.add(estimator, self.distribution, self.objective, noise);
        added.map_err(|source| self.diverged(estimator, source.into()))
    }

    /// The next step, after its estimates.
    pub(super) fn step(&mut self, estimator: &mut impl Estimator<D>) -> Result<(), TrainError> {
        self.take(estimator).map_err(|cause| self.diverged(estimator, cause))?;
        self.advance(estimator);
        Ok(())
    }

    /// Makes means of the estimates, and moves all parameters; those of the distribution and the control only if all are finite.
    fn take(&mut self, estimator: &mut impl Estimator<D>) -> Result<(), Cause> {
        self.average.finish(self.distribution)?;
        self.descent.step(&mut self.parameters, self.average.gradient.as_slice())?;
        let control = estimator.control_mut();
        if control.is_some() {
            self.control_descent.step(self.phi.as_mut_slice(), self.average.variance_gradient.as_slice())?;
        }
        self.distribution.set_parameters(&self.parameters)?;
        if let Some(control) = control {
            control.set_phi(self.phi.as_view())?;
        }
        Ok(())
    }

    /// Counts a step, and shows the state after it.
    #[inline]
    pub(super) fn advance(&mut self, estimator: &impl Estimator<D>) {
        self.iteration += 1;
        let (iteration, average) = (self.iteration, Some(&self.average));
        (self.observer)(&State { iteration, distribution: self.distribution, estimator, average });
    }

    pub(super) fn diverged(&self, estimator: &impl Estimator<D>, source: Cause) -> TrainError {
        TrainError::Diverged {
            iteration: self.iteration + 1,
            logits: self.distribution.parameters().to_vec(),
            gradient: self.average.last.gradient.clone(),
            control: estimator.control().map_or_else(Vec::new, Control::named),
            source: Box::new(source),
        }
    }
}
