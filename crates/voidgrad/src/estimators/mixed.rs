//! Several controls whose mean is 0, with weights by regression on earlier rounds.

use std::fmt;

use super::mixing::Mixing;
use super::zero_mean::{Additive, Baseline, Samples, ZeroMean};
use super::{Bias, Cost, Count, Method, Needs, leave_one_out};
use crate::bernoulli::Bernoulli;
use crate::distribution::{ClosedForms, Distribution};
use crate::error::{EstimateError, InvalidParameter, ShapeMismatch, same_length};
use crate::estimator::{Answer, Estimator, Learned, Memory, Told, Want, learned};
use crate::noise::Rule;

/// `ĝ = g + Σ_i w_i h_i`: g is RLOO with K samples, or REINFORCE with one, and the `h_i` are [controls whose mean is 0](super::zero_mean).
///
/// The weights are those with which `ĝ` varied least in earlier rounds, by a regression in which each round counts `decay` to the power of its age. They
/// move when the estimator is [told](Estimator::tell), as all that the controls learn, and depend on earlier rounds only, so `ĝ` stays unbiased. All weights are 0 before the
/// regression has three rounds more than controls. On a plate they move once for each example, in their order.
///
/// All coordinates share the weights. A control that is of no use gets a weight next to 0: what it is off by adds a share of the least variance that is of the
/// order of `(1 - decay)/(1 + decay)`, or less if there are many coordinates. Few rounds give weights that are nearer to 0 than those of the regression. A ridge of 1e-4 keeps the
/// weights of controls small that are nearly the same. Some hundred-millionths of the variance stay even with a control that
/// could take all of it away.
///
/// Rounds with a value of f beyond ±1e300 teach nothing.
///
/// Source: Geffner and Domke 2018.
///
/// Several controls, one of which needs ∇f:
///
/// ```
/// use voidgrad::estimators::zero_mean::{Additive, Baseline, Taylor};
/// use voidgrad::estimators::{Mixed, Rloo};
/// use voidgrad::objective::Smooth;
/// use voidgrad::{Bernoulli, Round, Stream, variance};
/// let bernoulli = Bernoulli::from_logits(&[0.3, -0.4, 1.0])?;
/// let f = |x: &[f64]| 3.0 * x[0] - x[1] + 0.5 * x[0] * x[2];
/// let smooth = Smooth::new(f, |x: &[f64], gradient: &mut [f64]| {
///     gradient.copy_from_slice(&[3.0 + 0.5 * x[2], -1.0, 0.5 * x[0]]);
///     f(x)
/// });
/// let mut mixed =
///     Mixed::new(2, vec![Box::new(Baseline::new(0.99)?), Box::new(Additive::new()), Box::new(Taylor)], 0.99)?;
/// let (mut stream, mut round) = (Stream::new(7, 0, 0), Round::new());
/// for _ in 0..100 {
///     round.draw(&mixed, &bernoulli, &mut stream)?;
///     round.evaluate(&smooth)?;
///     round.tell(&mut mixed, &bernoulli)?;
/// }
/// for (name, weight) in mixed.weights() {
///     println!("{name}: {weight}");
/// }
/// let rloo = variance::moments(&bernoulli, &f, &Rloo::new(2)?)?.variance;
/// let mixed = variance::moments(&bernoulli, &smooth, &mixed)?.variance;
/// assert!(mixed < 0.05 * rloo);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Mixed<D: Distribution = Bernoulli> {
    samples: usize,
    decay: f64,
    controls: Vec<Box<dyn ZeroMean<D>>>,
    mixing: Mixing,
    /// The mean of `ĝ` in earlier rounds; empty before the first.
    mean: Vec<f64>,
    /// The sum of the weights of these rounds, `1 + decay + decay² + …`.
    weight: f64,
    /// Memory for what a round teaches.
    lesson: Lesson,
}

/// What the list says of it.
pub const METHOD: Method = Method {
    name: "mixed",
    title: "mixed controls",
    formula: "RLOO + Σ_i w_i·h_i, the mean of each h_i being 0: a baseline and an additive model of f, both of earlier rounds",
    source: "Geffner and Domke 2018",
    bias: Bias::Unbiased,
    needs: Needs::Values,
    cost: Cost::f(Count::K),
    parameters: "K, 2 unless given; weights and models are learned, with a decay of 0.99 unless given",
};

