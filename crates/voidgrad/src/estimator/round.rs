//! One round: ask, evaluate, tell.

use super::{Answer, Estimator, Memory, Told, Want, check_asked, make_room};
use crate::control::Control;
use crate::distribution::Distribution;
use crate::error::{EstimateError, check_estimate, check_variance_gradient, same_length};
use crate::noise::{self, Stream};
use crate::objective::{self, Objective, Points};

/// The memory of one round of an [`Estimator`]; a loop uses it again and again, and allocates in its first round only.
///
/// A loop of the user's own:
///
/// ```
/// use voidgrad::estimators::ReinforceEma;
/// use voidgrad::{Bernoulli, Distribution, Round, Stream};
///
/// let mut bernoulli = Bernoulli::from_logits(&[0.0, 0.0])?;
/// let mut estimator = ReinforceEma::new(0.9)?;
/// let mut stream = Stream::new(7, 0, 0);
/// let mut round = Round::new();
/// for _ in 0..500 {
///     round.draw(&estimator, &bernoulli, &mut stream)?;
///     // f is evaluated here, by whoever owns it, at all points at once.
///     let values: Vec<f64> = round.points().iter().map(|b| b[0] - 2.0 * b[1]).collect();
///     round.values_mut().copy_from_slice(&values);
///     round.tell(&mut estimator, &bernoulli)?;
///     let step = bernoulli.logits().iter().zip(round.gradient()).map(|(a, g)| a - 0.2 * g);
///     bernoulli.set_parameters(&step.collect::<Vec<f64>>())?;
/// }
/// assert!(bernoulli.probabilities()[0] < 0.1 && bernoulli.probabilities()[1] > 0.9);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Default)]
pub struct Round {
    noise: Vec<f64>,
    points: Vec<f64>,
    dimension: usize,
    wants: Vec<Want>,
    values: Vec<f64>,
    gradients: Vec<f64>,
    gradient: Vec<f64>,
    weights: Vec<f64>,
    variance_gradient: Vec<f64>,
    f: f64,
    memory: Memory,
}

impl Round {
    /// Memory that is allocated when it is first needed.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks: makes the points at which the estimator wants f, of this noise.
    ///
    /// # Errors
    /// Returns an error if there is less or more noise than [`Estimator::noise`] says, if a number of it is not in (0, 1), or if the estimator
    /// does not suit the distribution, or if its points do not fit into memory.
    pub fn ask<D: Distribution>(
        &mut self,
        estimator: &(impl Estimator<D> + ?Sized),
        distribution: &D,
        noise: &[f64],
    ) -> Result<(), EstimateError> {
        self.dimension = 0;
        same_length("noise", noise.len(), estimator.noise(distribution))?;
        noise::check("noise", noise)?;
        self.noise.clear();
        self.noise.extend_from_slice(noise);
        self.make_points(estimator, distribution)
    }

    /// [`ask`](Self::ask) with the next numbers of a stream.
    ///
    /// # Errors
    /// Returns an error if the estimator does not suit the distribution, and the stream has not moved then; also returns an error if its points do not fit
    /// into memory.
    pub fn draw<D: Distribution>(
        &mut self,
        estimator: &(impl Estimator<D> + ?Sized),
        distribution: &D,
        stream: &mut Stream,
    ) -> Result<(), EstimateError> {
        self.dimension = 0;
        estimator.suits(distribution)?;
        self.noise.resize(estimator.noise(distribution), 0.0);
        stream.fill_open01(&mut self.noise);
        self.make_points(estimator, distribution)
    }

    /// The points of the noise.
    fn make_points<D: Distribution>(
        &mut self,
        estimator: &(impl Estimator<D> + ?Sized),
        distribution: &D,
    ) -> Result<(), EstimateError> {
        estimator.suits(distribution)?;
        let dimension = distribution.dimension();
        let count = usize::try_from(estimator.evaluations(distribution)).unwrap_or(usize::MAX);
        make_room(&mut self.points, count, dimension)?;
        estimator.ask(distribution, &self.noise, &mut self.points);
        self.wants.clear();
        self.wants.extend((0..count).map(|k| estimator.want(k)));
        self.values.clear();
        self.values.resize(count, f64::NAN);
        self.gradients.clear();
        if self.wants.iter().any(|want| *want != Want::Value) {
            self.gradients.resize(count * dimension, 0.0);
            let rows = self.gradients.chunks_exact_mut(dimension).zip(&self.wants);
            rows.filter(|(_, want)| **want != Want::Value).for_each(|(row, _)| row.fill(f64::NAN));
        }
        self.dimension = dimension;
        Ok(())
    }

