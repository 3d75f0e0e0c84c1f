//! One estimate, and the memory that it is made in.

use std::any::Any;
use std::fmt;

use crate::control::Control;
use crate::distribution::Distribution;
use crate::error::same_length;
use crate::estimator::{EstimateError, check_estimate, check_variance_gradient};
use crate::noise::Uniforms;
use crate::objective::Objective;

use super::Estimator;

/// What an [`Estimator`] makes: `ĝ`, and the memory of a loop that makes many.
///
/// ```
/// use voidgrad::estimators::{Draw, Rloo};
/// use voidgrad::{Bernoulli, Uniforms};
/// let bernoulli = Bernoulli::from_logits(&[0.0])?;
/// let f = |b: &[f64]| 3.0 * b[0];
/// let mut draw = Draw::new(&bernoulli);
/// draw.update(&Rloo::new(2)?, &bernoulli, &f, Uniforms::new(&[0.75, 0.25])?)?;
/// assert_eq!((draw.gradient[0], draw.f), (0.5 * (3.0 * 0.5 + 3.0 * 0.5), 1.5));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Draw {
    /// `ĝ` with respect to the distribution's parameters.
    pub gradient: Vec<f64>,
    /// The mean of the values of f that went into it.
    pub f: f64,
    /// What the estimator keeps from one estimate to the next.
    pub memory: Memory,
}

impl Draw {
    /// Memory for estimates of this distribution's gradient; all values are 0.
    #[must_use]
    pub fn new(distribution: &(impl Distribution + ?Sized)) -> Self {
        Self { gradient: vec![0.0; distribution.parameters().len()], f: 0.0, memory: Memory::default() }
    }

    /// Makes another estimate in this memory; after the first, without allocating.
    ///
    /// # Errors
    /// Where the memory is for another number of parameters, where there is less or more noise than
    /// [`Estimator::noise`] says, where the estimator does not suit the problem, or where a value of f or `ĝ` is
    /// NaN or infinite. The values are then those of the attempt that failed.
    pub fn update<D: Distribution>(
        &mut self,
        estimator: &(impl Estimator<D> + ?Sized),
        distribution: &D,
        objective: &dyn Objective,
        noise: Uniforms<'_>,
    ) -> Result<(), EstimateError> {
        let parameters = distribution.parameters();
        same_length("draw", self.gradient.len(), parameters.len())?;
        same_length("noise", noise.len(), estimator.noise(distribution))?;
        estimator.estimate(distribution, objective, noise, self)?;
        check_estimate(self.f, &self.gradient, parameters)
    }

    /// [`update`](Self::update), and adds `(2/M)(∂ĝ/∂φ)ᵀ ĝ` of the control of the estimator to `phi_bar`.
    ///
    /// ```
    /// use voidgrad::estimators::Draw;
    /// use voidgrad::{Bernoulli, Constant, Uniforms};
    /// let bernoulli = Bernoulli::from_logits(&[0.0])?;
    /// let (mut draw, mut phi_bar) = (Draw::new(&bernoulli), [0.0]);
    /// let (control, noise) = (Constant::new(1.0)?, [0.75, 0.5]);
    /// let f = |b: &[f64]| 3.0 * b[0];
    /// draw.update_with_variance_gradient(&control, &bernoulli, &f, Uniforms::new(&noise)?, &mut phi_bar)?;
    /// // ĝ = (f - c)·½, and its square has the derivative 2ĝ·(-½).
    /// assert_eq!((draw.gradient[0], phi_bar), (1.0, [-1.0]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`update`](Self::update); also if `phi_bar` is not as long as φ, or if one of its entries is NaN or infinite after the
    /// addition.
    pub fn update_with_variance_gradient<D: Distribution>(
        &mut self,
        estimator: &(impl Estimator<D> + ?Sized),
        distribution: &D,
        objective: &dyn Objective,
        noise: Uniforms<'_>,
        phi_bar: &mut [f64],
    ) -> Result<(), EstimateError> {
        same_length("phi_bar", phi_bar.len(), estimator.control().map_or(0, Control::parameters))?;
        self.update_and_add(estimator, distribution, objective, noise, phi_bar)?;
        check_variance_gradient(phi_bar, distribution.parameters())
    }

    /// [`update_with_variance_gradient`](Self::update_with_variance_gradient) for a caller that checks `phi_bar` itself, once for
    /// many estimates.
    pub(crate) fn update_and_add<D: Distribution>(
        &mut self,
        estimator: &(impl Estimator<D> + ?Sized),
        distribution: &D,
        objective: &dyn Objective,
        noise: Uniforms<'_>,
        phi_bar: &mut [f64],
    ) -> Result<(), EstimateError> {
        let parameters = distribution.parameters();
        same_length("draw", self.gradient.len(), parameters.len())?;
        same_length("noise", noise.len(), estimator.noise(distribution))?;
        estimator.estimate_with_variance_gradient(distribution, objective, noise, self, phi_bar)?;
        check_estimate(self.f, &self.gradient, parameters)
    }
}

impl fmt::Debug for Draw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { gradient, f: value, .. } = self;
        f.debug_struct("Draw").field("gradient", gradient).field("f", value).finish_non_exhaustive()
    }
}

/// A place for one value of a type that the estimator chooses.
#[derive(Default)]
pub struct Memory(Option<Box<dyn Any + Send>>);

impl Memory {
    /// The value, made anew where there is none of this type.
    pub fn of<T: Any + Send>(&mut self, new: impl FnOnce() -> T) -> &mut T {
        if !self.0.as_ref().is_some_and(|value| value.is::<T>()) {
            self.0 = Some(Box::new(new()));
        }
        let value = self.0.as_mut().and_then(|value| value.downcast_mut());
        value.expect("the line above has put one there")
    }

    /// The value, where there is one of this type.
    #[must_use]
    pub fn get<T: Any + Send>(&self) -> Option<&T> {
        self.0.as_ref().and_then(|value| value.downcast_ref())
    }
}
