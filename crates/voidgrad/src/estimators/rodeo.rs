//! RODEO: RLOO with controls that a discrete Stein operator makes.

use super::mixed::{LARGEST, PRIOR, RIDGE};
use super::mixing::Mixing;
use super::{Bias, Cost, Count, Method, Needs, leave_one_out};
use crate::bernoulli::Bernoulli;
use crate::distribution::Distribution as _;
use crate::error::{InvalidParameter, ShapeMismatch, same_length};
use crate::estimator::{Answer, Estimator, Learned, Told, Want, learned};
use crate::noise::Rule;

/// RLOO plus controls `A h`, whose mean is 0 for every function h. A is the Gibbs operator, here the sum over the variables:
///
/// `(A h)(b) = Σ_m (E[h(b)|b without b_m] - h(b)) = Σ_m p_m·Δ_m`,
///
/// with the probability `p_m = |b_m - θ_m|` of the other state of `b_m`, and `Δ_m = h(b with b_m flipped) - h(b)`. Values of f at other points are not needed,
/// because h is a surrogate of f: of sample k it is
///
/// `h_k(b) = 1/(K-1) Σ_{j≠k} φ(∇f(b_j)ᵀ(b - b_j))`, with `φ(t) = t`, and a second one with `φ(t) = |t|`.
///
/// Each makes three controls, with weights of their own, beside RLOO `g = 1/K Σ_k (f(b_k) - 1/(K-1) Σ_{j≠k} f(b_j))·s_k`, where `s_k = b_k - θ`:
///
/// - the baselines: `-1/K Σ_k 1/(K-1) Σ_{j≠k} (A h_j)(b_j)·s_k`,
/// - the flips of the variable itself, in coordinate m: `1/K Σ_k s_km·(-h_k(b_k) - (1 - p_m)·Δ_m)`,
/// - those of the others: `1/K Σ_k s_km·Σ_{i≠m} p_i·Δ_i`.
///
/// The last two are the two parts of `A(h_k·s)`, whose sum over the flips is taken apart: in coordinate m it is `s_m·((A h)(b) - h(b with b_m flipped))`.
///
/// The paper has a network of `∇f(b_j)ᵀ(b - b_j)` and `f(b_j)` for φ, with gradient steps on the variance, and one weight for both parts. Here h is linear in its weights, so that the best ones are
/// known: they are those with which `ĝ` varied least in earlier rounds, by a regression in which each round counts `decay` to the power of its age. They move when the estimator is
/// [told](Estimator::tell), and depend on earlier rounds only, so `ĝ` stays unbiased. Before the regression has three rounds more than controls they are 0, and `ĝ` is RLOO. On a plate they move once for each example,
/// in their order. Few rounds give weights that are nearer to 0 than those of the regression, and a ridge of 1e-4 keeps those of controls small that are nearly the same. Rounds with a value of f beyond ±1e300 teach nothing.
///
/// A round costs ∇f at each of its K points besides f, and time in proportion to K²·M. [`by_flips`](Self::by_flips) has h = f instead, for objectives
/// that know their [flips](crate::objective::Flips).
///
/// Source: Shi, Zhou, Hwang, Titsias and Mackey 2022, section 4 with the Gibbs operator of section 3; the regression is that of Geffner and Domke 2018.
///
/// ```
/// use voidgrad::estimators::{Rloo, Rodeo};
/// use voidgrad::objective::Smooth;
/// use voidgrad::{Bernoulli, Round, Stream, variance};
/// let bernoulli = Bernoulli::from_logits(&[0.3, -0.4, 1.0])?;
/// let f = |x: &[f64]| (3.0 * x[0] - x[1] + 0.5 * x[2]).powi(2);
/// let smooth = Smooth::new(f, |x: &[f64], gradient: &mut [f64]| {
///     let slope = 2.0 * (3.0 * x[0] - x[1] + 0.5 * x[2]);
///     gradient.copy_from_slice(&[3.0 * slope, -slope, 0.5 * slope]);
///     f(x)
/// });
/// let mut rodeo = Rodeo::new(2, 0.999)?;
/// let (mut stream, mut round) = (Stream::new(7, 0, 0), Round::new());
/// for _ in 0..300 {
///     round.draw(&rodeo, &bernoulli, &mut stream)?;
///     round.evaluate(&smooth)?;
///     round.tell(&mut rodeo, &bernoulli)?;
/// }
/// let rloo = variance::moments(&bernoulli, &smooth, &Rloo::new(2)?)?;
/// let rodeo = variance::moments(&bernoulli, &smooth, &rodeo)?;
/// assert!(rodeo.variance < 0.2 * rloo.variance);
/// // Both means are the gradient.
/// assert!((rodeo.mean[0] - rloo.mean[0]).abs() < 1e-13);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Rodeo {
    samples: usize,
    decay: f64,
    surrogate: Surrogate,
    mixing: Mixing,
    /// The mean of `ĝ` in earlier rounds; empty before the first.
    mean: Vec<f64>,
    /// The sum of the weights of these rounds, `1 + decay + decay² + …`.
    weight: f64,
    /// Memory for what a round teaches.
    lesson: Lesson,
}

