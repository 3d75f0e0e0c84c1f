//! RLOO: K samples, each the others' baseline.

use super::{Bias, Cost, Count, Method, Needs, leave_one_out};
use crate::distribution::Distribution;
use crate::error::InvalidParameter;
use crate::estimator::{Advantages, Answer, Estimator, Form, Told};
use crate::noise::Rule;

/// `ĝ = 1/K Σ_k (f(b_k) - 1/(K-1) Σ_{j≠k} f(b_j))·∂/∂a ln p(b_k)` with K independent samples, for every distribution
/// with a score.
///
/// Source: Kool, van Hoof and Welling 2019, equation 8.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rloo {
    samples: usize,
}

/// What the list says of it.
pub const METHOD: Method = Method {
    name: "rloo",
    title: "RLOO",
    formula: "ĝ = 1/K Σ_k (f(b_k) - mean of the other f)·∂/∂a ln p(b_k)",
    source: "Kool, van Hoof and Welling 2019, equation 8",
    bias: Bias::Unbiased,
    needs: Needs::Values,
    cost: Cost::f(Count::K),
    parameters: "K ≥ 2, 2 unless given",
};

impl Rloo {
    /// RLOO with K samples.
    ///
    /// # Errors
    /// Returns an error if K is less than 2, or so large that nobody could wait for it.
    pub fn new(samples: u64) -> Result<Self, InvalidParameter> {
        Ok(Self { samples: super::several(samples)? })
    }
}

impl<D: Distribution> Estimator<D> for Rloo {
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn ask(&self, distribution: &D, noise: &[f64], points: &mut [f64]) {
        super::samples(distribution, noise, points);
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn answer(&self, distribution: &D, told: Told<'_>, answer: Answer<'_>) {
        let Answer { gradient, memory, .. } = answer;
        let advantages: &mut Vec<f64> = memory.of(Vec::new);
        leave_one_out(told.values, advantages);
        for (b, advantage) in told.points.chunks_exact(distribution.dimension()).zip(&*advantages) {
            distribution.add_score(*advantage, b, gradient);
        }
    }

    fn starts_with_a_sample(&self) -> bool {
        true
    }

    fn has_equal_weights(&self) -> bool {
        true
    }

    fn evaluations(&self, _: &D) -> u64 {
        self.samples as u64
    }

    fn noise(&self, distribution: &D) -> usize {
        self.samples * distribution.uniforms()
    }

    fn advantages(&self) -> Option<&dyn Advantages> {
        Some(self)
    }

    fn rule(&self, distribution: &D) -> Option<Rule> {
        Some(distribution.rule()?.repeat(self.samples))
    }
}

impl Advantages for Rloo {
    fn form(&self) -> Form {
        Form::Sample
    }

    fn advantages(&self, values: &[f64], advantages: &mut Vec<f64>) {
        leave_one_out(values, advantages);
    }
}
