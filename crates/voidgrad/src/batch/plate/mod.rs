//! Plates: many examples, each with its own parameters and its own f.

mod bits;
mod share;
#[cfg(test)]
mod tests;

use crate::bernoulli::Bernoulli;
use crate::control::{Control, check_examples};
use crate::distribution::Distribution;
use crate::error::{EstimateError, are_finite, check_sum, check_variance_gradient, same_length};
use crate::estimator::{Estimator, Told, Want, check_asked, make_room};
use crate::kernel::Examples;
use crate::lanes::{Float, Instructions};
use crate::noise::{BlockStream, Stream};
use crate::objective::{self, Objective, Points};
use crate::tasks;
use crate::tree::Tree;
use bits::Bits;
use share::{Questions, Rows, SHARE, Shape, Share, in_double, widen};

/// N examples with P parameters each, in one round of an [`Estimator`]: N·K points come out, N·K values go in, and `ĝ` comes back as N rows
/// of P entries.
///
/// A model that is evaluated on a minibatch is such a plate: the parameters of example n are the output of an encoder, and f is the
/// decoder's, on all rows at once.
///
/// The examples are shared out among all cores, 16 at a time; nothing depends on how many cores there are. Sums over examples are taken over a fixed binary tree. The
/// noise of each share comes from a [`BlockStream`] that [takes](BlockStream::take) the next words of a [`Stream`].
///
/// The estimator answers all examples with the state that it had before the round, and then [learns](Estimator::learn) from each of them, in
/// their order: a decay counts examples. A control may [depend on the example](Control::of_example), as f may.
///
/// `T` is what parameters, points, values and `ĝ` are stored in, `f32` or `f64`. An estimator computes in `f64` in both cases, and
/// so do sums over examples: an `f32` plate rounds what it gives out, and nothing in between. For bits, REINFORCE, RLOO and `DisARM` compute noise, probabilities and `ĝ` of an `f32` plate in `f32`: each has an error of a few
/// units in the last place, of the smaller of θ and 1 - θ, and no event is rarer than 2⁻³². Such a plate has other samples than one of `f64`.
///
/// ```
/// use voidgrad::batch::Plate;
/// use voidgrad::estimators::Rloo;
/// use voidgrad::{Bernoulli, Stream};
///
/// // Three examples of two variables.
/// let logits = [0.3, -1.0, 0.0, 2.0, 0.5, 0.5];
/// let targets = [0.0, 1.0, 0.5];
/// let mut plate = Plate::new(Bernoulli::from_logits(&[0.0; 2])?, 3);
/// let mut estimator = Rloo::new(2)?;
/// plate.ask(&estimator, &logits, &mut Stream::new(1, 0, 0))?;
/// // Rows 0 and 1 are of example 0, rows 2 and 3 of example 1, and so on.
/// let values: Vec<f64> = plate.points().chunks(2).zip(0..).map(|(b, row)| b[0] * b[1] - targets[row / 2]).collect();
/// plate.values_mut().copy_from_slice(&values);
/// plate.tell(&mut estimator)?;
/// assert_eq!(plate.gradient().len(), 6);
/// assert_eq!(plate.weights(), [0.5; 6]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Plate<D: Distribution = Bernoulli, T: Float = f64> {
    distributions: Vec<D>,
    shape: Shape,
    /// The parameters of the round, if they may be needed again.
    parameters: Vec<T>,
    noise: Vec<f64>,
    points: Vec<T>,
    /// The points in `f64`, if `T` is another number.
    exact: Vec<f64>,
    wants: Vec<Want>,
    values: Vec<T>,
    gradients: Vec<T>,
    /// The values and gradients in `f64`, if `T` is another number.
    wide: [Vec<f64>; 2],
    gradient: Vec<T>,
    weights: Vec<T>,
    f: Vec<f64>,
    variance_gradient: Vec<f64>,
    shares: Vec<Share>,
    tree: Tree<Vec<f64>>,
    stage: Stage,
    /// What there is in the place of distributions and noise.
    bits: Bits,
    /// As it was when the round began: its noise can be made again.
    stream: Option<Stream>,
}

