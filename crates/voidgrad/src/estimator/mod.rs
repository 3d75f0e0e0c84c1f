//! What an estimator is: it asks for values of f at points, and makes a gradient of the answers.
//!
//! A round has three steps. [`ask`](Estimator::ask) turns noise into points; whoever owns f evaluates it there, on all points
//! at once; [`tell`](Estimator::tell) turns the values into `ĝ`, and learns from them. [`Round`] keeps the memory of all three.

mod advantages;
mod choice;
mod exchange;
mod memory;
mod round;
mod step;
#[cfg(test)]
mod tests;

pub use crate::objective::Want;
#[doc(hidden)]
pub use advantages::{Advantages, Form};
pub use choice::Choice;
pub use exchange::{Answer, Told};
pub use memory::Memory;
pub use round::Round;
pub use step::StepGradients;

use std::borrow::Cow;

use crate::bernoulli::Bernoulli;
use crate::control::{Control, check_examples};
use crate::distribution::Distribution;
use crate::error::{EstimateError, ShapeMismatch, same_length};
use crate::kernel::Examples;
use crate::noise::Rule;
use crate::objective::Objective;

/// An estimator of `∂/∂a E[f(b)]`, where `b` has the distribution `D` with the parameters `a`.
///
/// It is a pure function of the parameters, the noise and the values of f, and owns no random generator. Two methods are
/// required, [`ask`](Self::ask) and [`answer`](Self::answer); the others say what is unusual: more than one point, more noise than one
/// sample takes, a control with parameters to be trained, a state that moves from one round to the next.
///
/// Every [`Control`] is an estimator of the gradient of Bernoulli variables, the one of
/// [`estimate`](crate::estimate()), and of categorical ones, that of
/// [`estimators::categorical::estimate`](crate::estimators::categorical::estimate()).
///
/// ```
/// use voidgrad::estimator::{Answer, Estimator, Told};
/// use voidgrad::{Bernoulli, Distribution, Round};
///
/// /// REINFORCE without a baseline.
/// struct Plain;
///
/// impl Estimator for Plain {
///     fn ask(&self, bernoulli: &Bernoulli, noise: &[f64], points: &mut [f64]) {
///         bernoulli.sample(noise, points);
///     }
///
///     fn answer(&self, bernoulli: &Bernoulli, told: Told<'_>, answer: Answer<'_>) {
///         bernoulli.score(told.points, answer.gradient);
///         answer.gradient.iter_mut().for_each(|gradient| *gradient *= told.values[0]);
///     }
/// }
///
/// let bernoulli = Bernoulli::from_logits(&[0.0])?;
/// let mut round = Round::new();
/// round.estimate(&Plain, &bernoulli, &|b: &[f64]| 3.0 * b[0], &[0.75])?;
/// assert_eq!(round.gradient(), [1.5]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Estimator<D: Distribution = Bernoulli>: Send + Sync {
    /// Writes the K points at which f is wanted, row by row. The noise is [`noise`](Self::noise) numbers in (0, 1).
    ///
    /// Callers check the lengths, and that the estimator [suits](Self::suits) the distribution.
    fn ask(&self, distribution: &D, noise: &[f64], points: &mut [f64]);

    /// Writes `ĝ` and the weights of the points. It changes nothing in the estimator.
    fn answer(&self, distribution: &D, told: Told<'_>, answer: Answer<'_>);

    /// Takes from a round what the next one may know of it: a moving average moves. `ĝ` stays unbiased, because what it knows is
    /// independent of its own sample.
    ///
    /// It is called once for each example, in the order of the examples: a decay counts examples.
    fn learn(&mut self, distribution: &D, told: Told<'_>) {
        let _ = (distribution, told);
    }

    /// Ends a round: it is called once after all examples of the round have been [learned](Self::learn), one example or all those of a plate. What
    /// the next round asks for may change here, and nowhere else.
    fn end_round(&mut self) {}

    /// Takes the gradients of the step that the last round was for. A loop over the steps of a model calls it after each round, so that an estimator that chooses among others, as
    /// [`Auto`](crate::estimators::Auto) does, knows what a step gains. All other estimators make nothing of it.
    fn end_step(&mut self, gradients: StepGradients<'_>) {
        let _ = gradients;
    }

    /// [`answer`](Self::answer), [`learn`](Self::learn), then [`end_round`](Self::end_round): what a loop over rounds of one example calls.
    fn tell(&mut self, distribution: &D, told: Told<'_>, answer: Answer<'_>) {
        let Answer { gradient, weights, phi_bar, memory } = answer;
        self.answer(distribution, told, Answer { gradient: &mut *gradient, weights, phi_bar, memory });
        self.learn(distribution, Told { answered: gradient, ..told });
        self.end_round();
    }

    /// What the estimator has learned; nothing for one that does not learn. The parameters of its control are not part of it.
    fn state(&self) -> Learned {
        Vec::new()
    }

    /// Takes over what [`state`](Self::state) gave; the estimator then continues with the same bits.
    ///
    /// # Errors
    /// Returns an error if there is another array than the estimator has, or if one has a wrong length; then nothing has changed.
    fn restore(&mut self, state: &[(&str, &[f64])]) -> Result<(), ShapeMismatch> {
        same_length("the estimator's state", state.len(), 0)
    }

    /// K, the number of points of a round: how many times it evaluates f.
    fn evaluations(&self, distribution: &D) -> u64 {
        let _ = distribution;
        1
    }

    /// The values that [`evaluations`](Self::evaluations) can have in one round or another, in ascending order: one value, unless the estimator chooses among others. Whoever needs memory of
    /// a fixed size makes room for the last of them.
    fn possible_evaluations(&self, distribution: &D) -> Vec<u64> {
        vec![self.evaluations(distribution)]
    }

    /// What is wanted at point `k`.
    fn want(&self, k: usize) -> Want {
        let _ = k;
        Want::Value
    }

    /// Whether the first point of a round is the sample that [`Distribution::sample`] makes of the first numbers of the noise. Then f is known there for
    /// every estimator that asks for this sample alone.
    fn starts_with_a_sample(&self) -> bool {
        false
    }

    /// What an estimator that chooses among others has used so far, in the order of its rounds; nothing for all others.
    fn choices(&self) -> Vec<Choice> {
        Vec::new()
    }

    /// Whether every point has the weight 1/K, whatever f is there. Then the gradient of f's own parameters can be computed together with the values.
    fn has_equal_weights(&self) -> bool {
        false
    }

    /// How many uniform numbers a round takes.
    fn noise(&self, distribution: &D) -> usize {
        distribution.uniforms()
    }

    /// Refuses a distribution that the estimator can't be used for, before anything runs.
    ///
    /// # Errors
    /// Returns an error if there are too many variables, or another number than the control is made for.
    fn suits(&self, distribution: &D) -> Result<(), EstimateError> {
        let _ = distribution;
        Ok(())
    }

    /// Whether `ĝ` has the other sign and the same size if 0 and 1 are exchanged in θ, b and f. Exact moments of rare states rely on it. It is not so if the estimator
    /// has learned of one state and not of the other.
    #[doc(hidden)]
    fn treats_states_alike(&self) -> bool {
        true
    }

    /// A finite set of noise over which the expectations of `ĝ` and its squares are sums, if there is one.
    fn rule(&self, distribution: &D) -> Option<Rule> {
        let _ = distribution;
        None
    }

    /// The noise of z and z̃, if `ĝ` is the estimator with a [control](Self::control) that REBAR and RELAX share.
    fn coupling(&self) -> Option<Coupling> {
        None
    }

    /// How f takes part in `ĝ` of bits, if that is by one number for each sample or pair of samples. It is so for every distribution whose variables are bits.
    #[doc(hidden)]
    fn advantages(&self) -> Option<&dyn Advantages> {
        None
    }

    /// Answers for all examples of a plate at once, if that is quicker: `ĝ` of one point with weight 1 for each example. If it is not, the result is false, and the
    /// plate calls [`answer`](Self::answer) for one example after the other.
    #[doc(hidden)]
    fn plate(&self, examples: &mut Examples<'_>) -> bool {
        let _ = examples;
        false
    }

    /// The control variate, if there is one: its parameters φ are what a training moves along with `a`.
    fn control(&self) -> Option<&dyn Control> {
        None
    }

    /// The control variate, to be trained.
    fn control_mut(&mut self) -> Option<&mut dyn Control> {
        None
    }
}

