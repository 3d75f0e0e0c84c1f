//! The control of REBAR and RELAX.

use super::{Samples, ZeroMean};
use crate::bernoulli::Bernoulli;
use crate::control::{Control, OfExample};
use crate::error::EstimateError;
use crate::estimator::{Memory, suits};
use crate::estimators::Estimate;
use crate::noise::Noise;

/// `h = 1/K Σ_k (β_k - c_φ(z̃_k))·(b_k - θ) + ∂/∂a c_φ(z_k) - ∂/∂a c_φ(z̃_k)`, with z, z̃ and c as in [`estimate`](crate::estimate()).
///
/// With the weight 1 it makes RLOO, or REINFORCE, the mean of K estimates of RELAX. It takes M uniform numbers for the z̃ of each sample.
///
/// φ is fixed: nothing trains it here. Train it with [`RelaxLoo`](crate::estimators::RelaxLoo) or with the control alone, and hand the trained control over.
///
/// Source: RELAX (Grathwohl et al. 2018), equation 8.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Relaxation<C> {
    control: C,
}

impl<C: Control + Send + Sync> Relaxation<C> {
    /// The term of this control.
    pub fn new(control: C) -> Self {
        Self { control }
    }
}

impl<C: Control + Send + Sync> ZeroMean for Relaxation<C> {
    fn name(&self) -> &'static str {
        "relaxation"
    }

    fn add(&self, bernoulli: &Bernoulli, samples: Samples<'_>, h: &mut [f64], memory: &mut Memory) {
        let variables = bernoulli.len();
        let estimate = memory.of(|| Estimate::new(variables));
        if estimate.b.len() != variables {
            *estimate = Estimate::new(variables);
        }
        let control = OfExample::new(&self.control, samples.example);
        let numbers = samples.uniforms.chunks_exact(variables).zip(samples.noise.chunks_exact(variables));
        for ((b, others), (u, v)) in samples.rows(bernoulli).zip(samples.others()).zip(numbers) {
            estimate.take(bernoulli.logits(), b, others, Noise::trusted(u, v));
            estimate.combine(&control);
            h.iter_mut().zip(&estimate.gradient).for_each(|(h, own)| *h += own / samples.count());
        }
    }

    fn noise(&self, bernoulli: &Bernoulli) -> usize {
        bernoulli.len()
    }

    fn suits(&self, bernoulli: &Bernoulli) -> Result<(), EstimateError> {
        Ok(suits(&self.control, bernoulli.len())?)
    }
}