/// How far a round is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Idle,
    Asked,
    /// By an estimator that says how f takes part.
    AskedOfBits,
}

impl<D: Distribution + Clone, T: Float> Plate<D, T> {
    /// A plate of so many examples with variables like these; their parameters come with each round.
    pub fn new(prototype: D, examples: usize) -> Self {
        Self {
            distributions: vec![prototype; examples],
            shape: Shape::default(),
            parameters: Vec::new(),
            noise: Vec::new(),
            points: Vec::new(),
            exact: Vec::new(),
            wants: Vec::new(),
            values: Vec::new(),
            gradients: Vec::new(),
            wide: [const { Vec::new() }; 2],
            gradient: Vec::new(),
            weights: Vec::new(),
            f: Vec::new(),
            variance_gradient: Vec::new(),
            shares: Vec::new(),
            tree: Tree::default(),
            stage: Stage::Idle,
            bits: Bits::new(),
            stream: None,
        }
    }
}

impl<D: Distribution, T: Float> Plate<D, T> {
    /// N.
    #[must_use]
    pub fn examples(&self) -> usize {
        self.distributions.len()
    }

    /// Asks: makes the points at which the estimator wants f, K for each example. `parameters` has N rows of P entries.
    ///
    /// # Errors
    /// Returns an error if there are not N·P parameters, if the distribution refuses some of them, if the plate has no example, or if the estimator does
    /// not suit the distribution. The stream has not moved then.
    pub fn ask<E: Estimator<D> + ?Sized>(
        &mut self,
        estimator: &E,
        parameters: &[T],
        stream: &mut Stream,
    ) -> Result<(), EstimateError> {
        self.stage = Stage::Idle;
        let examples = self.examples();
        let Some(first) = self.distributions.first() else { return Err(EstimateError::EmptyBatch) };
        let parameters_each = first.parameters().len();
        same_length("parameters of the plate", parameters.len(), examples * parameters_each)?;
        estimator.suits(&self.distributions[0])?;
        if let Some(control) = estimator.control() {
            check_examples(control, examples)?;
        }
        self.resize(estimator)?;
        self.parameters.clear();
        if self.shape.phi > 0 {
            self.parameters.extend_from_slice(parameters);
        }
        self.stage = if self.ask_bits(estimator, parameters, stream) {
            self.stream = Some(stream.clone());
            self.parameters.extend_from_slice(parameters);
            Stage::AskedOfBits
        } else {
            self.ask_one_by_one(estimator, parameters, stream)?;
            Stage::Asked
        };
        stream.set_position(stream.position() + BlockStream::WORDS * examples.div_ceil(SHARE) as u128);
        let weight = if estimator.has_equal_weights() { 1.0 / self.shape.points as f64 } else { f64::NAN };
        self.weights.fill(T::default().constant(weight));
        Ok(())
    }

    /// Has the estimator make the points of one example after the other.
    fn ask_one_by_one<E: Estimator<D> + ?Sized>(
        &mut self,
        estimator: &E,
        parameters: &[T],
        stream: &Stream,
    ) -> Result<(), EstimateError> {
        self.make_room_in_double()?;
        let (shape, shares) = (self.shape, self.distributions.len().div_ceil(SHARE));
        let Self { distributions, noise, points, exact, shares: memory, .. } = self;
        let each = SHARE * shape.points * shape.dimension;
        let tasks = distributions
            .chunks_mut(SHARE)
            .zip(parameters.chunks(SHARE * shape.parameters))
            .zip(points.chunks_mut(each))
            .zip(share::chunks_mut(noise, SHARE * shape.noise, shares))
            .zip(share::chunks_mut(exact, each, shares))
            .zip(memory)
            .enumerate();
        tasks::run(tasks.map(
            |(number, (((((distributions, parameters), points), noise), exact), share))| {
                move || {
                    if share.begin(distributions, parameters, BlockStream::ahead(stream, number), noise) {
                        let distributions = &*distributions;
                        T::on_lanes(
                            Instructions::Best,
                            Questions { shape, estimator, distributions, noise, points, exact },
                        );
                    }
                }
            },
        ));
        self.first_failure()
    }

