//! RLOO: K samples, each the others' baseline.

use super::{Bias, Draw, Estimator, Method, Needs, Rule, leave_one_out};
use crate::distribution::Distribution;
use crate::error::InvalidParameter;
use crate::estimator::EstimateError;
use crate::noise::Uniforms;
use crate::objective::{Objective, evaluate};

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
    cost: "K",
    parameters: "K ≥ 2, 2 unless given",
    bernoulli: Some(|setup, _| Ok(Box::new(Rloo::new(setup.evaluations.unwrap_or(2))?))),
    categorical: Some(|setup, _, _| Ok(Box::new(Rloo::new(setup.evaluations.unwrap_or(2))?))),
    gaussian: Some(|setup, _, _| Ok(Box::new(Rloo::new(setup.evaluations.unwrap_or(2))?))),
};

impl Rloo {
    /// RLOO with K samples.
    ///
    /// # Errors
    /// Where K is less than 2, or so large that nobody could wait for it.
    pub fn new(samples: u64) -> Result<Self, InvalidParameter> {
        Ok(Self { samples: super::several(samples)? })
    }
}

/// The samples of an estimate and the values of f there.
#[derive(Default)]
struct Samples {
    b: Vec<f64>,
    f: Vec<f64>,
    advantages: Vec<f64>,
    score: Vec<f64>,
}

impl<D: Distribution> Estimator<D> for Rloo {
    fn estimate(
        &self,
        distribution: &D,
        objective: &dyn Objective,
        noise: Uniforms<'_>,
        draw: &mut Draw,
    ) -> Result<(), EstimateError> {
        let Draw { gradient, f: mean, memory } = draw;
        let Samples { b, f, advantages, score } = memory.of(Samples::default);
        let dimension = distribution.dimension();
        b.resize(self.samples * dimension, 0.0);
        score.resize(gradient.len(), 0.0);
        f.clear();
        for (b, u) in b.chunks_mut(dimension).zip(noise.chunks(distribution.uniforms())) {
            distribution.draw(u, b);
            f.push(evaluate(objective, b)?);
        }
        let count = self.samples as f64;
        *mean = f.iter().map(|f| f / count).sum();
        gradient.fill(0.0);
        leave_one_out(f, advantages);
        for (b, advantage) in b.chunks(dimension).zip(&*advantages) {
            distribution.score(b, score);
            gradient.iter_mut().zip(&*score).for_each(|(gradient, score)| *gradient += advantage * score);
        }
        Ok(())
    }

    fn evaluations(&self, _: &D) -> u64 {
        self.samples as u64
    }

    fn noise(&self, distribution: &D) -> usize {
        self.samples * distribution.uniforms()
    }

    fn rule(&self, distribution: &D) -> Option<Rule> {
        Some(distribution.rule()?.repeat(self.samples))
    }
}