/// What h is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Surrogate {
    /// A function of `∇f(b_j)ᵀ(b - b_j)`, of the other samples.
    Slopes,
    /// f itself, less the mean of the other values.
    Flips,
}

/// What the list says of it.
pub const METHOD: Method = Method {
    name: "rodeo",
    title: "RODEO",
    formula: "RLOO + Σ_i w_i·(A h_i), A: the Gibbs operator, in the baselines and times the score; h: t and |t|, t = ∇f(b_j)ᵀ(b - b_j) of the other samples",
    source: "Shi et al. 2022, section 4; weights: Geffner and Domke 2018",
    bias: Bias::Unbiased,
    needs: Needs::Gradient,
    cost: Cost::f(Count::K),
    parameters: "K ≥ 2, 2 unless given; weights are learned, with a decay of 0.999 unless given",
};

/// What is said of it if f knows its flips.
pub const BY_FLIPS: Method = Method {
    formula: "RLOO + Σ_i w_i·(A h_i), A: the Gibbs operator, in the baselines and times the score; h = f, by its flips",
    needs: Needs::Flips,
    ..METHOD
};

/// The names of the controls of one h, in their order.
const PARTS: [&str; 3] = ["baselines", "own flips", "other flips"];

impl Rodeo {
    /// RODEO with K samples, whose regression forgets by this factor a round.
    ///
    /// # Errors
    /// Returns an error if K is less than 2 or absurdly large, or if the decay is not in [0, 1).
    pub fn new(samples: u64, decay: f64) -> Result<Self, InvalidParameter> {
        Self::with(samples, decay, Surrogate::Slopes)
    }

    /// The same with `h_k(b) = f(b) - 1/(K-1) Σ_{j≠k} f(b_j)`, by the [flips](crate::objective::Flips) of f at the samples instead of ∇f: three controls. With the weights 0, 1 and 0 it is
    /// [`LocalExpectationByFlips`](super::LocalExpectationByFlips), the mean of K samples.
    ///
    /// ```
    /// use voidgrad::estimators::Rodeo;
    /// use voidgrad::toy::MeanQuadratic;
    /// use voidgrad::{Bernoulli, Round, Stream, variance};
    /// let (bernoulli, f) = (Bernoulli::from_logits(&[0.0, 1.0, 0.5])?, MeanQuadratic { target: 0.25 });
    /// let mut rodeo = Rodeo::by_flips(2, 0.999)?;
    /// let before = variance::moments(&bernoulli, &f, &rodeo)?.variance;
    /// let (mut stream, mut round) = (Stream::new(7, 0, 0), Round::new());
    /// for _ in 0..300 {
    ///     round.draw(&rodeo, &bernoulli, &mut stream)?;
    ///     round.evaluate(&f)?;
    ///     round.tell(&mut rodeo, &bernoulli)?;
    /// }
    /// // f is a sum over the variables.
    /// assert!(variance::moments(&bernoulli, &f, &rodeo)?.variance < 1e-4 * before);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn by_flips(samples: u64, decay: f64) -> Result<Self, InvalidParameter> {
        Self::with(samples, decay, Surrogate::Flips)
    }

    fn with(samples: u64, decay: f64, surrogate: Surrogate) -> Result<Self, InvalidParameter> {
        let (samples, decay) = (super::several(samples)?, super::decay(decay)?);
        let controls = surrogate.shapes().len() * PARTS.len();
        let mixing = Mixing::new(controls, 1, decay, RIDGE).with_prior(PRIOR);
        let lesson = Lesson::default();
        Ok(Self { samples, decay, surrogate, mixing, mean: Vec::new(), weight: 0.0, lesson })
    }

    /// Each control's h and part, with its weight in the next round.
    pub fn weights(&self) -> impl Iterator<Item = (&'static str, &'static str, f64)> {
        let names = self.surrogate.shapes().iter().flat_map(|shape| PARTS.map(|part| (shape.name(), part)));
        names.zip(self.mixing.weights()).map(|((shape, part), weight)| (shape, part, *weight))
    }
}

