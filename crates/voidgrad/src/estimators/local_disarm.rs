//! Local `DisARM`: the gradient of the importance-weighted bound of K samples, by their reflections.

use super::pair;
use super::vimco::{bound, normalise};
use super::{Bias, Cost, Count, Method, Needs};
use crate::bernoulli::Bernoulli;
use crate::distribution::Distribution as _;
use crate::error::InvalidParameter;
use crate::estimator::{Answer, Estimator, Told};
use crate::noise::Rule;

/// `ĝ` of `-E[L]`, with the importance-weighted bound `L = ln 1/K Σ_k e^{-f(b_k)}` of K independent samples, as [`Vimco`](super::Vimco) has it, from 2K values of f.
///
/// Sample k of u has a reflection `b'_k` of `1 - u`, as in [`Disarm`](super::Disarm). Given the other samples, `-L` is a function of `b_k` alone, whose gradient `DisARM` estimates:
///
/// `ĝ_m = Σ_k (w̃_k·(b_km - θ_m) - ½·(L - L_k)·(b_km - b'_km)·σ(|a_m|))`
///
/// with `w̃ = softmax(-f(b_1), …, -f(b_K))`, and `L_k` the bound with `b'_k` in the place of `b_k`. The term with `w̃` is the derivative by the logits that are inside of f, in `ln q(b)`. The reflections are samples
/// of their own, so the same holds with b and b' exchanged, and `ĝ` here is the mean of both.
///
/// The points are `b_1, b'_1, b_2, b'_2, …`. The weights of the round are `w̃/2` of the samples and of the reflections: `Σ w·∂f(b; ψ)/∂ψ` is the gradient of `-E[L]` by parameters ψ of f. [`bound`](Self::bound) is
/// the mean of both bounds.
///
/// Source: Dong, Mnih and Tucker 2020, the section on multi-sample bounds, whose estimator is that of the samples alone. The mean with that of the reflections takes no more values of f.
///
/// ```
/// use voidgrad::estimators::LocalDisarm;
/// use voidgrad::{Bernoulli, Round};
/// // p(x, b) is 0.3 for b = 0 and 0.1 for b = 1; with two samples.
/// let (bernoulli, disarm) = (Bernoulli::from_probabilities(&[0.5])?, LocalDisarm::new(2)?);
/// let f = |b: &[f64]| 0.5_f64.ln() - if b[0] == 1.0 { 0.1_f64.ln() } else { 0.3_f64.ln() };
/// let mut round = Round::new();
/// round.estimate(&disarm, &bernoulli, &f, &[0.9, 0.1])?;
/// assert_eq!(round.points().as_slice(), [1.0, 0.0, 0.0, 1.0]);
/// assert!((LocalDisarm::bound(round.values()) - 0.4_f64.ln()).abs() < 1e-15);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LocalDisarm {
    samples: usize,
}

/// What the list of the estimators of bounds says of it.
pub const METHOD: Method = Method {
    name: "local-disarm",
    title: "local DisARM",
    formula: "ĝ = Σ_k (w̃_k·(b_k - θ) - ½·(L - L_k)·(b_k - b'_k)·σ(|a|)), the mean of this and of the same with b and b' exchanged",
    source: "Dong, Mnih and Tucker 2020, the section on multi-sample bounds",
    bias: Bias::Unbiased,
    needs: Needs::Values,
    cost: Cost::f(Count::TimesK(2)),
    parameters: "K ≥ 2",
};

impl LocalDisarm {
    /// Local `DisARM` of the bound of K samples.
    ///
    /// # Errors
    /// Returns an error if K is less than 2, or so large that nobody could wait for it.
    pub fn new(samples: u64) -> Result<Self, InvalidParameter> {
        Ok(Self { samples: super::several(samples)? })
    }

    /// The mean of the bounds of the samples and of the reflections, of the 2K values of f in their order; NaN of none.
    #[must_use]
    pub fn bound(values: &[f64]) -> f64 {
        let side = |first: usize| {
            bound(&values[first.min(values.len())..].iter().step_by(2).map(|f| -f).collect::<Vec<f64>>())
        };
        0.5 * side(0) + 0.5 * side(1)
    }
}

impl Estimator for LocalDisarm {
    fn ask(&self, bernoulli: &Bernoulli, noise: &[f64], points: &mut [f64]) {
        let variables = bernoulli.len();
        for (u, pair) in noise.chunks_exact(variables).zip(points.chunks_exact_mut(2 * variables)) {
            pair::sample(bernoulli, u, pair);
        }
    }

    fn answer(&self, bernoulli: &Bernoulli, told: Told<'_>, answer: Answer<'_>) {
        let Answer { gradient, weights, memory, .. } = answer;
        let [logs, own]: &mut [Vec<f64>; 2] = memory.of(<[Vec<f64>; 2]>::default);
        let variables = bernoulli.len();
        // The samples, then the reflections.
        for side in 0..2 {
            logs.clear();
            logs.extend(told.values.iter().skip(side).step_by(2).map(|f| -f));
            own.clear();
            own.resize(self.samples, 0.0);
            normalise(logs, own);
            let all = bound(logs);
            for (k, pair) in told.points.chunks_exact(2 * variables).enumerate() {
                let (one, other) =
                    (&pair[side * variables..][..variables], &pair[(1 - side) * variables..][..variables]);
                let log = logs[k];
                logs[k] = -told.values[2 * k + 1 - side];
                let share = 0.25 * (all - bound(logs));
                logs[k] = log;
                weights[2 * k + side] = 0.5 * own[k];
                bernoulli.add_score(0.5 * own[k], one, gradient);
                let bits =
                    one.iter().zip(other).zip(bernoulli.probabilities().iter().zip(bernoulli.complements()));
                for (gradient, ((one, other), (theta, rest))) in gradient.iter_mut().zip(bits) {
                    // σ(|a|)
                    *gradient -= share * (one - other) * theta.max(*rest);
                }
            }
        }
    }

    fn starts_with_a_sample(&self) -> bool {
        true
    }

    fn evaluations(&self, _: &Bernoulli) -> u64 {
        2 * self.samples as u64
    }

    fn noise(&self, bernoulli: &Bernoulli) -> usize {
        self.samples * bernoulli.len()
    }

    fn rule(&self, bernoulli: &Bernoulli) -> Option<Rule> {
        Some(pair::both_sides(bernoulli).repeat(self.samples))
    }
}
