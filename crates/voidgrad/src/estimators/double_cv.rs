//! Double control variates: RLOO with a linear model of f.

use super::{Bias, Cost, Count, Method, Needs, leave_one_out};
use crate::bernoulli::Bernoulli;
use crate::distribution::Distribution as _;
use crate::error::{InvalidParameter, finite};
use crate::estimator::{Answer, Estimator, Told, Want};
use crate::noise::Rule;
use voidgrad_real::sigmoid;

/// RLOO of `h_k = f(b_k) + α·d_kᵀ(b_k - θ)` instead of f, less what the linear part adds to the mean:
///
/// `ĝ = 1/K Σ_k (h_k - 1/(K-1) Σ_{j≠k} h_j)·(b_k - θ) - α·d_k·θ(1 - θ)`, `d_k = 1/(K-1) Σ_{j≠k} ∇f(b_j)`.
///
/// The slope `d_k` does not depend on `b_k`. With `α = -1` a linear f leaves no variance.
///
/// Source: Titsias and Shi 2022, section 3, whose α is learned there and a parameter here.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DoubleCv {
    samples: usize,
    alpha: f64,
}

/// What the list says of it.
pub const METHOD: Method = Method {
    name: "double-cv",
    title: "Double CV",
    formula: "RLOO of f(b_k) - d_kᵀ(b_k - θ), plus d_k·θ(1 - θ); d_k: mean of the other ∇f(b_j)",
    source: "Titsias and Shi 2022, section 3",
    bias: Bias::Unbiased,
    needs: Needs::Gradient,
    cost: Cost::f(Count::K),
    parameters: "K ≥ 2, 2 unless given; α = -1",
};

impl DoubleCv {
    /// Double CV with K samples.
    ///
    /// # Errors
    /// Returns an error if K is less than 2 or absurdly large, or α is not finite.
    pub fn new(samples: u64, alpha: f64) -> Result<Self, InvalidParameter> {
        Ok(Self { samples: super::several(samples)?, alpha: finite("alpha", alpha)? })
    }
}

/// What an answer computes on its way.
#[derive(Default)]
struct Parts {
    /// `Σ_k ∇f(b_k)`.
    total: Vec<f64>,
    score: Vec<f64>,
    h: Vec<f64>,
    advantages: Vec<f64>,
}

impl Estimator for DoubleCv {
    fn ask(&self, bernoulli: &Bernoulli, noise: &[f64], points: &mut [f64]) {
        super::samples(bernoulli, noise, points);
    }

    fn answer(&self, bernoulli: &Bernoulli, told: Told<'_>, answer: Answer<'_>) {
        let Answer { gradient, memory, .. } = answer;
        let Parts { total, score, h, advantages } = memory.of(Parts::default);
        let (variables, count) = (bernoulli.len(), self.samples as f64);
        let samples = || told.points.chunks_exact(variables).zip(told.gradients.chunks_exact(variables));
        score.resize(variables, 0.0);
        total.clear();
        total.resize(variables, 0.0);
        for (_, slope) in samples() {
            total.iter_mut().zip(slope).for_each(|(total, slope)| *total += slope);
        }
        let others = |total: f64, own: f64| (total - own) / (count - 1.0);
        h.clear();
        for ((b, slope), f) in samples().zip(told.values) {
            bernoulli.score(b, score);
            let parts = total.iter().zip(slope).zip(&*score);
            let linear: f64 = parts.map(|((total, slope), score)| others(*total, *slope) * score).sum();
            h.push(f + self.alpha * linear);
        }
        for ((gradient, total), &a) in gradient.iter_mut().zip(&*total).zip(bernoulli.logits()) {
            // The mean of d_k over k is that of ∇f(b_k).
            *gradient = -self.alpha * (total / count) * (sigmoid(a) * sigmoid(-a));
        }
        leave_one_out(h, advantages);
        for ((b, _), advantage) in samples().zip(&*advantages) {
            bernoulli.add_score(*advantage, b, gradient);
        }
    }

    fn want(&self, _: usize) -> Want {
        Want::Gradient
    }

    fn evaluations(&self, _: &Bernoulli) -> u64 {
        self.samples as u64
    }

    fn noise(&self, bernoulli: &Bernoulli) -> usize {
        self.samples * bernoulli.len()
    }

    fn rule(&self, bernoulli: &Bernoulli) -> Option<Rule> {
        Some(bernoulli.rule()?.repeat(self.samples))
    }
}
