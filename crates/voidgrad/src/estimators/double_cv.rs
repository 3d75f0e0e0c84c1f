//! Double control variates: RLOO with a linear model of f.

use super::mixing::Mixing;
use super::{Bias, Cost, Count, Method, Needs, leave_one_out};
use crate::bernoulli::Bernoulli;
use crate::distribution::Distribution as _;
use crate::error::{InvalidParameter, ShapeMismatch, same_length};
use crate::estimator::{Answer, Estimator, Learned, Told, Want, learned};
use crate::noise::Rule;
use voidgrad_real::sigmoid;

/// RLOO of `h_k = f(b_k) + α·d_kᵀ(b_k - θ)` instead of f, less what the linear part adds to the mean:
///
/// `ĝ = 1/K Σ_k (h_k - 1/(K-1) Σ_{j≠k} h_j)·(b_k - θ) - α·d_k·θ(1 - θ)`, `d_k = 1/(K-1) Σ_{j≠k} ∇f(b_j)`.
///
/// The slope `d_k` does not depend on `b_k`, so `ĝ` is RLOO plus α times a control whose mean is 0.
///
/// α is the number with which `ĝ` varied least in earlier rounds, by a regression in which each round counts `decay` to the
/// power of its age. It moves when the estimator is [told](Estimator::tell), and depends on earlier rounds only, so `ĝ` stays
/// unbiased. The first five rounds are those of RLOO, with α = 0. After them a linear f has α = -1 and leaves no variance, whichever
/// way θ goes. If ∇f says nothing of how f changes, α is close to 0. What it is off by adds a share of the least variance that is of
/// the order of `(1 - decay)/(1 + decay)`. On a plate α moves once for each example, in their order.
///
/// A round costs ∇f at each of its K points besides f, and learning from it takes as long as an answer.
///
/// Source: Titsias and Shi 2022, section 3, whose α moves by gradient steps; the regression is that of Geffner and Domke 2018.
///
/// ```
/// use voidgrad::estimators::DoubleCv;
/// use voidgrad::objective::Smooth;
/// use voidgrad::{Bernoulli, Round, Stream};
/// let bernoulli = Bernoulli::from_logits(&[0.3, -0.4])?;
/// let linear = Smooth::new(
///     |b: &[f64]| 3.0 * b[0] - b[1],
///     |b: &[f64], gradient: &mut [f64]| {
///         gradient.copy_from_slice(&[3.0, -1.0]);
///         3.0 * b[0] - b[1]
///     },
/// );
/// let mut estimator = DoubleCv::new(2, 0.999)?;
/// let (mut stream, mut round) = (Stream::new(7, 0, 0), Round::new());
/// for _ in 0..20 {
///     round.draw(&estimator, &bernoulli, &mut stream)?;
///     round.evaluate(&linear)?;
///     round.tell(&mut estimator, &bernoulli)?;
/// }
/// assert!((estimator.alpha() + 1.0).abs() < 1e-14);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct DoubleCv {
    samples: usize,
    decay: f64,
    mixing: Mixing,
    /// The mean of ∇f in earlier rounds; empty before the first.
    slope: Vec<f64>,
    /// The sum of the weights of these rounds, `1 + decay + decay² + …`.
    weight: f64,
    /// Memory for what a round teaches.
    parts: Parts,
    rloo: Vec<f64>,
    mean: Vec<f64>,
    control: Vec<f64>,
}

/// What the list says of it.
pub const METHOD: Method = Method {
    name: "double-cv",
    title: "Double CV",
    formula: "RLOO of f(b_k) + α·d_kᵀ(b_k - θ), less α·d_k·θ(1 - θ); d_k: mean of the other ∇f(b_j)",
    source: "Titsias and Shi 2022, section 3; α: Geffner and Domke 2018",
    bias: Bias::Unbiased,
    needs: Needs::Gradient,
    cost: Cost::f(Count::K),
    parameters: "K ≥ 2, 2 unless given; α is learned, with a decay of 0.999 unless given",
};

impl DoubleCv {
    /// Double CV with K samples, whose regression forgets by this factor a round.
    ///
    /// # Errors
    /// Returns an error if K is less than 2 or absurdly large, or if the decay is not in [0, 1).
    pub fn new(samples: u64, decay: f64) -> Result<Self, InvalidParameter> {
        let (samples, decay) = (super::several(samples)?, super::decay(decay)?);
        Ok(Self {
            samples,
            decay,
            // One control alone needs no ridge.
            mixing: Mixing::new(1, 2, decay, 0.0),
            slope: Vec::new(),
            weight: 0.0,
            parts: Parts::default(),
            rloo: Vec::new(),
            mean: Vec::new(),
            control: Vec::new(),
        })
    }

    /// α of the next round.
    ///
    /// With RLOO g, the control h, and the mean m that g would have if f were linear with the slope of earlier rounds, it is
    /// `-Σ g·h / Σ (h + m)·h`. In expectation `m·h` is 0, because m does not depend on the round, so the ratio tends to the best α,
    /// `-E[g·h]/E[h·h]`. If f is linear, g is h + m, and the ratio is exact after one round. `-Σ (g - m)·h / Σ h·h` is that, too, but the noise of m spoils it
    /// if g is small beside m.
    #[must_use]
    pub fn alpha(&self) -> f64 {
        let [of_rloo, of_mean] = [0, 1].map(|target| self.mixing.weights()[target]);
        let share = 1.0 - of_mean;
        // A ratio to less says little, and occurs in the first rounds alone.
        if share.abs() > 0.1 { of_rloo / share } else { of_rloo - of_mean }
    }
}

