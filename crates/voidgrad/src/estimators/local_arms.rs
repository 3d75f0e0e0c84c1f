//! Local ARMS: the gradient of the importance-weighted bound of K samples, by samples that avoid one another.

use super::vimco::{bound, normalise};
use super::{Arms, Bias, Cost, Count, Method, Needs, leave_one_out};
use crate::bernoulli::Bernoulli;
use crate::distribution::Distribution as _;
use crate::error::InvalidParameter;
use crate::estimator::{Answer, Estimator, Told};

/// `ĝ` of `-E[L]`, with the importance-weighted bound `L = ln 1/K Σ_k e^{-f(b_k)}` of K independent samples, as [`Vimco`](super::Vimco) has it, from n·K values of f.
///
/// Each of the K samples is drawn n times, `b_k¹, …, b_kⁿ`, by the samples of [`Arms`], which avoid one another. The samples of another k are independent of them. Given the others `b_lʲ` of one j, `-L` is a
/// function of sample k alone, whose gradient ARMS estimates from its n values:
///
/// `ĝ_m = 1/n Σ_j Σ_k (w̃_kʲ·(b_kmʲ - θ_m) - 1/(1 - ρ_m)·1/n Σ_i (L_kʲⁱ - 1/(n-1) Σ_{h≠i} L_kʲʰ)·(b_kmⁱ - θ_m))`
///
/// with `w̃ʲ = softmax(-f(b_1ʲ), …, -f(b_Kʲ))`, and `L_kʲⁱ` the bound of the samples j with `b_kⁱ` in the place of `b_kʲ`. The term with `w̃` is the derivative by the logits that are inside of f, in `ln q(b)`.
/// With n = 2 it is [`LocalDisarm`](super::LocalDisarm).
///
/// The points are `b_1¹, …, b_1ⁿ, b_2¹, …`. The weights of the round are `w̃_kʲ/n`: `Σ w·∂f(b; ψ)/∂ψ` is the gradient of `-E[L]` by parameters ψ of f. [`bound`](Self::bound) is the mean of the n bounds.
///
/// Source: Dimitriev and Zhou 2021, "ARMS", which has ARMS in the place of `DisARM` for bounds, too; what `DisARM` is there is in Dong, Mnih and Tucker 2020, the section on multi-sample bounds. The formula is
/// derived here from both.
///
/// ```
/// use voidgrad::estimators::LocalArms;
/// use voidgrad::{Bernoulli, Round, Stream};
/// // p(x, b) is 0.3 for b = 0 and 0.1 for b = 1; with two samples, each drawn three times.
/// let (bernoulli, arms) = (Bernoulli::from_probabilities(&[0.5])?, LocalArms::new(2, 3)?);
/// let f = |b: &[f64]| 0.5_f64.ln() - if b[0] == 1.0 { 0.1_f64.ln() } else { 0.3_f64.ln() };
/// let mut round = Round::new();
/// round.draw(&arms, &bernoulli, &mut Stream::new(1, 0, 0))?;
/// round.evaluate(&f)?;
/// round.answer(&arms, &bernoulli)?;
/// assert_eq!((round.values().len(), round.weights().len()), (6, 6));
/// assert!(arms.bound(round.values()) < 0.6_f64.ln());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LocalArms {
    samples: usize,
    copies: usize,
    arms: Arms,
}

/// How often the list draws each sample.
const COPIES: u64 = 3;

/// What the list of the estimators of bounds says of it.
pub const METHOD: Method = Method {
    name: "local-arms",
    title: "local ARMS",
    formula: "ĝ = 1/n Σ_j Σ_k (w̃_kʲ·(b_kʲ - θ) - ARMS of the n bounds with b_kⁱ in the place of b_kʲ), each sample drawn n = 3 times",
    source: "Dimitriev and Zhou 2021, ARMS; Dong, Mnih and Tucker 2020, the section on multi-sample bounds",
    bias: Bias::Unbiased,
    needs: Needs::Values,
    cost: Cost::f(Count::TimesK(COPIES)),
    parameters: "K ≥ 2",
};

impl LocalArms {
    /// Local ARMS of the bound of K samples, each of which is drawn n times.
    ///
    /// # Errors
    /// Returns an error if K or n is less than 2, or so large that nobody could wait for it.
    pub fn new(samples: u64, copies: u64) -> Result<Self, InvalidParameter> {
        // The values of f of a round are as many as this.
        super::several(samples.saturating_mul(copies))?;
        Ok(Self {
            samples: super::several(samples)?,
            copies: super::several(copies)?,
            arms: Arms::new(copies)?,
        })
    }

    /// As the list has it, with 3 draws of each sample.
    pub(super) fn of_list(samples: u64) -> Result<Self, InvalidParameter> {
        Self::new(samples, COPIES)
    }

    /// The mean of the n bounds, of the n·K values of f in their order; NaN of none.
    #[must_use]
    pub fn bound(&self, values: &[f64]) -> f64 {
        let one = |j: usize| {
            let of_copy = values.iter().skip(j).step_by(self.copies);
            bound(&of_copy.map(|f| -f).collect::<Vec<f64>>())
        };
        (0..self.copies).map(|j| one(j) / self.copies as f64).sum()
    }
}

/// The logarithms of the weights of one j, their weights, and the bounds with each draw of a sample and what they are above one another.
type Memory = [Vec<f64>; 4];

impl Estimator for LocalArms {
    fn ask(&self, bernoulli: &Bernoulli, noise: &[f64], points: &mut [f64]) {
        let length = self.copies * bernoulli.len();
        for (u, points) in noise.chunks_exact(length).zip(points.chunks_exact_mut(length)) {
            self.arms.ask(bernoulli, u, points);
        }
    }

    fn answer(&self, bernoulli: &Bernoulli, told: Told<'_>, answer: Answer<'_>) {
        let Answer { gradient, weights, memory, .. } = answer;
        let [logs, own, negative_bounds, advantages] = memory.of(Memory::default);
        let (copies, variables) = (self.copies, bernoulli.len());
        let share = 1.0 / copies as f64;
        let row = |index: usize| &told.points[index * variables..][..variables];
        for j in 0..copies {
            logs.clear();
            logs.extend(told.values.iter().skip(j).step_by(copies).map(|f| -f));
            own.clear();
            own.resize(self.samples, 0.0);
            normalise(logs, own);
            for k in 0..self.samples {
                let log = logs[k];
                negative_bounds.clear();
                negative_bounds.extend(told.values[k * copies..][..copies].iter().map(|f| {
                    logs[k] = -f;
                    -bound(logs)
                }));
                logs[k] = log;
                leave_one_out(negative_bounds, advantages);
                for (i, advantage) in advantages.iter().enumerate() {
                    bernoulli.add_score(share * advantage, row(k * copies + i), gradient);
                }
                weights[k * copies + j] = share * own[k];
            }
        }
        for (gradient, &a) in gradient.iter_mut().zip(bernoulli.logits()) {
            *gradient *= self.arms.correction(a);
        }
        for (index, weight) in weights.iter().enumerate() {
            bernoulli.add_score(*weight, row(index), gradient);
        }
    }

    fn evaluations(&self, _: &Bernoulli) -> u64 {
        (self.samples * self.copies) as u64
    }

    fn noise(&self, bernoulli: &Bernoulli) -> usize {
        self.samples * self.copies * bernoulli.len()
    }
}