/// What is added to a diagonal of 1. A share of the variance that is the square of it stays, even with a control that could take all away.
pub(super) const RIDGE: f64 = 1e-4;
/// Draws with weights of 0 before the first.
pub(super) const PRIOR: f64 = 0.5;
/// Values of f beyond this are not learned from: what is learned, and its products, are numbers.
pub(super) const LARGEST: f64 = 1e300;

/// What a round teaches.
#[derive(Default)]
struct Lesson {
    /// g, less what it is on average.
    target: Vec<f64>,
    estimate: Vec<f64>,
    controls: Vec<Vec<f64>>,
    parts: Parts,
}

/// What an answer computes on its way.
#[derive(Default)]
struct Parts {
    advantages: Vec<f64>,
    control: Vec<f64>,
    /// Of each control.
    memories: Vec<Memory>,
}

impl<D: Distribution> Mixed<D> {
    /// RLOO with K samples and these controls, or REINFORCE if K is 1. The regression forgets by this factor a round.
    ///
    /// # Errors
    /// Returns an error if K is 0 or absurdly large, or if the decay is not in [0, 1).
    pub fn new(
        samples: u64,
        controls: Vec<Box<dyn ZeroMean<D>>>,
        decay: f64,
    ) -> Result<Self, InvalidParameter> {
        let (samples, decay) = (super::count(samples, 1, "from 1 to 1000000")?, super::decay(decay)?);
        let mixing = Mixing::new(controls.len(), 1, decay, RIDGE).with_prior(PRIOR);
        let lesson = Lesson::default();
        Ok(Self { samples, decay, controls, mixing, mean: Vec::new(), weight: 0.0, lesson })
    }

    /// Each control's name with its weight in the next round.
    pub fn weights(&self) -> impl Iterator<Item = (&str, f64)> {
        self.controls.iter().map(|control| control.name()).zip(self.mixing.weights().iter().copied())
    }

    /// Whether a control wants f and ∇f at `E[b]`.
    fn wants_mean(&self) -> bool {
        self.controls.iter().any(|control| control.wants_mean())
    }

    /// The noise of the samples, and that of each control.
    fn noise_of<'a>(
        &self,
        distribution: &D,
        noise: &'a [f64],
    ) -> (&'a [f64], impl Iterator<Item = &'a [f64]>) {
        let (uniforms, mut rest) = noise.split_at(self.samples * distribution.uniforms());
        let own = self.controls.iter().map(move |control| {
            let (own, others) = rest.split_at(self.samples * control.noise(distribution));
            rest = others;
            own
        });
        (uniforms, own)
    }

    /// The round as a control sees it.
    fn seen<'a>(
        &self,
        distribution: &D,
        told: Told<'a>,
        uniforms: &'a [f64],
        noise: &'a [f64],
    ) -> Samples<'a> {
        let dimension = distribution.dimension();
        let (points, _) = told.points.split_at(self.samples * dimension);
        let (values, at_mean) = told.values.split_at(self.samples);
        // Empty if no gradient was wanted.
        let (gradients, slope) = told.gradients.split_at(told.gradients.len().min(points.len()));
        let at_mean = at_mean.first().map(|value| (*value, slope));
        Samples { example: told.example, uniforms, noise, points, values, gradients, at_mean }
    }

    /// Adds g.
    fn add_base(&self, distribution: &D, told: Told<'_>, advantages: &mut Vec<f64>, gradient: &mut [f64]) {
        let values = &told.values[..self.samples];
        if let [f] = values {
            advantages.clear();
            advantages.push(*f);
        } else {
            leave_one_out(values, advantages);
        }
        for (b, advantage) in told.points.chunks_exact(distribution.dimension()).zip(&*advantages) {
            distribution.add_score(*advantage, b, gradient);
        }
    }

    /// Gives `visit` the place of each control, what it sees, its memory, and an array for its h.
    fn each_control(
        &self,
        distribution: &D,
        told: Told<'_>,
        memories: &mut Vec<Memory>,
        mut visit: impl FnMut(usize, &dyn ZeroMean<D>, Samples<'_>, &mut Memory),
    ) {
        memories.resize_with(self.controls.len(), Memory::default);
        let (uniforms, noise) = self.noise_of(distribution, told.noise);
        for (place, (noise, memory)) in noise.zip(memories).enumerate() {
            visit(place, &*self.controls[place], self.seen(distribution, told, uniforms, noise), memory);
        }
    }
}