    fn first_failure(&mut self) -> Result<(), EstimateError> {
        let mut failures = self.shares.iter_mut().filter_map(|share| share.failure.take());
        failures.next().map_or(Ok(()), Err)
    }

    /// Memory for the noise, and for the points in `f64`.
    fn make_room_in_double(&mut self) -> Result<(), EstimateError> {
        let Shape { noise, points, dimension, .. } = self.shape;
        let examples = self.examples();
        let rows = examples.saturating_mul(points);
        if size_of::<T>() < size_of::<f64>() {
            make_room(&mut self.exact, rows, dimension)?;
        }
        let too_many = |_| EstimateError::TooManyPoints { points: rows, dimension };
        make_room(&mut self.noise, examples, noise).map_err(too_many)
    }

    /// Memory for a round of this estimator.
    fn resize<E: Estimator<D> + ?Sized>(&mut self, estimator: &E) -> Result<(), EstimateError> {
        let examples = self.examples();
        let first = &self.distributions[0];
        let points = usize::try_from(estimator.evaluations(first)).unwrap_or(usize::MAX);
        self.shape = Shape {
            noise: estimator.noise(first),
            points,
            dimension: first.dimension(),
            parameters: first.parameters().len(),
            phi: estimator.control().map_or(0, Control::parameters),
        };
        let Shape { dimension, parameters, .. } = self.shape;
        let nan = T::default().constant(f64::NAN);
        let rows = examples.saturating_mul(points);
        make_room(&mut self.points, rows, dimension)?;
        self.wants.clear();
        self.wants.extend((0..points).map(|k| estimator.want(k)));
        self.values.clear();
        self.values.resize(examples * points, nan);
        self.gradients.clear();
        if self.wants.iter().any(|want| *want != Want::Value) {
            self.gradients.resize(examples * points * dimension, T::default());
            let rows = self.gradients.chunks_exact_mut(dimension).zip(self.wants.iter().cycle());
            rows.filter(|(_, want)| **want != Want::Value).for_each(|(row, _)| row.fill(nan));
        }
        self.gradient.resize(examples * parameters, T::default());
        self.weights.resize(examples * points, T::default());
        self.f.resize(examples, 0.0);
        self.shares.resize_with(examples.div_ceil(SHARE), Share::default);
        Ok(())
    }

    /// The points at which f is wanted: N·K rows, those of example 0 first.
    #[must_use]
    pub fn points(&self) -> &[T] {
        &self.points
    }

    /// The uniform numbers that the points were made of, N rows of U.
    #[cfg(test)]
    pub(crate) fn noise(&self) -> &[f64] {
        &self.noise
    }

    /// K, the number of points of an example.
    #[must_use]
    pub fn points_each(&self) -> usize {
        self.shape.points
    }

    /// What is wanted at each of the K points of an example.
    #[must_use]
    pub fn wants(&self) -> &[Want] {
        &self.wants
    }

    /// f at each of the N·K points, to be written between [`ask`](Self::ask) and [`tell`](Self::tell). They are NaN before, so that a forgotten
    /// value is an error.
    pub fn values_mut(&mut self) -> &mut [T] {
        &mut self.values
    }

    /// [`points`](Self::points) and [`values_mut`](Self::values_mut) at once: for an f that reads the ones and writes the others.
    pub fn points_and_values(&mut self) -> (&[T], &mut [T]) {
        (&self.points, &mut self.values)
    }

    /// `∇f` or the flips of f at each of the N·K points, row by row, to be written where they are [wanted](Self::wants); empty if they are wanted nowhere. Rows
    /// that are wanted are NaN before, the others 0.
    pub fn gradients_mut(&mut self) -> &mut [T] {
        &mut self.gradients
    }

