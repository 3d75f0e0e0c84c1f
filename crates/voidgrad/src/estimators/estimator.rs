//! The interface that every estimator has.

use crate::bernoulli::Bernoulli;
use crate::control::Control;
use crate::distribution::Distribution;
use crate::estimator::{Estimate, EstimateError, suits};
use crate::noise::{Noise, Uniforms};
use crate::objective::Objective;
use crate::train::{Run, TrainError};
use crate::variance::{self, Exact, Moments, Technique, VarianceError};

use super::{Draw, Rule};

/// An estimator of `∂/∂a E[f(b)]`, where `b` has the distribution `D` with the parameters `a`.
///
/// It is a pure function of the parameters, the objective and the noise, and owns no random generator. One
/// method is required; the others say what is unusual: more than one evaluation of f, more noise than one sample takes,
/// a control with parameters to be trained, a state that moves from one estimate to the next.
///
/// Every [`Control`] is an estimator of the gradient of Bernoulli variables, the one of
/// [`estimate`](crate::estimate()), and of categorical ones, that of
/// [`categorical::estimate`](crate::categorical::estimate()).
///
/// ```
/// use voidgrad::estimators::{Draw, Estimator};
/// use voidgrad::objective::evaluate;
/// use voidgrad::{Bernoulli, EstimateError, Objective, Uniforms, sigmoid};
///
/// /// REINFORCE of one variable, without any baseline.
/// struct Plain;
///
/// impl Estimator for Plain {
///     fn estimate(
///         &self,
///         bernoulli: &Bernoulli,
///         objective: &dyn Objective,
///         noise: Uniforms<'_>,
///         draw: &mut Draw,
///     ) -> Result<(), EstimateError> {
///         let theta = sigmoid(bernoulli.logits()[0]);
///         let b = if noise[0] < 1.0 - theta { 0.0 } else { 1.0 };
///         draw.f = evaluate(objective, &[b])?;
///         draw.gradient[0] = draw.f * (b - theta);
///         Ok(())
///     }
/// }
///
/// let bernoulli = Bernoulli::from_logits(&[0.0])?;
/// let mut draw = Draw::new(&bernoulli);
/// draw.update(&Plain, &bernoulli, &|b: &[f64]| 3.0 * b[0], Uniforms::new(&[0.75])?)?;
/// assert_eq!(draw.gradient, [1.5]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Estimator<D: Distribution = Bernoulli>: Send + Sync {
    /// Writes `ĝ` and the mean of the values of f to `draw`, whose lengths [`Draw::update`] has checked; call that.
    ///
    /// # Errors
    /// Where the estimator does not suit the problem, or a value of f is NaN or infinite.
    ///
    /// # Panics
    /// Where `noise` or `draw` have the wrong length.
    fn estimate(
        &self,
        distribution: &D,
        objective: &dyn Objective,
        noise: Uniforms<'_>,
        draw: &mut Draw,
    ) -> Result<(), EstimateError>;

    /// How many times an estimate evaluates f, or f and ∇f together.
    fn evaluations(&self, distribution: &D) -> u64 {
        let _ = distribution;
        1
    }

    /// How many uniform numbers an estimate takes.
    fn noise(&self, distribution: &D) -> usize {
        distribution.uniforms()
    }

    /// Refuses a problem that the estimator can't be used for, before anything runs.
    ///
    /// # Errors
    /// Where there are too many variables, another number than the control is made for, or where ∇f is needed and
    /// the objective has none.
    fn suits(&self, distribution: &D, objective: &dyn Objective) -> Result<(), EstimateError> {
        let _ = (distribution, objective);
        Ok(())
    }

    /// A finite set of noise over which the expectations of `ĝ` and its squares are sums, where there is one.
    fn rule(&self, distribution: &D) -> Option<Rule> {
        let _ = distribution;
        None
    }

    /// The control variate, where there is one: its parameters φ are what a training moves along with `a`.
    fn control(&self) -> Option<&dyn Control> {
        None
    }

    /// The control variate, to be trained.
    fn control_mut(&mut self) -> Option<&mut dyn Control> {
        None
    }

    /// Adds `(2/M)(∂ĝ/∂φ)ᵀ ĝ`, which estimates `∂/∂φ (1/M) Σ_m Var[ĝ_m]`, to `phi_bar` (N entries). `draw` is the
    /// last that this estimator made.
    fn add_variance_gradient(&self, draw: &Draw, phi_bar: &mut [f64]) {
        let _ = (draw, phi_bar);
    }

    /// [`estimate`](Self::estimate) and [`add_variance_gradient`](Self::add_variance_gradient) in one, for estimators that
    /// need not compute everything twice for that; call [`Draw::update_with_variance_gradient`].
    ///
    /// # Errors
    /// As [`estimate`](Self::estimate).
    ///
    /// # Panics
    /// Where `noise`, `draw` or `phi_bar` have the wrong length.
    fn estimate_with_variance_gradient(
        &self,
        distribution: &D,
        objective: &dyn Objective,
        noise: Uniforms<'_>,
        draw: &mut Draw,
        phi_bar: &mut [f64],
    ) -> Result<(), EstimateError> {
        self.estimate(distribution, objective, noise, draw)?;
        self.add_variance_gradient(draw, phi_bar);
        Ok(())
    }

    /// The moments of `ĝ` without samples, where there is a way to them: unless said otherwise, the sum over the
    /// [`rule`](Self::rule). Call [`variance::moments`], which knows a second way.
    ///
    /// # Errors
    /// Where there is no way to them, where it would take too long, where an estimate fails, or where a moment is NaN or
    /// infinite.
    fn moments(&self, distribution: &D, objective: &dyn Objective) -> Result<Exact, VarianceError> {
        let moments = variance::over_noise(distribution, objective, self)?;
        Ok(Exact::new(moments, Technique::Enumeration))
    }

    /// Makes the steps of a training in a loop of its own, where it has one that suits; else nothing, and
    /// [`minimise`](crate::train::minimise) makes them from the other methods. The result is the same but for rounding.
    ///
    /// # Errors
    /// As [`minimise`](crate::train::minimise).
    fn descend(&mut self, run: &mut Run<'_, D>) -> Option<Result<(), TrainError>> {
        let _ = run;
        None
    }

    /// Takes from an estimate what the next one may know of it: a moving average moves. The estimate stays
    /// unbiased, since what it knows is independent of its own sample.
    fn advance(&mut self, draw: &Draw) {
        let _ = draw;
    }
}