impl Mixed {
    /// The mixture for values of f alone: a [`Baseline`] and an [`Additive`] model, which learn from earlier rounds. The regression and the baseline forget by this
    /// factor a round.
    ///
    /// ```
    /// use voidgrad::estimators::{Mixed, Rloo};
    /// use voidgrad::{Bernoulli, Round, Stream, variance};
    /// let bernoulli = Bernoulli::from_logits(&[0.3, -0.4, 1.0, 0.1])?;
    /// let f = |b: &[f64]| 3.0 * b[0] - b[1] + 0.5 * b[0] * b[2] + b[3];
    /// let mut mixed = Mixed::of_values(2, 0.99)?;
    /// let (mut stream, mut round) = (Stream::new(7, 0, 0), Round::new());
    /// for _ in 0..200 {
    ///     round.draw(&mixed, &bernoulli, &mut stream)?;
    ///     round.evaluate(&f)?;
    ///     round.tell(&mut mixed, &bernoulli)?;
    /// }
    /// let rloo = variance::moments(&bernoulli, &f, &Rloo::new(2)?)?.variance;
    /// assert!(variance::moments(&bernoulli, &f, &mixed)?.variance < 0.1 * rloo);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn of_values(samples: u64, decay: f64) -> Result<Self, InvalidParameter> {
        let baseline = Baseline::new(decay)?;
        Self::new(samples, vec![Box::new(baseline), Box::new(Additive::new())], decay)
    }
}

impl<D: ClosedForms> Estimator<D> for Mixed<D> {
    fn ask(&self, distribution: &D, noise: &[f64], points: &mut [f64]) {
        let (uniforms, _) = self.noise_of(distribution, noise);
        let (samples, mean) = points.split_at_mut(self.samples * distribution.dimension());
        super::samples(distribution, uniforms, samples);
        if !mean.is_empty() {
            distribution.mean(mean);
        }
    }

    fn answer(&self, distribution: &D, told: Told<'_>, answer: Answer<'_>) {
        let Answer { gradient, weights, memory, .. } = answer;
        let Parts { advantages, control: own, memories } = memory.of(Parts::default);
        let (samples, mean) = weights.split_at_mut(self.samples);
        samples.fill(1.0 / self.samples as f64);
        mean.fill(0.0);
        self.add_base(distribution, told, advantages, gradient);
        own.resize(gradient.len(), 0.0);
        self.each_control(distribution, told, memories, |place, control, seen, memory| {
            let weight = self.mixing.weights()[place];
            if weight != 0.0 {
                own.fill(0.0);
                control.add(distribution, seen, own, memory);
                gradient.iter_mut().zip(&*own).for_each(|(gradient, own)| *gradient += weight * own);
            }
        });
    }

    fn learn(&mut self, distribution: &D, told: Told<'_>) {
        if told.values.iter().any(|f| f.abs() > LARGEST) {
            return;
        }
        let mut lesson = std::mem::take(&mut self.lesson);
        let Lesson { target, estimate, controls, parts } = &mut lesson;
        let parameters = distribution.parameters().len();
        let clear = |values: &mut Vec<f64>| {
            values.clear();
            values.resize(parameters, 0.0);
        };
        clear(estimate);
        self.add_base(distribution, told, &mut parts.advantages, estimate);
        if self.mean.len() != parameters {
            clear(&mut self.mean);
            self.weight = 0.0;
        }
        target.clear();
        target.extend(estimate.iter().zip(&self.mean).map(|(g, mean)| g - mean));
        controls.resize_with(self.controls.len(), Vec::new);
        self.each_control(distribution, told, &mut parts.memories, |place, control, seen, memory| {
            let (own, weight) = (&mut controls[place], self.mixing.weights()[place]);
            clear(own);
            control.add(distribution, seen, own, memory);
            estimate.iter_mut().zip(&*own).for_each(|(estimate, own)| *estimate += weight * own);
        });
        let controls: Vec<&[f64]> = controls.iter().map(|control| &control[..]).collect();
        self.mixing.learn(&[target], &controls);
        self.weight = self.decay * self.weight + 1.0;
        for (mean, own) in self.mean.iter_mut().zip(estimate).filter(|(_, own)| own.is_finite()) {
            *mean = super::towards(*mean, *own, 1.0 / self.weight);
        }
        let (uniforms, noise) = self.noise_of(distribution, told.noise);
        let noise: Vec<&[f64]> = noise.collect();
        for (place, noise) in noise.into_iter().enumerate() {
            let seen = self.seen(distribution, told, uniforms, noise);
            self.controls[place].learn(distribution, seen);
        }
        self.lesson = lesson;
    }