/// How the noise of z̃ relates to that of z.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coupling {
    /// z̃ has a v of its own.
    Independent,
    /// z̃ is made of the u of z, so that `z̃ = z`.
    Common,
}

/// An estimator of a kind that is chosen at run time.
pub type AnyEstimator<D = Bernoulli> = Box<dyn Estimator<D>>;

impl<D: Distribution> Estimator<D> for AnyEstimator<D> {
    fn ask(&self, distribution: &D, noise: &[f64], points: &mut [f64]) {
        (**self).ask(distribution, noise, points);
    }

    fn answer(&self, distribution: &D, told: Told<'_>, answer: Answer<'_>) {
        (**self).answer(distribution, told, answer);
    }

    fn learn(&mut self, distribution: &D, told: Told<'_>) {
        (**self).learn(distribution, told);
    }

    fn end_round(&mut self) {
        (**self).end_round();
    }

    fn end_step(&mut self, gradients: StepGradients<'_>) {
        (**self).end_step(gradients);
    }

    fn tell(&mut self, distribution: &D, told: Told<'_>, answer: Answer<'_>) {
        (**self).tell(distribution, told, answer);
    }

    fn state(&self) -> Learned {
        (**self).state()
    }

    fn restore(&mut self, state: &[(&str, &[f64])]) -> Result<(), ShapeMismatch> {
        (**self).restore(state)
    }

    fn evaluations(&self, distribution: &D) -> u64 {
        (**self).evaluations(distribution)
    }