/// What is computed on the way.
#[derive(Debug, Clone, Default, PartialEq)]
struct Parts {
    /// `1/K Σ_k ∇f(b_k)`, which is the mean of the `d_k`, too.
    slope: Vec<f64>,
    score: Vec<f64>,
    /// `d_kᵀ(b_k - θ)`.
    linear: Vec<f64>,
    h: Vec<f64>,
    advantages: Vec<f64>,
}

impl Parts {
    /// Computes `slope` and `linear`.
    fn fill(&mut self, bernoulli: &Bernoulli, told: &Told<'_>) {
        let Self { slope, score, linear, .. } = self;
        let (variables, count) = (bernoulli.len(), told.values.len() as f64);
        let samples = || told.points.chunks_exact(variables).zip(told.gradients.chunks_exact(variables));
        score.resize(variables, 0.0);
        slope.clear();
        slope.resize(variables, 0.0);
        for (_, own) in samples() {
            slope.iter_mut().zip(own).for_each(|(total, own)| *total += own);
        }
        linear.clear();
        for (b, own) in samples() {
            bernoulli.score(b, score);
            let parts = slope.iter().zip(own).zip(&*score);
            linear.push(parts.map(|((total, own), score)| (total - own) / (count - 1.0) * score).sum());
        }
        for total in slope {
            *total /= count;
        }
    }

    /// Adds RLOO of these values.
    fn add_rloo(&mut self, bernoulli: &Bernoulli, told: &Told<'_>, values: &[f64], gradient: &mut [f64]) {
        leave_one_out(values, &mut self.advantages);
        for (b, advantage) in told.points.chunks_exact(bernoulli.len()).zip(&self.advantages) {
            bernoulli.add_score(*advantage, b, gradient);
        }
    }
}

/// Adds `scale·d·θ(1 - θ)`, the mean of RLOO of a linear f with the slope d, times the scale.
fn add_mean(bernoulli: &Bernoulli, scale: f64, slope: &[f64], gradient: &mut [f64]) {
    for ((gradient, slope), &a) in gradient.iter_mut().zip(slope).zip(bernoulli.logits()) {
        *gradient += scale * slope * (sigmoid(a) * sigmoid(-a));
    }
}

impl Estimator for DoubleCv {
    fn ask(&self, bernoulli: &Bernoulli, noise: &[f64], points: &mut [f64]) {
        super::samples(bernoulli, noise, points);
    }

    fn answer(&self, bernoulli: &Bernoulli, told: Told<'_>, answer: Answer<'_>) {
        let Answer { gradient, memory, .. } = answer;
        let (parts, alpha) = (memory.of(Parts::default), self.alpha());
        parts.fill(bernoulli, &told);
        add_mean(bernoulli, -alpha, &parts.slope, gradient);
        let mut h = std::mem::take(&mut parts.h);
        h.clear();
        h.extend(told.values.iter().zip(&parts.linear).map(|(f, linear)| f + alpha * linear));
        parts.add_rloo(bernoulli, &told, &h, gradient);
        parts.h = h;
    }

    fn learn(&mut self, bernoulli: &Bernoulli, told: Told<'_>) {
        let Self { decay, mixing, slope, weight, parts, rloo, mean, control, .. } = self;
        parts.fill(bernoulli, &told);
        if slope.len() == bernoulli.len() {
            for values in [&mut *rloo, &mut *mean, &mut *control] {
                values.clear();
                values.resize(bernoulli.len(), 0.0);
            }
            parts.add_rloo(bernoulli, &told, told.values, rloo);
            add_mean(bernoulli, 1.0, slope, mean);
            let linear = std::mem::take(&mut parts.linear);
            parts.add_rloo(bernoulli, &told, &linear, control);
            add_mean(bernoulli, -1.0, &parts.slope, control);
            parts.linear = linear;
            mixing.learn(&[rloo, mean], &[control]);
        } else {
            // There is no slope of earlier rounds.
            slope.clear();
            slope.resize(bernoulli.len(), 0.0);
            *weight = 0.0;
        }
        *weight = *decay * *weight + 1.0;
        for (mean, own) in slope.iter_mut().zip(&parts.slope) {
            *mean = super::towards(*mean, *own, 1.0 / *weight);
        }
    }

    fn state(&self) -> Learned {
        let own = [("slope".into(), self.slope.clone()), ("weight".into(), vec![self.weight])];
        self.mixing.state().into_iter().chain(own).collect()
    }

    fn restore(&mut self, state: &[(&str, &[f64])]) -> Result<(), ShapeMismatch> {
        same_length("the estimator's state", state.len(), self.state().len())?;
        let mixing = self.mixing.restored(state)?;
        let (slope, weight) = (learned(state, "slope", None)?, learned(state, "weight", Some(1))?[0]);
        (self.mixing, self.slope, self.weight) = (mixing, slope.to_vec(), weight);
        Ok(())
    }

    fn want(&self, _: usize) -> Want {
        Want::Gradient
    }

    fn starts_with_a_sample(&self) -> bool {
        true
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
