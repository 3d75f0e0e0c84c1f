//! Plates of `f32` whose variables are bits: probabilities, bits and `ĝ` in `f32`, on lanes, for estimators that say how f takes part.
//!
//! There is no distribution for each example then, nothing is kept in `f64`, and the noise goes through the cache of the thread that makes it.

use voidgrad_real::{Element, Lanes, Pair};

use super::share::{SHARE, Shape};
use crate::bernoulli::sides;
use crate::error::are_finite;
use crate::estimator::{Advantages, Form};
use crate::lanes::{Float, Instructions, MOST_LANES, OnLanes, Work};
use crate::noise::{BlockStream, Stream};
use crate::tasks;

/// The variables of a round, and what its advantages belong to.
#[derive(Debug)]
pub(super) struct Bits<T> {
    pub(super) logits: Vec<T>,
    /// `σ(-|a|)`, the probability of the rarer state: the digits that both probabilities have in common with the exact ones.
    rare: Vec<T>,
    form: Form,
}

impl<T: Float> Bits<T> {
    pub(super) fn new() -> Self {
        Self { logits: Vec::new(), rare: Vec::new(), form: Form::Sample }
    }

    /// Makes the points; false if a logit is not finite, and then they are of no use.
    pub(super) fn ask(
        &mut self,
        form: Form,
        shape: Shape,
        logits: &[T],
        stream: &Stream,
        points: &mut [T],
    ) -> bool {
        self.form = form;
        self.logits.clear();
        self.logits.extend_from_slice(logits);
        self.rare.resize(logits.len(), T::default());
        let [each, all] = [1, shape.points].map(|rows| SHARE * rows * shape.dimension);
        let shares =
            self.logits.chunks(each).zip(self.rare.chunks_mut(each)).zip(points.chunks_mut(all)).enumerate();
        let made = tasks::results(shares.map(|(number, ((logits, rare), points))| {
            move || {
                f64::with_buffers(|[noise]| {
                    let length = points.len() / form.samples();
                    noise.resize(noise.len().max(length), 0.0);
                    let noise = &mut noise[..length];
                    BlockStream::ahead(stream, number).fill_open01(noise);
                    T::on_lanes(Instructions::Best, Ask { form, shape, logits, noise, rare, points })
                })
            }
        }));
        made.into_iter().all(|is_finite| is_finite)
    }

    /// Writes `ĝ` and the mean of f; false if the form is another, or if something is not finite, and then they are of no use.
    pub(super) fn answer(
        &self,
        shape: Shape,
        estimator: &dyn Advantages,
        [points, values]: [&[T]; 2],
        gradient: &mut [T],
        f: &mut [f64],
    ) -> bool {
        let form = self.form;
        if estimator.form() != form {
            return false;
        }
        // An estimator behind a `dyn` is asked here, once for each example, and not on lanes.
        let each = shape.points / form.samples();
        let mut advantages = Vec::with_capacity(f.len() * each);
        let (mut own, mut told) = (Vec::with_capacity(each), Vec::with_capacity(shape.points));
        for (values, f) in values.chunks_exact(shape.points).zip(&mut *f) {
            told.clear();
            told.extend(values.iter().map(|value| Into::<f64>::into(*value)));
            *f = told.iter().map(|value| value / shape.points as f64).sum();
            estimator.advantages(&told, &mut own);
            advantages.extend(own.iter().map(|advantage| T::default().constant(*advantage)));
        }
        if !are_finite(f) {
            return false;
        }
        let own = SHARE * shape.dimension;
        let shares = gradient
            .chunks_mut(own)
            .zip(self.logits.chunks(own).zip(self.rare.chunks(own)))
            .zip(points.chunks(own * shape.points))
            .zip(advantages.chunks(SHARE * each));
        let made = tasks::results(shares.map(|(((gradient, variables), points), advantages)| {
            let variables = variables.into();
            move || T::on_lanes(Instructions::Best, Answer { form, shape, variables, points, advantages, gradient })
        }));
        made.into_iter().all(|is_finite| is_finite)
    }
}

/// The bits of a share.
struct Ask<'a, T> {
    form: Form,
    shape: Shape,
    logits: &'a [T],
    noise: &'a [f64],
    rare: &'a mut [T],
    points: &'a mut [T],
}

impl<T: Float> Work<T> for Ask<'_, T> {
    type Output = bool;

    // What is compiled for one number at a time has SSE2 as well.
    const LARGE: bool = true;

    #[inline(always)]
    fn on<R: Lanes<Element = T>>(self, hand: R) -> bool {
        let Self { form, shape, logits, noise, rare, points } = self;
        if !logits.iter().fold(true, |are_finite, logit| are_finite & is_finite(*logit)) {
            return false;
        }
        write_rare(Pair::new(hand, hand), logits, rare);
        let variables = shape.dimension;
        let each = variables * shape.points;
        let examples = logits.chunks_exact(variables).zip(rare.chunks_exact(variables));
        let rows = noise.chunks_exact(each / form.samples()).zip(points.chunks_exact_mut(each));
        for ((logits, rare), (noise, points)) in examples.zip(rows) {
            let draws = noise.chunks_exact(variables).zip(points.chunks_exact_mut(variables * form.samples()));
            for (u, points) in draws {
                let (b, reflected) = points.split_at_mut(variables);
                let all = logits.iter().zip(rare).zip(u);
                match form {
                    Form::Sample => {
                        for (((a, rare), u), b) in all.zip(b) {
                            *b = bit(*u >= both(*a, *rare).1);
                        }
                    }
                    Form::Pair => {
                        for (((a, rare), u), (b, reflected)) in all.zip(b.iter_mut().zip(reflected)) {
                            let (theta, rest) = both(*a, *rare);
                            (*b, *reflected) = (bit(*u >= rest), bit(*u <= theta));
                        }
                    }
                }
            }
        }
        true
    }
}

