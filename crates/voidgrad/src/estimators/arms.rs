//! ARMS: RLOO with samples that avoid one another.

use super::{Bias, Cost, Count, Method, Needs, leave_one_out};
use crate::bernoulli::Bernoulli;
use crate::distribution::Distribution as _;
use crate::error::InvalidParameter;
use crate::estimator::{Answer, Estimator, Told};
use voidgrad_real::{log_sigmoid, sigmoid};

/// `ĝ_m = 1/(1 - ρ_m)·1/K Σ_k (f(b_k) - 1/(K-1) Σ_{j≠k} f(b_j))·(b_km - θ_m)`, where the K samples of every variable are
/// negatively correlated, each pair by the same `ρ_m`.
///
/// The K uniform numbers of a variable make a point `d` of the simplex, Dirichlet(1, …, 1), and `d_k` says whether sample k
/// takes the rarer state, whose probability is `r = σ(-|a|)`: it does where `1 - d_k < r^(1/(K-1))`. Two of them do
/// together with the probability `(2·r^(1/(K-1)) - 1)₊^(K-1)`, which gives ρ. With K = 2 it is `DisARM`.
///
/// Source: Dimitriev and Zhou 2021, theorem 1, with the Dirichlet copula of section 3.3.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arms {
    samples: usize,
}

/// What the list says of it.
pub const METHOD: Method = Method {
    name: "arms",
    title: "ARMS",
    formula: "RLOO of K samples with pairwise correlation ρ, divided by 1 - ρ; Dirichlet copula",
    source: "Dimitriev and Zhou 2021",
    bias: Bias::Unbiased,
    needs: Needs::Values,
    cost: Cost::f(Count::K),
    parameters: "K ≥ 2, 2 unless given",
};

impl Arms {
    /// ARMS with K samples.
    ///
    /// # Errors
    /// Returns an error if K is less than 2, or so large that nobody could wait for it.
    pub fn new(samples: u64) -> Result<Self, InvalidParameter> {
        Ok(Self { samples: super::several(samples)? })
    }

    /// `1/(1 - ρ)` at the logit a: `(1 - r)/(1 - p/r)`, where p is the probability that two samples take the rarer state.
    fn correction(self, a: f64) -> f64 {
        let spare = (self.samples - 1) as f64;
        let ln_r = log_sigmoid(-a.abs());
        // p/r = (2 - r^(-1/(K-1)))₊^(K-1); by its logarithm, as 2 - 1 would lose the digits where K is large.
        let lack = (-ln_r / spare).exp_m1();
        let neither = if lack < 1.0 { -(spare * (-lack).ln_1p()).exp_m1() } else { 1.0 };
        sigmoid(a.abs()) / neither
    }
}

impl Estimator for Arms {
    fn ask(&self, bernoulli: &Bernoulli, noise: &[f64], points: &mut [f64]) {
        let (variables, count) = (bernoulli.len(), self.samples as f64);
        // Sums of the first k exponential numbers, k = 0..=K.
        let mut sums = Vec::with_capacity(self.samples + 1);
        for (m, (&a, u)) in bernoulli.logits().iter().zip(noise.chunks_exact(self.samples)).enumerate() {
            let bound = (log_sigmoid(-a.abs()) / (count - 1.0)).exp();
            let rare = if a > 0.0 { 0.0 } else { 1.0 };
            sums.clear();
            sums.push(0.0);
            for u in u {
                sums.push(sums[sums.len() - 1] - u.ln());
            }
            let total = sums[self.samples];
            // What the others add up to, from both ends: the rest of a total would be rounded with it.
            let mut after = 0.0;
            for k in (0..self.samples).rev() {
                let others = sums[k] + after;
                points[k * variables + m] = if others < bound * total { rare } else { 1.0 - rare };
                after -= u[k].ln();
            }
        }
    }

    fn answer(&self, bernoulli: &Bernoulli, told: Told<'_>, answer: Answer<'_>) {
        let Answer { gradient, memory, .. } = answer;
        let advantages: &mut Vec<f64> = memory.of(Vec::new);
        leave_one_out(told.values, advantages);
        for (b, advantage) in told.points.chunks_exact(bernoulli.len()).zip(&*advantages) {
            bernoulli.add_score(*advantage, b, gradient);
        }
        for (gradient, &a) in gradient.iter_mut().zip(bernoulli.logits()) {
            *gradient *= self.correction(a);
        }
    }

    fn has_equal_weights(&self) -> bool {
        true
    }

    fn evaluations(&self, _: &Bernoulli) -> u64 {
        self.samples as u64
    }

    fn noise(&self, bernoulli: &Bernoulli) -> usize {
        self.samples * bernoulli.len()
    }
}
