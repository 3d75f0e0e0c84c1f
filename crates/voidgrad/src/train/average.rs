//! The mean over the estimates of a step.

use nalgebra::DVector;

use crate::distribution::Distribution;
use crate::estimator::{EstimateError, check_sum, check_variance_gradient};
use crate::estimators::{Draw, Estimator};
use crate::noise::Uniforms;
use crate::objective::Objective;

/// The mean of the estimates of a step of [`train`](super::train), added in their order.
#[derive(Debug)]
pub struct Average {
    /// The mean of `ĝ`, an entry a parameter of the distribution: M logits.
    pub gradient: DVector<f64>,
    /// The mean of `(2/M)(∂ĝ/∂φ)ᵀ ĝ`, N entries.
    pub variance_gradient: DVector<f64>,
    /// The mean of the values of f.
    pub f: f64,
    /// The last of the estimates.
    pub last: Draw,
    estimates: usize,
}

impl Average {
    /// Memory for these variables and N parameters of a control, without an estimate yet.
    pub(super) fn new(distribution: &impl Distribution, parameters: usize) -> Self {
        Self {
            gradient: DVector::zeros(distribution.parameters().len()),
            variance_gradient: DVector::zeros(parameters),
            f: 0.0,
            last: Draw::new(distribution),
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

    /// Adds one estimate, from which the estimator then learns; the means are sums until [`finish`](Self::finish).
    pub(super) fn add<D: Distribution>(
        &mut self,
        estimator: &mut impl Estimator<D>,
        distribution: &D,
        objective: &dyn Objective,
        noise: Uniforms<'_>,
    ) -> Result<(), EstimateError> {
        let phi_bar = self.variance_gradient.as_mut_slice();
        self.last.update_and_add(estimator, distribution, objective, noise, phi_bar)?;
        self.gradient.iter_mut().zip(&self.last.gradient).for_each(|(sum, gradient)| *sum += gradient);
        self.f += self.last.f;
        self.estimates += 1;
        estimator.advance(&self.last);
        Ok(())
    }

    /// Makes means of the sums.
    pub(super) fn finish(&mut self, distribution: &impl Distribution) -> Result<(), EstimateError> {
        if self.estimates > 1 {
            check_sum("f(b)", self.estimates as u64, &[self.f])?;
            check_sum("ĝ", self.estimates as u64, self.gradient.as_slice())?;
            let estimates = self.estimates as f64;
            self.gradient /= estimates;
            self.variance_gradient /= estimates;
            self.f /= estimates;
        }
        check_variance_gradient(self.variance_gradient.as_slice(), distribution.parameters())
    }
}