    /// Evaluates f at all points; an objective that depends on the example gets its number ([`PerExample`](crate::objective::PerExample)).
    ///
    /// # Errors
    /// Returns the objective's own error in [`EstimateError::Failed`]. Also returns an error if nothing was asked, if a value is NaN or infinite, or if
    /// a gradient is wanted and the objective has none.
    pub fn evaluate(&mut self, objective: &(impl Objective + ?Sized)) -> Result<(), EstimateError> {
        self.check_asked()?;
        let Self { shape, points, wants, values, gradients, .. } = self;
        let wide = |rows: &[T]| -> Vec<f64> { rows.iter().map(|entry| (*entry).into()).collect() };
        let (rows, mut f, mut slopes) = (wide(points), vec![0.0; values.len()], wide(gradients));
        let points = Points::rows(&rows, shape.dimension).of_examples(0, shape.points);
        objective::fill(objective, points, |i| wants[i % shape.points], &mut f, &mut slopes)?;
        let narrow = |to: &mut [T], from: &[f64]| {
            to.iter_mut().zip(from).for_each(|(to, from)| *to = to.constant(*from));
        };
        narrow(values, &f);
        narrow(gradients, &slopes);
        Ok(())
    }

    /// Answers: makes `ĝ` and the weights of all examples, and the sum of their `(2/M)(∂ĝ/∂φ)ᵀ ĝ` if the estimator has a control. The
    /// estimator stays as it is.
    ///
    /// # Errors
    /// Returns an error if nothing was asked, or if the points are those of another estimator whose lengths differ. Also returns an error if a value of f,
    /// `ĝ` or a sum is NaN or infinite; it is that of the first example that has one.
    pub fn answer<E: Estimator<D> + ?Sized>(&mut self, estimator: &E) -> Result<(), EstimateError> {
        self.answer_by(estimator).map(drop)
    }

    /// Answers; whether it was done for bits in `f32`.
    fn answer_by<E: Estimator<D> + ?Sized>(&mut self, estimator: &E) -> Result<bool, EstimateError> {
        self.check_asked()?;
        let (shape, distributions) = (self.shape, &self.distributions);
        check_asked(estimator, &distributions[0], (shape.noise, shape.points, !self.gradients.is_empty()))?;
        same_length("φ", shape.phi, estimator.control().map_or(0, Control::parameters))?;
        if let Some(control) = estimator.control() {
            check_examples(control, distributions.len())?;
        }
        if self.stage == Stage::AskedOfBits {
            if self.answer_bits(estimator) {
                self.variance_gradient.clear();
                return check_sum("f(b)", self.f.len() as u64, &[self.f.iter().sum()]).map(|()| true);
            }
            self.leave_bits()?;
        }
        let [values, gradients] = &mut self.wide;
        widen(values, &self.values);
        widen(gradients, &self.gradients);
        if self.answer_at_once(estimator) {
            return check_sum("f(b)", self.f.len() as u64, &[self.f.iter().sum()]).map(|()| false);
        }
        let Self {
            distributions,
            noise,
            points,
            exact,
            values,
            gradients,
            wide,
            gradient,
            weights,
            f,
            shares,
            ..
        } = self;
        let rows = rows(noise, [points, values, gradients], [exact, &wide[0], &wide[1]]);
        let tasks = distributions
            .chunks(SHARE)
            .zip(gradient.chunks_mut(SHARE * shape.parameters))
            .zip(weights.chunks_mut(SHARE * shape.points))
            .zip(f.chunks_mut(SHARE))
            .zip(shares)
            .enumerate();
        tasks::run(tasks.map(|(number, ((((distributions, gradient), weights), f), share))| {
            let told = Rows { first: number * SHARE, ..rows };
            let results = share::Results { gradient, weights, f };
            move || share.answer(shape, estimator, distributions, told, results)
        }));
        self.add_up().map(|()| false)
    }

    /// Answers for all examples together, if the estimator can; false if not.
    fn answer_at_once<E: Estimator<D> + ?Sized>(&mut self, estimator: &E) -> bool {
        let Self {
            shape, parameters, noise, points, values, gradient, weights, f, variance_gradient, ..
        } = self;
        if shape.points != 1 || shape.dimension != shape.parameters || shape.phi == 0 {
            return false;
        }
        variance_gradient.clear();
        variance_gradient.resize(shape.phi, 0.0);
        let mut examples =
            Examples::new([&*parameters, &*points, &*values], noise, gradient, variance_gradient);
        if !estimator.plate(&mut examples) {
            return false;
        }
        weights.fill(T::default().constant(1.0));
        f.iter_mut().zip(&*values).for_each(|(f, value)| *f = (*value).into());
        true
    }