/// `σ(-|a|)`.
#[inline(always)]
fn write_rare<R: Lanes>(hand: R, logits: &[R::Element], rare: &mut [R::Element]) {
    let parts = logits.chunks(R::LANES).zip(rare.chunks_mut(R::LANES));
    for (logits, rare) in parts {
        if logits.len() == R::LANES {
            sides(-hand.load(logits).abs()).0.store(rare);
        } else {
            let mut last = [R::Element::default(); MOST_LANES];
            sides(-padded(hand, logits).abs()).0.store(&mut last);
            rare.copy_from_slice(&last[..rare.len()]);
        }
    }
}

/// θ and `1 - θ` in `f64`, of the smaller one: a rare state stays as rare as it is in `f32`.
#[inline(always)]
fn both<T: Element>(a: T, rare: T) -> (f64, f64) {
    let rare: f64 = rare.into();
    let common = 1.0 - rare;
    if a >= T::default() { (common, rare) } else { (rare, common) }
}

#[inline(always)]
fn bit<T: Element>(is_one: bool) -> T {
    let zero = T::default();
    T::select(is_one, zero.constant(1.0), zero)
}

#[inline(always)]
fn is_finite<T: Element>(number: T) -> bool {
    (number - number) == T::default()
}

/// `ĝ` of a share.
struct Answer<'a, T> {
    form: Form,
    shape: Shape,
    /// Logits, and the probabilities of the rarer states.
    variables: [&'a [T]; 2],
    points: &'a [T],
    /// Of each example, of each sample or pair.
    advantages: &'a [T],
    gradient: &'a mut [T],
}

impl<T: Float> Work<T> for Answer<'_, T> {
    /// Whether `ĝ` is finite.
    type Output = bool;

    // As above.
    const LARGE: bool = true;

    #[inline(always)]
    fn on<R: Lanes<Element = T>>(self, hand: R) -> bool {
        let Self { form, shape, variables: [logits, rare], points, advantages, gradient } = self;
        let (variables, each) = (shape.dimension, shape.points / form.samples());
        let of_variables = logits.chunks_exact(variables).zip(rare.chunks_exact(variables));
        let examples = of_variables.zip(gradient.chunks_exact_mut(variables));
        let told = points.chunks_exact(variables * shape.points).zip(advantages.chunks_exact(each));
        for (((logits, rare), gradient), (points, advantages)) in examples.zip(told) {
            // Whole vectors, and one more of the last variables, of which some have been written before.
            let last = variables.checked_sub(R::LANES);
            let starts = (0..variables / R::LANES).map(|i| i * R::LANES).chain(last);
            for start in starts {
                let b = |k: usize| hand.load(&points[k * variables + start..]);
                let (a, rare) = (hand.load(&logits[start..]), hand.load(&rare[start..]));
                estimate(form, advantages, [a, rare], b).store(&mut gradient[start..]);
            }
            if last.is_none() {
                let b = |k: usize| padded(hand, &points[k * variables..][..variables]);
                let of_all = [padded(hand, logits), padded(hand, rare)];
                let mut all = [T::default(); MOST_LANES];
                estimate(form, advantages, of_all, b).store(&mut all);
                gradient.copy_from_slice(&all[..variables]);
            }
        }
        gradient.iter().fold(true, |are_finite, entry| are_finite & is_finite(*entry))
    }
}

/// `ĝ` of variables of an example; `b` gives them in sample k.
#[inline(always)]
fn estimate<R: Lanes>(
    form: Form,
    advantages: &[R::Element],
    [a, rare]: [R; 2],
    b: impl Fn(usize) -> R,
) -> R {
    let (none, one) = (a.constant(0.0), a.constant(1.0));
    let common = one - rare;
    let advantages = advantages.iter().map(|advantage| a.splat(*advantage)).enumerate();
    match form {
        Form::Sample => {
            let is_one = a.is_ge(none);
            let (rest, theta) = (R::select(is_one, rare, common), R::select(is_one, common, rare));
            advantages.fold(none, |sum, (k, advantage)| {
                sum + advantage * R::select(b(k).is_ge(one), rest, -theta)
            })
        }
        Form::Pair => {
            let sum = advantages.fold(none, |sum, (p, advantage)| sum + advantage * (b(2 * p) - b(2 * p + 1)));
            sum * common
        }
    }
}

/// Fewer numbers than there are lanes, and zeros.
#[inline(always)]
fn padded<R: Lanes>(hand: R, numbers: &[R::Element]) -> R {
    let mut all = [R::Element::default(); MOST_LANES];
    all[..numbers.len()].copy_from_slice(numbers);
    hand.load(&all)
}
