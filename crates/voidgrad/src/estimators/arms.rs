//! ARMS: RLOO with samples that avoid one another.

use super::{Bias, Draw, Estimator, Method, Needs, leave_one_out};
use crate::bernoulli::Bernoulli;
use crate::distribution::Distribution as _;
use crate::error::InvalidParameter;
use crate::estimator::EstimateError;
use crate::noise::Uniforms;
use crate::objective::{Objective, evaluate};
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
    cost: "K",
    parameters: "K ≥ 2, 2 unless given",
    bernoulli: Some(|setup, _| Ok(Box::new(Arms::new(setup.evaluations.unwrap_or(2))?))),
    categorical: None,
    gaussian: None,
};

impl Arms {
    /// ARMS with K samples.
    ///
    /// # Errors
    /// Where K is less than 2, or so large that nobody could wait for it.
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

/// The samples, rows of M entries, and what is needed for one variable or one sample.
#[derive(Default)]
struct Samples {
    b: Vec<f64>,
    f: Vec<f64>,
    advantages: Vec<f64>,
    score: Vec<f64>,
    /// Sums of the first k exponential numbers, k = 0..K.
    sums: Vec<f64>,
}

impl Estimator for Arms {
    fn estimate(
        &self,
        bernoulli: &Bernoulli,
        objective: &dyn Objective,
        noise: Uniforms<'_>,
        draw: &mut Draw,
    ) -> Result<(), EstimateError> {
        let Draw { gradient, f: mean, memory } = draw;
        let Samples { b, f, advantages, score, sums } = memory.of(Samples::default);
        let (variables, count) = (bernoulli.len(), self.samples as f64);
        b.resize(self.samples * variables, 0.0);
        score.resize(variables, 0.0);
        for (m, (&a, u)) in bernoulli.logits().iter().zip(noise.chunks(self.samples)).enumerate() {
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
                b[k * variables + m] = if others < bound * total { rare } else { 1.0 - rare };
                after -= u[k].ln();
            }
        }
        f.clear();
        for b in b.chunks(variables) {
            f.push(evaluate(objective, b)?);
        }
        *mean = f.iter().map(|f| f / count).sum();
        gradient.fill(0.0);
        leave_one_out(f, advantages);
        for (b, advantage) in b.chunks(variables).zip(&*advantages) {
            bernoulli.score(b, score);
            gradient.iter_mut().zip(&*score).for_each(|(gradient, score)| *gradient += advantage * score);
        }
        for (gradient, &a) in gradient.iter_mut().zip(bernoulli.logits()) {
            *gradient *= self.correction(a);
        }
        Ok(())
    }

    fn evaluations(&self, _: &Bernoulli) -> u64 {
        self.samples as u64
    }

    fn noise(&self, bernoulli: &Bernoulli) -> usize {
        self.samples * bernoulli.len()
    }
}