    /// The K points at which f is wanted; none before the first round.
    #[must_use]
    pub fn points(&self) -> Points<'_> {
        // What a round left that could not be asked is of no use.
        let rows = if self.dimension == 0 { &[] } else { &self.points[..] };
        Points::rows(rows, self.dimension)
    }

    /// What is wanted at each point.
    #[must_use]
    pub fn wants(&self) -> &[Want] {
        &self.wants
    }

    /// f at each point, to be written between [`ask`](Self::ask) and [`tell`](Self::tell). They are NaN before, so that a forgotten value is an error.
    pub fn values_mut(&mut self) -> &mut [f64] {
        &mut self.values
    }

    /// `∇f` or the flips of f at each point, row by row, to be written where they are [wanted](Self::wants); empty if they are wanted nowhere. Rows that are
    /// wanted are NaN before, the others 0.
    pub fn gradients_mut(&mut self) -> &mut [f64] {
        &mut self.gradients
    }

    /// Evaluates f at all points.
    ///
    /// # Errors
    /// Returns the objective's own error in [`EstimateError::Failed`]. Also returns an error if nothing was asked, if a value is NaN or infinite, or if
    /// a gradient is wanted and the objective has none.
    pub fn evaluate(&mut self, objective: &(impl Objective + ?Sized)) -> Result<(), EstimateError> {
        self.check_asked()?;
        let Self { points, dimension, wants, values, gradients, .. } = self;
        objective::fill(objective, Points::rows(points, *dimension), |k| wants[k], values, gradients)
    }

    /// Answers: makes `ĝ` and the weights of the values. The estimator stays as it is.
    ///
    /// # Errors
    /// Returns an error if nothing was asked, if the points are those of another estimator or distribution whose lengths differ, if a value of f is NaN
    /// or infinite, or if `ĝ` is.
    pub fn answer<D: Distribution>(
        &mut self,
        estimator: &(impl Estimator<D> + ?Sized),
        distribution: &D,
    ) -> Result<(), EstimateError> {
        self.variance_gradient.clear();
        self.make_answer(estimator, distribution, false)
    }

    /// [`answer`](Self::answer), and `(2/M)(∂ĝ/∂φ)ᵀ ĝ` of the estimator's control.
    ///
    /// ```
    /// use voidgrad::controls::Constant;
    /// use voidgrad::{Bernoulli, Round};
    /// let (bernoulli, control) = (Bernoulli::from_logits(&[0.0])?, Constant::new(1.0)?);
    /// let mut round = Round::new();
    /// round.ask(&control, &bernoulli, &[0.75, 0.5])?;
    /// round.evaluate(&|b: &[f64]| 3.0 * b[0])?;
    /// round.answer_with_variance_gradient(&control, &bernoulli)?;
    /// // ĝ = (f - c)·½, and its square has the derivative 2ĝ·(-½).
    /// assert_eq!((round.gradient()[0], round.variance_gradient()), (1.0, &[-1.0][..]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`answer`](Self::answer); also returns an error if an entry of the derivative is NaN or infinite.
    pub fn answer_with_variance_gradient<D: Distribution>(
        &mut self,
        estimator: &(impl Estimator<D> + ?Sized),
        distribution: &D,
    ) -> Result<(), EstimateError> {
        self.variance_gradient.clear();
        self.variance_gradient.resize(estimator.control().map_or(0, Control::parameters), 0.0);
        self.make_answer(estimator, distribution, true)?;
        check_variance_gradient(&self.variance_gradient, distribution.parameters())
    }

    /// Tells the estimator the values: makes `ĝ`, the weights and, for a control, `(2/M)(∂ĝ/∂φ)ᵀ ĝ`, and lets the estimator learn from them.
    ///
    /// # Errors
    /// As [`answer_with_variance_gradient`](Self::answer_with_variance_gradient); then the estimator has learned nothing.
    pub fn tell<D: Distribution>(
        &mut self,
        estimator: &mut (impl Estimator<D> + ?Sized),
        distribution: &D,
    ) -> Result<(), EstimateError> {
        self.answer_with_variance_gradient(estimator, distribution)?;
        estimator.learn(distribution, self.told());
        estimator.end_round();
        Ok(())
    }

    /// An estimate in one call: [`ask`](Self::ask), [`evaluate`](Self::evaluate) and [`answer`](Self::answer). The estimator stays as it is; a
    /// loop that makes many estimates calls [`tell`](Self::tell), so that the estimator learns.
    ///
    /// # Errors
    /// As these three.
    pub fn estimate<D: Distribution>(
        &mut self,
        estimator: &(impl Estimator<D> + ?Sized),
        distribution: &D,
        objective: &(impl Objective + ?Sized),
        noise: &[f64],
    ) -> Result<(), EstimateError> {
        self.ask(estimator, distribution, noise)?;
        self.evaluate(objective)?;
        self.answer(estimator, distribution)
    }

    /// [`estimate`](Self::estimate), and `(2/M)(∂ĝ/∂φ)ᵀ ĝ` of the estimator's control.
    ///
    /// # Errors
    /// As [`ask`](Self::ask), [`evaluate`](Self::evaluate) and [`answer_with_variance_gradient`](Self::answer_with_variance_gradient).
    pub fn estimate_with_variance_gradient<D: Distribution>(
        &mut self,
        estimator: &(impl Estimator<D> + ?Sized),
        distribution: &D,
        objective: &(impl Objective + ?Sized),
        noise: &[f64],
    ) -> Result<(), EstimateError> {
        self.ask(estimator, distribution, noise)?;
        self.evaluate(objective)?;
        self.answer_with_variance_gradient(estimator, distribution)
    }

    fn make_answer<D: Distribution>(
        &mut self,
        estimator: &(impl Estimator<D> + ?Sized),
        distribution: &D,
        with_variance_gradient: bool,
    ) -> Result<(), EstimateError> {
        self.check_asked()?;
        same_length("a point of the round", self.dimension, distribution.dimension())?;
        check_asked(
            estimator,
            distribution,
            (self.noise.len(), self.wants.len(), !self.gradients.is_empty()),
        )?;
        objective::check(self.points(), &self.values)?;
        objective::check_gradients(self.points(), &self.gradients)?;
        let Self { noise, points, values, gradients, gradient, weights, variance_gradient, memory, .. } =
            self;
        gradient.clear();
        gradient.resize(distribution.parameters().len(), 0.0);
        weights.clear();
        weights.resize(values.len(), 1.0 / values.len() as f64);
        let told = Told { example: 0, noise, points, values, gradients, answered: &[] };
        let phi_bar = with_variance_gradient.then_some(&mut variance_gradient[..]);
        estimator.answer(distribution, told, Answer { gradient, weights, phi_bar, memory });
        self.f = self.weights.iter().zip(&self.values).map(|(weight, f)| weight * f).sum();
        check_estimate(self.f, &self.gradient, distribution.parameters())
    }

    fn check_asked(&self) -> Result<(), EstimateError> {
        if self.dimension == 0 { Err(EstimateError::NotAsked) } else { Ok(()) }
    }

    fn told(&self) -> Told<'_> {
        let Self { noise, points, values, gradients, gradient, .. } = self;
        Told { example: 0, noise, points, values, gradients, answered: gradient }
    }

    /// f at each point.
    #[must_use]
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// `ĝ` with respect to the distribution's parameters.
    #[must_use]
    pub fn gradient(&self) -> &[f64] {
        &self.gradient
    }

    /// The weight of each point: `Σ_k w_k f(b_k)` is an unbiased estimate of `E[f(b)]`, and `Σ_k w_k ∂f(b_k; ψ)/∂ψ` one of its gradient by
    /// parameters ψ of f.
    #[must_use]
    pub fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// `Σ_k w_k f(b_k)`.
    #[must_use]
    pub fn f(&self) -> f64 {
        self.f
    }

    /// `(2/M)(∂ĝ/∂φ)ᵀ ĝ`, N entries; empty for an estimator without a control, and after [`answer`](Self::answer).
    #[must_use]
    pub fn variance_gradient(&self) -> &[f64] {
        &self.variance_gradient
    }
}