    fn state(&self) -> Learned {
        let mut state = self.mixing.state();
        state.push(("mean".into(), self.mean.clone()));
        state.push(("weight".into(), vec![self.weight]));
        for (place, control) in self.controls.iter().enumerate() {
            let own = control.state().into_iter();
            let name = prefix(place, control.name());
            state.extend(own.map(|(array, values)| (format!("{name}{array}").into(), values)));
        }
        state
    }

    fn restore(&mut self, state: &[(&str, &[f64])]) -> Result<(), ShapeMismatch> {
        same_length("the estimator's state", state.len(), self.state().len())?;
        let mixing = self.mixing.restored(state)?;
        let (mean, weight) = (learned(state, "mean", None)?, learned(state, "weight", Some(1))?[0]);
        let before: Vec<Learned> = self.controls.iter().map(|control| control.state()).collect();
        for place in 0..self.controls.len() {
            let name = prefix(place, self.controls[place].name());
            let own = state.iter().filter_map(|(array, values)| Some((array.strip_prefix(&name)?, *values)));
            let own: Vec<(&str, &[f64])> = own.collect();
            if let Err(error) = self.controls[place].restore(&own) {
                // Those before it have changed.
                for (control, before) in self.controls[..place].iter_mut().zip(&before) {
                    let before: Vec<(&str, &[f64])> =
                        before.iter().map(|(name, values)| (&**name, &values[..])).collect();
                    control.restore(&before)?;
                }
                return Err(error);
            }
        }
        (self.mixing, self.mean, self.weight) = (mixing, mean.to_vec(), weight);
        Ok(())
    }

    fn want(&self, k: usize) -> Want {
        let wants_gradient =
            k >= self.samples || self.controls.iter().any(|control| control.wants_gradients());
        if wants_gradient { Want::Gradient } else { Want::Value }
    }

    fn starts_with_a_sample(&self) -> bool {
        true
    }

    fn has_equal_weights(&self) -> bool {
        !self.wants_mean()
    }

    fn evaluations(&self, _: &D) -> u64 {
        self.samples as u64 + u64::from(self.wants_mean())
    }

    fn noise(&self, distribution: &D) -> usize {
        let own: usize = self.controls.iter().map(|control| control.noise(distribution)).sum();
        self.samples * (distribution.uniforms() + own)
    }

    fn suits(&self, distribution: &D) -> Result<(), EstimateError> {
        self.controls.iter().try_for_each(|control| control.suits(distribution))
    }

    fn treats_states_alike(&self) -> bool {
        self.controls.iter().all(|control| control.treats_states_alike())
    }

    fn rule(&self, distribution: &D) -> Option<Rule> {
        let is_of_samples = self.controls.iter().all(|control| control.noise(distribution) == 0);
        if is_of_samples { Some(distribution.rule()?.repeat(self.samples)) } else { None }
    }
}

impl<D: Distribution> fmt::Debug for Mixed<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let weights: Vec<(&str, f64)> = self.weights().collect();
        f.debug_struct("Mixed")
            .field("samples", &self.samples)
            .field("weights", &weights)
            .finish_non_exhaustive()
    }
}

/// What the arrays of a control are named after; two controls may have the same name.
fn prefix(place: usize, name: &str) -> String {
    format!("{place} {name}/")
}