    fn possible_evaluations(&self, distribution: &D) -> Vec<u64> {
        (**self).possible_evaluations(distribution)
    }

    fn want(&self, k: usize) -> Want {
        (**self).want(k)
    }

    fn starts_with_a_sample(&self) -> bool {
        (**self).starts_with_a_sample()
    }

    fn choices(&self) -> Vec<Choice> {
        (**self).choices()
    }

    fn has_equal_weights(&self) -> bool {
        (**self).has_equal_weights()
    }

    fn noise(&self, distribution: &D) -> usize {
        (**self).noise(distribution)
    }

    fn suits(&self, distribution: &D) -> Result<(), EstimateError> {
        (**self).suits(distribution)
    }

    fn treats_states_alike(&self) -> bool {
        (**self).treats_states_alike()
    }

    fn rule(&self, distribution: &D) -> Option<Rule> {
        (**self).rule(distribution)
    }

    fn coupling(&self) -> Option<Coupling> {
        (**self).coupling()
    }

    fn advantages(&self) -> Option<&dyn Advantages> {
        (**self).advantages()
    }

    fn plate(&self, examples: &mut Examples<'_>) -> bool {
        (**self).plate(examples)
    }

    fn control(&self) -> Option<&dyn Control> {
        (**self).control()
    }

    fn control_mut(&mut self) -> Option<&mut dyn Control> {
        (**self).control_mut()
    }
}

/// What an estimator has learned, as named arrays.
pub type Learned = Vec<(Cow<'static, str>, Vec<f64>)>;

/// The array of this name and length, of a state of an estimator.
pub(crate) fn learned<'s>(
    state: &[(&str, &'s [f64])],
    name: &'static str,
    length: Option<usize>,
) -> Result<&'s [f64], ShapeMismatch> {
    let values = state.iter().find(|(other, _)| *other == name).map(|(_, values)| *values);
    let values = values.ok_or(ShapeMismatch { name, found: 0, expected: length.unwrap_or(1) })?;
    same_length(name, values.len(), length.unwrap_or(values.len()))?;
    Ok(values)
}

/// Refuses an objective that does not know what the estimator wants: its gradient, or its flips.
///
/// # Errors
/// Returns [`EstimateError::NoGradient`] or [`EstimateError::NoFlips`].
pub fn check_wants<D: Distribution>(
    estimator: &(impl Estimator<D> + ?Sized),
    distribution: &D,
    objective: &(impl Objective + ?Sized),
) -> Result<(), EstimateError> {
    match slopes(estimator, distribution) {
        Some(Want::Gradient) if objective.differentiable().is_none() => Err(EstimateError::NoGradient),
        Some(Want::Flips) if objective.flips().is_none() => Err(EstimateError::NoFlips),
        _ => Ok(()),
    }
}

/// What an estimator wants beside values, if it wants more.
fn slopes<D: Distribution>(estimator: &(impl Estimator<D> + ?Sized), distribution: &D) -> Option<Want> {
    let points = usize::try_from(estimator.evaluations(distribution)).unwrap_or(usize::MAX);
    // An estimator wants the same at all points but the first and the last.
    let mut places = [0, 1, points.saturating_sub(1)].into_iter().filter(|k| *k < points);
    places.find_map(|k| Some(estimator.want(k)).filter(|want| *want != Want::Value))
}

/// Checks that an estimator wants what was asked for: the same count of random numbers and of points, and slopes of f (gradients or flips) or none.
pub(crate) fn check_asked<D: Distribution>(
    estimator: &(impl Estimator<D> + ?Sized),
    distribution: &D,
    (noise, points, has_slopes): (usize, usize, bool),
) -> Result<(), EstimateError> {
    same_length("noise of the round", noise, estimator.noise(distribution))?;
    let evaluations = usize::try_from(estimator.evaluations(distribution)).unwrap_or(usize::MAX);
    same_length("points of the round", points, evaluations)?;
    match slopes(estimator, distribution) {
        Some(Want::Gradient) if !has_slopes => Err(EstimateError::NoGradient),
        Some(Want::Flips) if !has_slopes => Err(EstimateError::NoFlips),
        _ => Ok(()),
    }
}

/// Memory for so many points; what it holds is of no use.
pub(crate) fn make_room<T: Clone + Default>(
    rows: &mut Vec<T>,
    points: usize,
    dimension: usize,
) -> Result<(), EstimateError> {
    let room = points.checked_mul(dimension).filter(|&length| {
        let missing = length.saturating_sub(rows.len());
        rows.try_reserve_exact(missing).is_ok()
    });
    let length = room.ok_or(EstimateError::TooManyPoints { points, dimension })?;
    rows.resize(length, T::default());
    Ok(())
}

/// Refuses a control that is made for another dimension.
pub(crate) fn suits(control: &(impl Control + ?Sized), entries: usize) -> Result<(), ShapeMismatch> {
    check_examples(control, 1)?;
    same_length("z of the control", control.dimension().unwrap_or(entries), entries)
}