/// An estimator of a kind that is chosen at run time.
pub type AnyEstimator<D = Bernoulli> = Box<dyn Estimator<D>>;

/// REINFORCE, REBAR and RELAX are choices of the control; the noise is `u`, M entries, and then `v`.
impl<C: Control + Send + Sync> Estimator for C {
    fn estimate(
        &self,
        bernoulli: &Bernoulli,
        objective: &dyn Objective,
        noise: Uniforms<'_>,
        draw: &mut Draw,
    ) -> Result<(), EstimateError> {
        let variables = bernoulli.len();
        let estimate = draw.memory.of(|| Estimate::new(variables));
        let (u, v) = noise.get().split_at(variables);
        estimate.update(bernoulli, objective, self, Noise::trusted(u, v))?;
        draw.gradient.copy_from_slice(estimate.gradient.as_slice());
        draw.f = estimate.f;
        Ok(())
    }

    fn noise(&self, bernoulli: &Bernoulli) -> usize {
        2 * bernoulli.len()
    }

    fn suits(&self, bernoulli: &Bernoulli, _: &dyn Objective) -> Result<(), EstimateError> {
        Ok(suits(self, bernoulli.len())?)
    }

    fn control(&self) -> Option<&dyn Control> {
        Some(self)
    }

    fn control_mut(&mut self) -> Option<&mut dyn Control> {
        Some(self)
    }

    fn add_variance_gradient(&self, draw: &Draw, phi_bar: &mut [f64]) {
        if let Some(estimate) = draw.memory.get::<Estimate>() {
            estimate.add_variance_gradient(self, phi_bar);
        }
    }

    fn estimate_with_variance_gradient(
        &self,
        bernoulli: &Bernoulli,
        objective: &dyn Objective,
        noise: Uniforms<'_>,
        draw: &mut Draw,
        phi_bar: &mut [f64],
    ) -> Result<(), EstimateError> {
        let variables = bernoulli.len();
        let estimate = draw.memory.of(|| Estimate::new(variables));
        let (u, v) = noise.get().split_at(variables);
        let noise = Noise::trusted(u, v);
        estimate.update_and_add(bernoulli, objective, self, noise, phi_bar)?;
        draw.gradient.copy_from_slice(estimate.gradient.as_slice());
        draw.f = estimate.f;
        Ok(())
    }

    fn descend(&mut self, run: &mut Run<'_, Bernoulli>) -> Option<Result<(), TrainError>> {
        Control::descend(self, run)
    }

    /// One variable by quadrature; more of them by the sum over all states, where the control does not depend on z.
    fn moments(&self, bernoulli: &Bernoulli, objective: &dyn Objective) -> Result<Exact, VarianceError> {
        match bernoulli.len() {
            1 => {
                let Moments { mean, variance } = variance::exact(bernoulli, objective, self)?;
                Ok(Exact { mean: vec![mean], variance, technique: Technique::Quadrature })
            }
            _ => Ok(Exact::new(variance::enumerate(bernoulli, objective, self)?, Technique::Enumeration)),
        }
    }
}

impl<D: Distribution> Estimator<D> for AnyEstimator<D> {
    fn estimate(
        &self,
        distribution: &D,
        objective: &dyn Objective,
        noise: Uniforms<'_>,
        draw: &mut Draw,
    ) -> Result<(), EstimateError> {
        (**self).estimate(distribution, objective, noise, draw)
    }

    fn evaluations(&self, distribution: &D) -> u64 {
        (**self).evaluations(distribution)
    }

    fn noise(&self, distribution: &D) -> usize {
        (**self).noise(distribution)
    }

    fn suits(&self, distribution: &D, objective: &dyn Objective) -> Result<(), EstimateError> {
        (**self).suits(distribution, objective)
    }

    fn rule(&self, distribution: &D) -> Option<Rule> {
        (**self).rule(distribution)
    }

    fn control(&self) -> Option<&dyn Control> {
        (**self).control()
    }

    fn control_mut(&mut self) -> Option<&mut dyn Control> {
        (**self).control_mut()
    }

    fn add_variance_gradient(&self, draw: &Draw, phi_bar: &mut [f64]) {
        (**self).add_variance_gradient(draw, phi_bar);
    }

    fn estimate_with_variance_gradient(
        &self,
        distribution: &D,
        objective: &dyn Objective,
        noise: Uniforms<'_>,
        draw: &mut Draw,
        phi_bar: &mut [f64],
    ) -> Result<(), EstimateError> {
        (**self).estimate_with_variance_gradient(distribution, objective, noise, draw, phi_bar)
    }

    fn moments(&self, distribution: &D, objective: &dyn Objective) -> Result<Exact, VarianceError> {
        (**self).moments(distribution, objective)
    }

    fn descend(&mut self, run: &mut Run<'_, D>) -> Option<Result<(), TrainError>> {
        (**self).descend(run)
    }

    fn advance(&mut self, draw: &Draw) {
        (**self).advance(draw);
    }
}
