//! Double control variates: RLOO with a linear model of f.

use super::mixing::Mixing;
use super::zero_mean::{Linear, add_mean};
use super::{Bias, Cost, Count, Method, Needs};
use crate::bernoulli::Bernoulli;
use crate::distribution::Distribution as _;
use crate::error::{InvalidParameter, ShapeMismatch, same_length};
use crate::estimator::{Answer, Estimator, Learned, Told, Want, learned};
use crate::noise::Rule;

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
    linear: Linear,
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
            linear: Linear::default(),
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

/// What an answer computes on its way.
#[derive(Default)]
struct Parts {
    linear: Linear,
    h: Vec<f64>,
}

impl Estimator for DoubleCv {
    fn ask(&self, bernoulli: &Bernoulli, noise: &[f64], points: &mut [f64]) {
        super::samples(bernoulli, noise, points);
    }

    fn answer(&self, bernoulli: &Bernoulli, told: Told<'_>, answer: Answer<'_>) {
        let Answer { gradient, memory, .. } = answer;
        let (parts, alpha) = (memory.of(Parts::default), self.alpha());
        let Parts { linear, h } = parts;
        linear.fill(bernoulli, told.points, told.gradients);
        linear.add_mean(bernoulli, -alpha, gradient);
        h.clear();
        h.extend(told.values.iter().zip(&linear.parts).map(|(f, linear)| f + alpha * linear));
        linear.add_rloo(bernoulli, told.points, h, gradient);
    }

    fn learn(&mut self, bernoulli: &Bernoulli, told: Told<'_>) {
        let Self { decay, mixing, slope, weight, linear, rloo, mean, control, .. } = self;
        linear.fill(bernoulli, told.points, told.gradients);
        if slope.len() == bernoulli.len() {
            for values in [&mut *rloo, &mut *mean, &mut *control] {
                values.clear();
                values.resize(bernoulli.len(), 0.0);
            }
            linear.add_rloo(bernoulli, told.points, told.values, rloo);
            add_mean(bernoulli, 1.0, slope, mean);
            linear.add_control(bernoulli, told.points, control);
            mixing.learn(&[rloo, mean], &[control]);
        } else {
            // There is no slope of earlier rounds.
            slope.clear();
            slope.resize(bernoulli.len(), 0.0);
            *weight = 0.0;
        }
        *weight = *decay * *weight + 1.0;
        for (mean, own) in slope.iter_mut().zip(&linear.slope) {
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