    /// Tells the estimator the values: [`answer`](Self::answer), and then it learns from every example, in their order.
    ///
    /// # Errors
    /// As [`answer`](Self::answer); then the estimator has learned nothing.
    pub fn tell<E: Estimator<D> + ?Sized>(&mut self, estimator: &mut E) -> Result<(), EstimateError> {
        if self.answer_by(estimator)? {
            self.learn_of_bits(estimator);
            return Ok(());
        }
        let Self { distributions, shape, noise, points, exact, values, gradients, wide, gradient, .. } = self;
        let rows = rows(noise, [points, values, gradients], [exact, &wide[0], &wide[1]]);
        // ĝ of an f32 plate is there in f32 alone, and few estimators look at it.
        let rows = Rows { answered: in_double(gradient, &[]), ..rows };
        for (n, distribution) in distributions.iter().enumerate() {
            let told: Told<'_> = rows.told(*shape, n);
            estimator.learn(distribution, told);
        }
        estimator.end_round();
        Ok(())
    }

    /// The sums over all examples, and the first error.
    fn add_up(&mut self) -> Result<(), EstimateError> {
        let Self { distributions, shape, shares, tree, variance_gradient, f, .. } = self;
        let add = |sum: &mut Vec<f64>, part: &Vec<f64>| {
            sum.iter_mut().zip(part).for_each(|(sum, part)| *sum += part);
        };
        tree.clear();
        for share in shares.iter_mut() {
            if let Some(error) = share.failure.take() {
                return Err(error);
            }
            tree.push(|sum| sum.clone_from(&share.phi_bar), add);
        }
        variance_gradient.clear();
        variance_gradient.resize(shape.phi, 0.0);
        if let Some(total) = tree.finish(add) {
            variance_gradient.copy_from_slice(total);
        }
        check_sum("f(b)", f.len() as u64, &[f.iter().sum()])?;
        if are_finite(variance_gradient) {
            return Ok(());
        }
        check_variance_gradient(variance_gradient, distributions[0].parameters())
    }

    fn check_asked(&self) -> Result<(), EstimateError> {
        if self.stage == Stage::Idle { Err(EstimateError::NotAsked) } else { Ok(()) }
    }

    /// `ĝ`, N rows of P entries.
    #[must_use]
    pub fn gradient(&self) -> &[T] {
        &self.gradient
    }

    /// The weight of each of the N·K points: `Σ_k w_nk f(b_nk)` is an unbiased estimate of `E[f]` of example n.
    ///
    /// Between [`ask`](Self::ask) and [`tell`](Self::tell) they are there if the estimator has [equal weights](Estimator::has_equal_weights), and
    /// NaN if not.
    #[must_use]
    pub fn weights(&self) -> &[T] {
        &self.weights
    }

    /// `Σ_k w_nk f(b_nk)` of each example. If the examples are points of another plate, this is what that plate is [told](crate::guide::networks#two-layers-of-discrete-variables).
    #[must_use]
    pub fn f(&self) -> &[f64] {
        &self.f
    }

    /// `Σ_n (2/M)(∂ĝ_n/∂φ)ᵀ ĝ_n`, as many entries as the control has parameters.
    #[must_use]
    pub fn variance_gradient(&self) -> &[f64] {
        &self.variance_gradient
    }
}

/// What the estimator was told of all examples: points, values and gradients, and the same in `f64`, if the plate has other numbers.
fn rows<'a, T: Float>(noise: &'a [f64], numbers: [&'a [T]; 3], exact: [&'a [f64]; 3]) -> Rows<'a> {
    let [points, values, gradients] = numbers;
    let double = |i: usize, numbers| in_double(numbers, exact[i]);
    Rows {
        first: 0,
        noise,
        points: double(0, points),
        values: double(1, values),
        gradients: double(2, gradients),
        answered: &[],
    }
}
