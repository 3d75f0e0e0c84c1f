//! VIMCO: the gradient of the importance-weighted bound of K samples.

use super::{Bias, Cost, Count, Method, Needs};
use crate::distribution::Distribution;
use crate::error::InvalidParameter;
use crate::estimator::{Answer, Estimator, Told};
use crate::noise::Rule;
use voidgrad_real::log_sum_exp_of;

/// `ĝ` of `-E[L]`, with the importance-weighted bound `L = ln 1/K Σ_k e^{-f(b_k)}` of K independent samples, for every distribution with a score.
///
/// It is for a latent variable model with the proposal `q(b) = p(b|a)`: f is `ln q(b) - ln p(x, b)`, so `e^{-f}` is an importance weight, and `E[L]` is the bound of importance-weighted autoencoders (Burda, Grosse and
/// Salakhutdinov 2016, equation 8), which is larger than the ELBO, `-E[f]`. It is not on the list of the estimators of `E[f]`, but on that of the [bounds](super::of_bounds), because it estimates another gradient:
///
/// `ĝ = Σ_k (w̃_k - (L - L_k))·∂/∂a ln p(b_k)`
///
/// with `w̃ = softmax(-f(b_1), …, -f(b_K))`, and `L_k` the bound with the mean of the other values in the place of `f(b_k)`. The term with `w̃` is the derivative by the logits that are inside of f, in `ln q(b)`;
/// every estimator of `E[f]` leaves it out, because its mean is 0 there.
///
/// The weights of the round are `w̃`: `Σ_k w̃_k·∂f(b_k; ψ)/∂ψ` is the gradient of `-L` by parameters ψ of f, such as those of a decoder. [`bound`](Self::bound) is L.
///
/// Source: Mnih and Rezende 2016, equations 5 to 9, with the geometric mean of the other weights.
///
/// ```
/// use voidgrad::estimators::Vimco;
/// use voidgrad::{Bernoulli, Round};
/// // p(x, b) is 0.3 for b = 0 and 0.1 for b = 1; with two samples.
/// let (bernoulli, vimco) = (Bernoulli::from_probabilities(&[0.5])?, Vimco::new(2)?);
/// let f = |b: &[f64]| 0.5_f64.ln() - if b[0] == 1.0 { 0.1_f64.ln() } else { 0.3_f64.ln() };
/// let mut round = Round::new();
/// round.estimate(&vimco, &bernoulli, &f, &[0.9, 0.1])?;
/// assert_eq!(round.points().as_slice(), [1.0, 0.0]);
/// assert!((Vimco::bound(round.values()) - 0.4_f64.ln()).abs() < 1e-15);
/// assert!((round.weights()[0] - 0.25).abs() < 1e-15 && (round.weights()[1] - 0.75).abs() < 1e-15);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Vimco {
    samples: usize,
}

/// What the list of the estimators of bounds says of it.
pub const METHOD: Method = Method {
    name: "vimco",
    title: "VIMCO",
    formula: "ĝ = Σ_k (w̃_k - (L - L_k))·∂/∂a ln p(b_k), L_k with the mean of the other f in the place of f(b_k)",
    source: "Mnih and Rezende 2016, equations 5 to 9",
    bias: Bias::Unbiased,
    needs: Needs::Values,
    cost: Cost::f(Count::K),
    parameters: "K ≥ 2",
};

impl Vimco {
    /// VIMCO with K samples.
    ///
    /// # Errors
    /// Returns an error if K is less than 2, or so large that nobody could wait for it.
    pub fn new(samples: u64) -> Result<Self, InvalidParameter> {
        Ok(Self { samples: super::several(samples)? })
    }

    /// `L = ln 1/K Σ_k e^{-f_k}` of K values of f; NaN of none.
    #[must_use]
    pub fn bound(values: &[f64]) -> f64 {
        let logs: Vec<f64> = values.iter().map(|f| -f).collect();
        bound(&logs)
    }
}

/// The logarithm of the mean of the weights with these logarithms.
pub(super) fn bound(logs: &[f64]) -> f64 {
    log_sum_exp_of(logs.len(), 0.0, |k| logs[k]) - (logs.len() as f64).ln()
}

/// Writes the weights with these logarithms, divided by their sum.
pub(super) fn normalise(logs: &[f64], weights: &mut [f64]) {
    let largest = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let sum: f64 = logs.iter().map(|log| (log - largest).exp()).sum();
    for (weight, log) in weights.iter_mut().zip(logs) {
        *weight = (log - largest).exp() / sum;
    }
}

impl<D: Distribution> Estimator<D> for Vimco {
    fn ask(&self, distribution: &D, noise: &[f64], points: &mut [f64]) {
        super::samples(distribution, noise, points);
    }

    fn answer(&self, distribution: &D, told: Told<'_>, answer: Answer<'_>) {
        let Answer { gradient, weights, memory, .. } = answer;
        let logs: &mut Vec<f64> = memory.of(Vec::new);
        logs.clear();
        logs.extend(told.values.iter().map(|f| -f));
        let all = bound(logs);
        normalise(logs, weights);
        let others = (logs.len() - 1) as f64;
        for (k, b) in told.points.chunks_exact(distribution.dimension()).enumerate() {
            let own = logs[k];
            logs[k] = 0.0;
            // Each is divided, because a sum of large values may be none.
            logs[k] = logs.iter().map(|log| log / others).sum();
            let advantage = all - bound(logs);
            logs[k] = own;
            distribution.add_score(weights[k] - advantage, b, gradient);
        }
    }

    fn starts_with_a_sample(&self) -> bool {
        true
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