/// A function h of sample k.
#[derive(Debug, Clone, Copy)]
enum Shape {
    Linear,
    Absolute,
    Itself,
}

impl Surrogate {
    fn shapes(self) -> &'static [Shape] {
        match self {
            Self::Slopes => &[Shape::Linear, Shape::Absolute],
            Self::Flips => &[Shape::Itself],
        }
    }
}

impl Shape {
    fn name(self) -> &'static str {
        match self {
            Self::Linear => "t",
            Self::Absolute => "|t|",
            Self::Itself => "f",
        }
    }

    /// Returns `h_k(b_k)`, and writes what each flip changes it by.
    fn fill(self, bernoulli: &Bernoulli, told: Told<'_>, k: usize, changes: &mut [f64]) -> f64 {
        let rows = |all| <[f64]>::chunks_exact(all, bernoulli.len());
        let others = (told.values.len() - 1) as f64;
        let b = &told.points[k * bernoulli.len()..(k + 1) * bernoulli.len()];
        if let Self::Itself = self {
            changes.copy_from_slice(&told.gradients[k * bernoulli.len()..(k + 1) * bernoulli.len()]);
            let f = told.values[k];
            return told.values.iter().map(|other| (f - other) / others).sum();
        }
        let phi = |t: f64| if let Self::Absolute = self { t.abs() } else { t };
        changes.fill(0.0);
        let mut value = 0.0;
        for (j, (other, slope)) in rows(told.points).zip(rows(told.gradients)).enumerate() {
            if j == k {
                continue;
            }
            let steps = b.iter().zip(other);
            let t: f64 = steps.zip(slope).map(|((b, other), slope)| (b - other) * slope).sum();
            value += phi(t) / others;
            for ((change, b), slope) in changes.iter_mut().zip(b).zip(slope) {
                *change += (phi(t + (1.0 - 2.0 * b) * slope) - phi(t)) / others;
            }
        }
        value
    }
}

/// The controls of a round, with the memory that they take.
#[derive(Debug, Clone, Default)]
struct Controls {
    /// Three for each h.
    all: Vec<Vec<f64>>,
    score: Vec<f64>,
    changes: Vec<f64>,
    /// `(A h_k)(b_k)`.
    operated: Vec<f64>,
}

impl Controls {
    fn fill(&mut self, surrogate: Surrogate, bernoulli: &Bernoulli, told: Told<'_>) {
        let Self { all, score, changes, operated } = self;
        let (variables, count) = (bernoulli.len(), told.values.len() as f64);
        score.resize(variables, 0.0);
        changes.resize(variables, 0.0);
        let shapes = surrogate.shapes();
        all.resize_with(shapes.len() * PARTS.len(), Vec::new);
        for control in &mut *all {
            control.clear();
            control.resize(variables, 0.0);
        }
        for (shape, controls) in shapes.iter().zip(all.chunks_exact_mut(PARTS.len())) {
            let [baselines, own, others] = controls else { continue };
            operated.clear();
            for (k, b) in told.points.chunks_exact(variables).enumerate() {
                let value = shape.fill(bernoulli, told, k, changes);
                bernoulli.score(b, score);
                let total: f64 = score.iter().zip(&*changes).map(|(s, change)| s.abs() * change).sum();
                operated.push(total);
                let theta = bernoulli.probabilities().iter().zip(bernoulli.complements());
                let stays =
                    b.iter().zip(theta).map(|(b, (theta, rest))| if *b == 1.0 { theta } else { rest });
                let flips = score.iter().zip(&*changes).zip(stays);
                for ((own, others), ((s, change), stays)) in own.iter_mut().zip(&mut *others).zip(flips) {
                    *own += s / count * (-value - stays * change);
                    *others += s / count * (total - s.abs() * change);
                }
            }
            let total: f64 = operated.iter().sum();
            for (b, own) in told.points.chunks_exact(variables).zip(&*operated) {
                bernoulli.add_score(-(total - own) / ((count - 1.0) * count), b, baselines);
            }
        }
    }
}

