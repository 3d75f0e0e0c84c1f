//! Plates of `f32` whose variables are bits: noise, probabilities, bits and `ĝ` in `f32`, on lanes, for estimators that say how f takes part.
//!
//! There is no distribution for each example then, nothing is kept in `f64`, and the noise stays in the cache of the thread that makes it.

use voidgrad_real::{Lanes, Pair};

use super::Plate;
use super::share::{SHARE, Shape, chunks_mut, in_double, widen};
use crate::distribution::Distribution;
use crate::error::{EstimateError, are_finite};
use crate::estimator::{Advantages, Estimator, Form, Told};
use crate::lanes::{Float, Instructions, MOST_LANES, OnLanes, Slices, Work};
use crate::noise::{BlockStream, Stream};
use crate::tasks;

/// What is known of the variables of a round, and what its advantages belong to.
#[derive(Debug)]
pub(super) struct Bits {
    /// `±σ(-|a|)`, the probability of the rarer state with the sign of a: the digits that both probabilities have in common with the exact ones. It is never 0, so that the sign is there.
    rare: Vec<f32>,
    form: Form,
}

impl Bits {
    pub(super) fn new() -> Self {
        Self { rare: Vec::new(), form: Form::Sample }
    }

    /// Makes the points; false if a logit is not finite, and then they are of no use.
    pub(super) fn ask(
        &mut self,
        form: Form,
        shape: Shape,
        logits: &[f32],
        stream: &Stream,
        points: &mut [f32],
    ) -> bool {
        self.form = form;
        self.rare.resize(logits.len(), 0.0);
        let own = SHARE * shape.dimension;
        let variables = logits.chunks(own).zip(self.rare.chunks_mut(own));
        let shares = variables.zip(points.chunks_mut(own * shape.points)).enumerate();
        let made = tasks::results(shares.map(|(number, ((logits, rare), points))| {
            move || {
                f32::with_buffers(|[noise]| {
                    let length = points.len() / form.samples();
                    noise.resize(noise.len().max(length), 0.0);
                    let (noise, stream) = (&mut noise[..length], BlockStream::ahead(stream, number));
                    f32::on_lanes(
                        Instructions::Best,
                        Ask { form, shape, stream, logits, noise, rare, points },
                    )
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
        [points, values]: [&[f32]; 2],
        gradient: &mut [f32],
        f: &mut [f64],
    ) -> bool {
        let form = self.form;
        if estimator.form() != form {
            return false;
        }
        // An estimator behind a `dyn` is asked here, once for each example, and not on lanes.
        let each = shape.points / form.samples();
        let mut advantages: Vec<f32> = Vec::with_capacity(f.len() * each);
        let (mut own, mut told) = (Vec::with_capacity(each), Vec::with_capacity(shape.points));
        for (values, f) in values.chunks_exact(shape.points).zip(&mut *f) {
            told.clear();
            told.extend(values.iter().map(|value| f64::from(*value)));
            *f = told.iter().map(|value| value / shape.points as f64).sum();
            estimator.advantages(&told, &mut own);
            #[allow(clippy::cast_possible_truncation)] // ĝ is in these numbers
            advantages.extend(own.iter().map(|advantage| *advantage as f32));
        }
        if !are_finite(f) {
            return false;
        }
        let own = SHARE * shape.dimension;
        let shares = gradient
            .chunks_mut(own)
            .zip(self.rare.chunks(own))
            .zip(points.chunks(own * shape.points))
            .zip(advantages.chunks(SHARE * each));
        let made = tasks::results(shares.map(|(((gradient, rare), points), advantages)| {
            move || {
                f32::on_lanes(Instructions::Best, Answer { form, shape, rare, points, advantages, gradient })
            }
        }));
        made.into_iter().all(|is_finite| is_finite)
    }
}

impl<D: Distribution, T: Float> Plate<D, T> {
    /// Makes the points in `f32`, if the numbers and the estimator are such; false if not, or if a parameter is none.
    pub(super) fn ask_bits<E: Estimator<D> + ?Sized>(
        &mut self,
        estimator: &E,
        parameters: &[T],
        stream: &Stream,
    ) -> bool {
        let Self { distributions, shape, points, bits, .. } = self;
        let (Some(advantages), Some(_)) = (estimator.advantages(), distributions[0].logits_of_bits()) else {
            return false;
        };
        match T::slices([parameters], points) {
            Slices::Single([logits], points) => bits.ask(advantages.form(), *shape, logits, stream, points),
            Slices::Double(..) => false,
        }
    }

    /// Makes distributions, noise and numbers in `f64` of what is there for bits: for the answer of an estimator that has not asked, or if a number is not finite.
    #[cold]
    pub(super) fn leave_bits(&mut self) -> Result<(), EstimateError> {
        self.make_room_in_double()?;
        let (shape, shares) = (self.shape, self.distributions.len().div_ceil(SHARE));
        let Self { distributions, noise, points, exact, shares: memory, parameters, stream, .. } = self;
        let stream = stream.as_ref().ok_or(EstimateError::NotAsked)?;
        widen(exact, points);
        let tasks = distributions
            .chunks_mut(SHARE)
            .zip(parameters.chunks(SHARE * shape.parameters))
            .zip(chunks_mut(noise, SHARE * shape.noise, shares))
            .zip(memory)
            .enumerate();
        tasks::run(tasks.map(|(number, (((distributions, logits), noise), share))| {
            move || _ = share.begin(distributions, logits, BlockStream::ahead(stream, number), noise)
        }));
        self.first_failure()
    }

    /// Answers in the numbers of the plate, if the estimator says how f takes part; false if not, or if something is not finite.
    pub(super) fn answer_bits<E: Estimator<D> + ?Sized>(&mut self, estimator: &E) -> bool {
        let Self { shape, bits, points, values, gradient, weights, f, .. } = self;
        let Some(advantages) = estimator.advantages() else { return false };
        // Another estimator may have written others.
        weights.fill(T::default().constant(1.0 / shape.points as f64));
        match T::slices([points, values], gradient) {
            Slices::Single(told, gradient) => bits.answer(*shape, advantages, told, gradient, f),
            Slices::Double(..) => false,
        }
    }

    /// Has the estimator learn of the values, which is all that it takes of a round.
    pub(super) fn learn_of_bits<E: Estimator<D> + ?Sized>(&mut self, estimator: &mut E) {
        let Self { distributions, shape, values, wide, .. } = self;
        widen(&mut wide[0], values);
        for (example, values) in in_double(values, &wide[0]).chunks_exact(shape.points).enumerate() {
            let told = Told { example, noise: &[], points: &[], values, gradients: &[], answered: &[] };
            estimator.learn(&distributions[example], told);
        }
        estimator.end_round();
    }
}

/// The bits of a share.
struct Ask<'a> {
    form: Form,
    shape: Shape,
    stream: BlockStream,
    logits: &'a [f32],
    /// Memory for the noise.
    noise: &'a mut [f32],
    rare: &'a mut [f32],
    points: &'a mut [f32],
}

impl Work<f32> for Ask<'_> {
    /// Whether all logits are finite.
    type Output = bool;

    // What is compiled for one number at a time has SSE2 as well.
    const LARGE: bool = true;

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn on<R: Lanes<Element = f32>>(self, hand: R) -> bool {
        let Self { form, shape, mut stream, logits, noise, rare, points } = self;
        if !all_finite(logits) {
            return false;
        }
        write_rare(Pair::new(hand, hand), logits, rare);
        stream.fill_signed(hand, noise);
        let variables = shape.dimension;
        let samples = form.samples();
        let rows = noise.chunks_exact(variables * shape.points / samples);
        let rows = rows.zip(points.chunks_exact_mut(variables * shape.points));
        for (rare, (noise, points)) in rare.chunks_exact(variables).zip(rows) {
            for (noise, points) in
                noise.chunks_exact(variables).zip(points.chunks_exact_mut(variables * samples))
            {
                let (b, reflected) = points.split_at_mut(variables);
                let all = rare.iter().zip(noise);
                match form {
                    Form::Sample => {
                        for ((rare, x), b) in all.zip(b) {
                            *b = bit(*rare, *x);
                        }
                    }
                    Form::Pair => {
                        for ((rare, x), (b, reflected)) in all.zip(b.iter_mut().zip(reflected)) {
                            (*b, *reflected) = (bit(*rare, *x), bit(*rare, -*x));
                        }
                    }
                }
            }
        }
        true
    }
}

/// The bit that a number from -1 to 1 stands for: the rarer state where its size is less than twice that state's probability, on one of the two sides of 0. In terms of a number
/// u in (0, 1) it is 1 where `u ≥ 1 - θ`, with `u = x/2` for positive x and `u = 1 + x/2` for negative ones, which has no rounding where θ is close to 0 or 1.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(super) fn bit(rare: f32, x: f32) -> f32 {
    let is_likely = rare > 0.0;
    let side = if is_likely { x } else { -x };
    let is_rare = (side >= 0.0) & (side < 2.0 * rare.abs());
    if is_rare == is_likely { 0.0 } else { 1.0 }
}

/// `±σ(-|a|)`, with a relative error of (2 + |a|)ε, which is what a logit has that is rounded to an `f32`.
#[cfg_attr(not(debug_assertions), inline(always))]
fn write_rare<R: Lanes<Element = f32>>(hand: R, logits: &[f32], rare: &mut [f32]) {
    for (logits, rare) in logits.chunks(R::LANES).zip(rare.chunks_mut(R::LANES)) {
        if logits.len() == R::LANES {
            signed_rare(hand.load(logits)).store(rare);
        } else {
            let mut last = [0.0; MOST_LANES];
            signed_rare(padded(hand, logits)).store(&mut last);
            rare.copy_from_slice(&last[..rare.len()]);
        }
    }
}

#[cfg_attr(not(debug_assertions), inline(always))]
fn signed_rare<R: Lanes<Element = f32>>(a: R) -> R {
    let rare = (-a.abs()).sigmoid_quick();
    R::select(a.is_ge(a.constant(0.0)), rare, -rare)
}

/// Without a branch, so on lanes.
#[cfg_attr(not(debug_assertions), inline(always))]
fn all_finite(numbers: &[f32]) -> bool {
    numbers.iter().fold(true, |are_finite, number| are_finite & number.is_finite())
}

/// `ĝ` of a share.
struct Answer<'a> {
    form: Form,
    shape: Shape,
    rare: &'a [f32],
    points: &'a [f32],
    /// Of each example, of each sample or pair.
    advantages: &'a [f32],
    gradient: &'a mut [f32],
}

impl Work<f32> for Answer<'_> {
    /// Whether `ĝ` is finite.
    type Output = bool;

    // As above.
    const LARGE: bool = true;

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn on<R: Lanes<Element = f32>>(self, hand: R) -> bool {
        let Self { form, shape, rare, points, advantages, gradient } = self;
        let (variables, each) = (shape.dimension, shape.points / form.samples());
        let examples = rare.chunks_exact(variables).zip(gradient.chunks_exact_mut(variables));
        let told = points.chunks_exact(variables * shape.points).zip(advantages.chunks_exact(each));
        for ((rare, gradient), (points, advantages)) in examples.zip(told) {
            // Whole vectors, and one more of the last variables, of which some have been written before.
            let last = variables.checked_sub(R::LANES);
            let starts = (0..variables / R::LANES).map(|i| i * R::LANES).chain(last);
            for start in starts {
                let b = |k: usize| hand.load(&points[k * variables + start..]);
                estimate(form, advantages, hand.load(&rare[start..]), b).store(&mut gradient[start..]);
            }
            if last.is_none() {
                let b = |k: usize| padded(hand, &points[k * variables..][..variables]);
                let mut all = [0.0; MOST_LANES];
                estimate(form, advantages, padded(hand, rare), b).store(&mut all);
                gradient.copy_from_slice(&all[..variables]);
            }
        }
        all_finite(gradient)
    }
}

/// `ĝ` of variables of an example; `b` gives them in sample k.
#[cfg_attr(not(debug_assertions), inline(always))]
fn estimate<R: Lanes<Element = f32>>(form: Form, advantages: &[f32], rare: R, b: impl Fn(usize) -> R) -> R {
    let (none, one) = (rare.constant(0.0), rare.constant(1.0));
    let (is_likely, rare) = (rare.is_gt(none), rare.abs());
    let common = one - rare;
    let advantages = advantages.iter().map(|advantage| rare.splat(*advantage)).enumerate();
    match form {
        Form::Sample => {
            let (rest, theta) = (R::select(is_likely, rare, common), R::select(is_likely, common, rare));
            advantages
                .fold(none, |sum, (k, advantage)| sum + advantage * R::select(b(k).is_ge(one), rest, -theta))
        }
        Form::Pair => {
            let sum =
                advantages.fold(none, |sum, (p, advantage)| sum + advantage * (b(2 * p) - b(2 * p + 1)));
            // σ(|a|)
            sum * common
        }
    }
}

/// Fewer numbers than there are lanes, and zeros.
#[cfg_attr(not(debug_assertions), inline(always))]
fn padded<R: Lanes<Element = f32>>(hand: R, numbers: &[f32]) -> R {
    let mut all = [0.0; MOST_LANES];
    all[..numbers.len()].copy_from_slice(numbers);
    hand.load(&all)
}
