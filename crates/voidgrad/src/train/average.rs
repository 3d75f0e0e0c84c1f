//! The mean over the estimates of a step.

use nalgebra::DVector;

use crate::distribution::Distribution;
use crate::estimator::EstimateError;
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
        self.last.update_with_variance_gradient(estimator, distribution, objective, noise, phi_bar)?;
        self.gradient.iter_mut().zip(&self.last.gradient).for_each(|(sum, gradient)| *sum += gradient);
        self.f += self.last.f;
        self.estimates += 1;
        estimator.advance(&self.last);
        Ok(())
    }

    /// Makes means of the sums.
    pub(super) fn finish(&mut self, distribution: &impl Distribution) -> Result<(), EstimateError> {
        if self.estimates > 1 {
            let estimates = self.estimates as f64;
            self.gradient /= estimates;
            self.variance_gradient /= estimates;
            self.f /= estimates;
        }
        let logits = || distribution.parameters().to_vec();
        if !are_finite(self.gradient.as_slice()) {
            let gradient = self.gradient.as_slice().to_vec();
            return Err(EstimateError::Gradient { gradient, logits: logits() });
        }
        if !are_finite(self.variance_gradient.as_slice()) {
            let variance_gradient = self.variance_gradient.as_slice().to_vec();
            return Err(EstimateError::VarianceGradient { variance_gradient, logits: logits() });
        }
        Ok(())
    }
}

/// Without a way out of the loop, so that it runs on vectors.
fn are_finite(values: &[f64]) -> bool {
    values.iter().fold(true, |are_finite, value| are_finite & value.is_finite())
}
