//! The linear part of Double CV.

use super::taylor::add_mean;
use super::{Samples, ZeroMean};
use crate::bernoulli::Bernoulli;
use crate::distribution::Distribution as _;
use crate::estimator::Memory;
use crate::estimators::leave_one_out::leave_one_out;

/// `h = 1/K Σ_k (l_k - 1/(K-1) Σ_{j≠k} l_j)·(b_k - θ) - d_k·θ(1 - θ)` with `l_k = d_kᵀ(b_k - θ)` and `d_k = 1/(K-1) Σ_{j≠k} ∇f(b_j)`: RLOO of a linear f
/// whose slope does not depend on the sample, less its mean.
///
/// With the weight α it makes RLOO [`DoubleCv`](crate::estimators::DoubleCv) with this α. It wants ∇f at each sample; if there is only one sample, h is 0.
///
/// Source: Titsias and Shi 2022, section 3.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slopes;

impl ZeroMean for Slopes {
    fn name(&self) -> &'static str {
        "slopes"
    }

    fn add(&self, bernoulli: &Bernoulli, samples: Samples<'_>, h: &mut [f64], memory: &mut Memory) {
        if samples.values.len() > 1 {
            let linear = memory.of(Linear::default);
            linear.fill(bernoulli, samples.points, samples.gradients);
            linear.add_control(bernoulli, samples.points, h);
        }
    }

    fn wants_gradients(&self) -> bool {
        true
    }

    fn treats_states_alike(&self) -> bool {
        true
    }
}

/// The linear parts of K samples, with the memory that they take.
#[derive(Debug, Clone, Default, PartialEq)]
pub(in crate::estimators) struct Linear {
    /// `1/K Σ_k ∇f(b_k)`, which is the mean of the `d_k`, too.
    pub(in crate::estimators) slope: Vec<f64>,
    score: Vec<f64>,
    /// `d_kᵀ(b_k - θ)`.
    pub(in crate::estimators) parts: Vec<f64>,
    advantages: Vec<f64>,
}

impl Linear {
    /// Computes `slope` and `parts` of two samples or more.
    pub(in crate::estimators) fn fill(&mut self, bernoulli: &Bernoulli, points: &[f64], gradients: &[f64]) {
        let Self { slope, score, parts, .. } = self;
        let variables = bernoulli.len();
        let count = (points.len() / variables) as f64;
        let samples = || points.chunks_exact(variables).zip(gradients.chunks_exact(variables));
        score.resize(variables, 0.0);
        slope.clear();
        slope.resize(variables, 0.0);
        for (_, own) in samples() {
            slope.iter_mut().zip(own).for_each(|(total, own)| *total += own);
        }
        parts.clear();
        for (b, own) in samples() {
            bernoulli.score(b, score);
            let terms = slope.iter().zip(own).zip(&*score);
            parts.push(terms.map(|((total, own), score)| (total - own) / (count - 1.0) * score).sum());
        }
        for total in slope {
            *total /= count;
        }
    }

    /// Adds RLOO of these values.
    pub(in crate::estimators) fn add_rloo(
        &mut self,
        bernoulli: &Bernoulli,
        points: &[f64],
        values: &[f64],
        gradient: &mut [f64],
    ) {
        leave_one_out(values, &mut self.advantages);
        for (b, advantage) in points.chunks_exact(bernoulli.len()).zip(&self.advantages) {
            bernoulli.add_score(*advantage, b, gradient);
        }
    }

    /// Adds h of what was filled in.
    pub(in crate::estimators) fn add_control(
        &mut self,
        bernoulli: &Bernoulli,
        points: &[f64],
        h: &mut [f64],
    ) {
        let parts = std::mem::take(&mut self.parts);
        self.add_rloo(bernoulli, points, &parts, h);
        self.parts = parts;
        self.add_mean(bernoulli, -1.0, h);
    }

    /// Adds `scale·d·θ(1 - θ)`, d being `slope`.
    pub(in crate::estimators) fn add_mean(&self, bernoulli: &Bernoulli, scale: f64, gradient: &mut [f64]) {
        add_mean(bernoulli, scale, &self.slope, gradient);
    }
}