/// Adds RLOO.
fn add_rloo(bernoulli: &Bernoulli, told: Told<'_>, advantages: &mut Vec<f64>, gradient: &mut [f64]) {
    leave_one_out(told.values, advantages);
    for (b, advantage) in told.points.chunks_exact(bernoulli.len()).zip(&*advantages) {
        bernoulli.add_score(*advantage, b, gradient);
    }
}

/// What a round teaches.
#[derive(Debug, Clone, Default)]
struct Lesson {
    /// RLOO, less what it is on average.
    target: Vec<f64>,
    estimate: Vec<f64>,
    parts: Parts,
}

/// What an answer computes on its way.
#[derive(Debug, Clone, Default)]
struct Parts {
    advantages: Vec<f64>,
    controls: Controls,
}

impl Estimator for Rodeo {
    fn ask(&self, bernoulli: &Bernoulli, noise: &[f64], points: &mut [f64]) {
        super::samples(bernoulli, noise, points);
    }

    fn answer(&self, bernoulli: &Bernoulli, told: Told<'_>, answer: Answer<'_>) {
        let Answer { gradient, memory, .. } = answer;
        let Parts { advantages, controls } = memory.of(Parts::default);
        add_rloo(bernoulli, told, advantages, gradient);
        if self.mixing.weights().iter().all(|weight| *weight == 0.0) {
            return;
        }
        controls.fill(self.surrogate, bernoulli, told);
        for (control, weight) in controls.all.iter().zip(self.mixing.weights()) {
            gradient.iter_mut().zip(control).for_each(|(gradient, own)| *gradient += weight * own);
        }
    }

    fn learn(&mut self, bernoulli: &Bernoulli, told: Told<'_>) {
        if told.values.iter().any(|f| f.abs() > LARGEST) {
            return;
        }
        let Self { decay, surrogate, mixing, mean, weight, lesson, .. } = self;
        let Lesson { target, estimate, parts: Parts { advantages, controls } } = lesson;
        estimate.clear();
        estimate.resize(bernoulli.len(), 0.0);
        add_rloo(bernoulli, told, advantages, estimate);
        if mean.len() != bernoulli.len() {
            mean.clear();
            mean.resize(bernoulli.len(), 0.0);
            *weight = 0.0;
        }
        target.clear();
        target.extend(estimate.iter().zip(&*mean).map(|(g, mean)| g - mean));
        controls.fill(*surrogate, bernoulli, told);
        for (control, weight) in controls.all.iter().zip(mixing.weights()) {
            estimate.iter_mut().zip(control).for_each(|(estimate, own)| *estimate += weight * own);
        }
        let controls: Vec<&[f64]> = controls.all.iter().map(|control| &control[..]).collect();
        mixing.learn(&[target], &controls);
        *weight = *decay * *weight + 1.0;
        for (mean, own) in mean.iter_mut().zip(&*estimate).filter(|(_, own)| own.is_finite()) {
            *mean = super::towards(*mean, *own, 1.0 / *weight);
        }
    }

    fn state(&self) -> Learned {
        let own = [("mean".into(), self.mean.clone()), ("weight".into(), vec![self.weight])];
        self.mixing.state().into_iter().chain(own).collect()
    }

    fn restore(&mut self, state: &[(&str, &[f64])]) -> Result<(), ShapeMismatch> {
        same_length("the estimator's state", state.len(), self.state().len())?;
        let mixing = self.mixing.restored(state)?;
        let (mean, weight) = (learned(state, "mean", None)?, learned(state, "weight", Some(1))?[0]);
        (self.mixing, self.mean, self.weight) = (mixing, mean.to_vec(), weight);
        Ok(())
    }

    fn want(&self, _: usize) -> Want {
        match self.surrogate {
            Surrogate::Slopes => Want::Gradient,
            Surrogate::Flips => Want::Flips,
        }
    }

    fn starts_with_a_sample(&self) -> bool {
        true
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

    fn rule(&self, bernoulli: &Bernoulli) -> Option<Rule> {
        Some(bernoulli.rule()?.repeat(self.samples))
    }
}
