//! The mean over the estimates of a step.

use crate::control::Control;
use crate::distribution::Distribution;
use crate::error::{EstimateError, check_sum, check_variance_gradient};
use crate::estimator::{Estimator, Round};
use crate::noise::Stream;
use crate::objective::Objective;

/// The mean of the estimates of a step of [`train`](super::train), added in their order.
#[derive(Debug)]
pub struct Average {
    /// The mean of `ĝ`, an entry for each parameter of the distribution.
    pub gradient: Vec<f64>,
    /// The mean of `(2/M)(∂ĝ/∂φ)ᵀ ĝ`, N entries.
    pub variance_gradient: Vec<f64>,
    /// The mean of the values of f.
    pub f: f64,
    round: Round,
    estimates: usize,
}

impl Average {
    /// Memory for these variables and the control of this estimator, without an estimate yet.
    pub(super) fn new<D: Distribution>(distribution: &D, estimator: &(impl Estimator<D> + ?Sized)) -> Self {
        Self {
            gradient: vec![0.0; distribution.parameters().len()],
            variance_gradient: vec![0.0; estimator.control().map_or(0, Control::parameters)],
            f: 0.0,
            round: Round::new(),
            estimates: 0,
        }
    }

    /// Forgets all estimates.
    pub(super) fn clear(&mut self) {
        self.gradient.fill(0.0);
        self.variance_gradient.fill(0.0);
        self.f = 0.0;
        self.estimates = 0;
    }

    /// Adds one estimate, which the estimator is told of; the means are sums until [`finish`](Self::finish).
    pub(super) fn add<D: Distribution>(
        &mut self,
        estimator: &mut (impl Estimator<D> + ?Sized),
        distribution: &D,
        objective: &dyn Objective,
        stream: &mut Stream,
    ) -> Result<(), EstimateError> {
        let Self { gradient, variance_gradient, f, round, estimates } = self;
        round.draw(estimator, distribution, stream)?;
        round.evaluate(objective)?;
        round.tell(estimator, distribution)?;
        gradient.iter_mut().zip(round.gradient()).for_each(|(sum, gradient)| *sum += gradient);
        variance_gradient.iter_mut().zip(round.variance_gradient()).for_each(|(sum, term)| *sum += term);
        *f += round.f();
        *estimates += 1;
        Ok(())
    }

    /// Takes over the only estimate of a step that was made elsewhere.
    pub(super) fn keep(&mut self, f: f64, gradient: f64) {
        self.f = f;
        self.gradient.fill(gradient);
        self.estimates = 1;
    }

    /// The last estimate's first point, and f there.
    pub(super) fn last_evaluation(&self) -> (&[f64], f64) {
        let points = self.round.points();
        (&points.as_slice()[..points.dimension()], self.round.values()[0])
    }

    /// The last `ĝ`.
    pub(super) fn last(&self) -> &[f64] {
        self.round.gradient()
    }

    /// Makes means of the sums.
    pub(super) fn finish(&mut self, distribution: &impl Distribution) -> Result<(), EstimateError> {
        if self.estimates > 1 {
            check_sum("f(b)", self.estimates as u64, &[self.f])?;
            check_sum("ĝ", self.estimates as u64, &self.gradient)?;
            let estimates = self.estimates as f64;
            self.gradient.iter_mut().for_each(|sum| *sum /= estimates);
            self.variance_gradient.iter_mut().for_each(|sum| *sum /= estimates);
            self.f /= estimates;
        }
        check_variance_gradient(&self.variance_gradient, distribution.parameters())
    }
}
