//! Exact moments for one Gaussian variable, by an integral over its noise.

#[cfg(test)]
mod tests;

use std::cell::RefCell;
use std::f64::consts::TAU;

use super::integral::integrate;
use super::{Moments, Technique, Tolerance, VarianceError};
use crate::distribution::Distribution as _;
use crate::error::EstimateError;
use crate::estimator::{Estimator, Round};
use crate::gaussian::Gaussian;
use crate::objective::Objective;

/// The moments of `ĝ` for one Gaussian variable, by an integral over `ε = (x - μ)/σ`, to a relative error of 1e-7 of the variance:
///
/// `E[ĝ] = ∫ ĝ(ε) p(ε) dε` and `½ Σ Var[ĝ]`, over the two parameters `(μ, ln σ)`, `p` the density of `N(0, 1)`.
///
/// It is for estimators that take one sample and evaluate f there once: LAX and REINFORCE with its baselines. f may jump; where it does is found by bisection. A feature that is narrower than a tenth of σ may stay
/// unseen. The density ends at |ε| = 36, where it is 1e-282.
///
/// ```
/// use voidgrad::estimators::Reinforce;
/// use voidgrad::{Gaussian, variance};
/// let gaussian = Gaussian::new(&[0.0], &[2.0])?;
/// let found = variance::moments_of_gaussian(&gaussian, &|x: &[f64]| x[0], &Reinforce::new(0.0)?)?;
/// // ĝ = (ε², 2ε³ - 2ε), with the means 1 and 0, and the variances 2 and 4·(15 - 6 + 1).
/// assert!((found.mean[0] - 1.0).abs() < 1e-9 && found.mean[1].abs() < 1e-9);
/// assert!((found.variance / 21.0 - 1.0).abs() < 1e-7);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// Returns an error in these cases:
/// - there is more than one variable;
/// - the estimator takes more noise than one sample, or evaluates f more than once;
/// - an estimate fails, or a moment is NaN or infinite;
/// - the tolerance is out of reach, as it is if the variance is infinite.
///
/// Source of the estimators: [`Lax`](crate::estimators::Lax), [`Reinforce`](crate::estimators::Reinforce).
pub fn moments_of_gaussian(
    gaussian: &Gaussian,
    objective: &dyn Objective,
    estimator: &(impl Estimator<Gaussian> + ?Sized),
) -> Result<Moments, VarianceError> {
    if gaussian.len() != 1 {
        return Err(VarianceError::TooManyVariables { found: gaussian.len(), allowed: 1 });
    }
    estimator.suits(gaussian)?;
    let (noise, evaluations) = (estimator.noise(gaussian), estimator.evaluations(gaussian));
    if noise != gaussian.uniforms() || evaluations != 1 {
        return Err(VarianceError::MoreThanOneSample { noise, allowed: gaussian.uniforms(), evaluations });
    }
    let integrals = Integrals { gaussian, objective, estimator, memory: RefCell::default() };
    let tolerance = Tolerance::default();
    // Two rules next to a jump may agree better than either with the integral: the refinement ends at a hundredth of what is promised.
    let refined = Tolerance { relative: 1e-2 * tolerance.relative, ..tolerance };
    // The mean, and then the squares about it.
    let mean = integrals.of(2, refined, |gradient, sum| sum.copy_from_slice(gradient))?;
    // An error of the variance that no refinement takes away.
    let rounding = 1e-24 * (mean[0] * mean[0] + mean[1] * mean[1]);
    let absolute = tolerance.absolute.max(rounding);
    let square = |gradient: &[f64]| {
        gradient.iter().zip(&mean).map(|(gradient, mean)| (gradient - mean).powi(2)).sum::<f64>() / 2.0
    };
    let of_squares =
        integrals.of(1, Tolerance { absolute, ..refined }, |gradient, sum| sum[0] = square(gradient))?;
    let variance = of_squares[0];
    let tail = integrals.at_ends(&square)?;
    let moments = Moments { mean, variance, technique: Technique::Quadrature }.finite()?;
    // Written so that a NaN is an error.
    if tail <= absolute.max(tolerance.relative * variance) {
        Ok(moments)
    } else {
        Err(VarianceError::NotConverged { variance, error: tail })
    }
}

/// The end of the integral, at which the density is 1e-282.
const END: f64 = 36.0;

/// Panels of some standard deviations, and wider ones beyond.
const POSITIVE: [f64; 14] = [0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.5, 8.0, 11.0, 16.0, 24.0, END];

struct Integrals<'a, E: ?Sized> {
    gaussian: &'a Gaussian,
    objective: &'a dyn Objective,
    estimator: &'a E,
    memory: RefCell<Memory>,
}

#[derive(Default)]
struct Memory {
    round: Round,
    failure: Option<EstimateError>,
}

impl<E: Estimator<Gaussian> + ?Sized> Integrals<'_, E> {
    /// Adds `w·p(ε)` times what is made of `ĝ`; a NaN after a failure.
    fn add(&self, epsilon: f64, weight: f64, of: impl Fn(&[f64], &mut [f64]), sum: &mut [f64]) {
        // By Box and Muller, ε is the radius times the cosine of the angle, which is 0 or π. Numbers next to 0, which the first of these rounds, are off by less than 2e-8.
        let decay = (-0.5 * epsilon * epsilon).exp();
        let angle = if epsilon < 0.0 { 0.5 } else { f64::MIN_POSITIVE };
        let noise = [decay.min(1.0 - 0.5 * f64::EPSILON), angle];
        let mass = weight * decay / TAU.sqrt();
        let Memory { round, failure } = &mut *self.memory.borrow_mut();
        let made = match failure {
            None => round.estimate(self.estimator, self.gaussian, self.objective, &noise),
            Some(_) => Ok(()),
        };
        *failure = failure.take().or(made.err());
        if failure.is_some() {
            sum.fill(f64::NAN);
            return;
        }
        let mut values = [0.0; 2];
        let values = &mut values[..sum.len()];
        of(round.gradient(), values);
        sum.iter_mut().zip(values).for_each(|(sum, value)| *sum += mass * *value);
    }

    fn of(
        &self,
        entries: usize,
        tolerance: Tolerance,
        of: impl Fn(&[f64], &mut [f64]),
    ) -> Result<Vec<f64>, VarianceError> {
        let negative = POSITIVE.iter().skip(1).rev().map(|end| -end);
        let ends: Vec<f64> = negative.chain(POSITIVE).collect();
        let add = |epsilon: f64, weight: f64, sum: &mut [f64]| self.add(epsilon, weight, &of, sum);
        let found = integrate(entries, add, &ends, tolerance);
        if let Some(failure) = self.memory.borrow().failure.clone() {
            return Err(failure.into());
        }
        found.map_err(|error| VarianceError::NotConverged { variance: f64::NAN, error })
    }

    /// The integrand of the variance at both ends, added up.
    fn at_ends(&self, square: &impl Fn(&[f64]) -> f64) -> Result<f64, VarianceError> {
        let mut sum = [0.0];
        for epsilon in [-END, END] {
            self.add(epsilon, 1.0, |gradient, sum| sum[0] = square(gradient), &mut sum);
        }
        match self.memory.borrow().failure.clone() {
            Some(failure) => Err(failure.into()),
            None => Ok(sum[0]),
        }
    }
}
