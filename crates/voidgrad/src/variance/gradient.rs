//! The exact gradient of the variance by φ for one variable, with what moving kinks add.

#[cfg(test)]
mod tests;

use nalgebra::DVector;

use super::integral::integrate;
use super::integrand::Integrand;
use super::{Tolerance, VarianceError};
use crate::bernoulli::{Bernoulli, logit};
use crate::controls::Kinked;
use crate::error::{EstimateError, check_variance_gradient};
use crate::estimator::{Coupling, suits};
use crate::objective::{Objective, Points};

/// What [`gradient`] returns: the two parts of `∂/∂φ Var[ĝ]`, N entries each.
#[derive(Debug, Clone, PartialEq)]
pub struct VarianceGradient {
    /// `E[2·ĝ·∂ĝ/∂φ]`, the mean of what [`Estimate::variance_gradient`](crate::Estimate::variance_gradient) estimates and training follows.
    pub of_samples: DVector<f64>,
    /// What the jumps of `∂c/∂z` add, whose place moves with φ.
    pub boundary: DVector<f64>,
}

impl VarianceGradient {
    /// `∂/∂φ Var[ĝ]`, the sum of both.
    #[must_use]
    pub fn total(&self) -> DVector<f64> {
        &self.of_samples + &self.boundary
    }
}

/// The exact gradient `∂/∂φ Var[ĝ]` for one variable, by quadrature between the kinks of the control, to a relative error of 1e-7.
///
/// Given b, `ĝ = A(z̃) + B(z)` with `B = ∂c/∂z`, where z and z̃ are independent. If the slope jumps by J at κ, `E[ĝ²]` has the derivative
///
/// `E[2·ĝ·∂ĝ/∂φ] - 2 Σ_κ p(κ)·J·∂κ/∂φ·((E[A|b] + B(κ)) - ∂κ/∂a·(A(κ) + E[B|b]))`, `b = H(κ)`
///
/// with the density p of z, with the mean of the two slopes in A(κ) and B(κ), and with `∂z̃/∂a` at `z̃ = κ` for `∂κ/∂a`. The first parenthesis is from z, which passes over the
/// kink, and the second from z̃.
///
/// ```
/// use voidgrad::controls::RelaxLinear;
/// use voidgrad::{Bernoulli, Stream, variance};
/// let bernoulli = Bernoulli::from_probabilities(&[0.35])?;
/// let control = RelaxLinear::draw(0.6, 0.3, &mut Stream::new(8, 0, 2))?;
/// let f = |b: &[f64]| (b[0] - 0.3).powi(2);
/// let gradient = variance::gradient(&bernoulli, &f, &control)?;
/// // By the first bias, which moves a kink: the samples have even the wrong sign.
/// assert!((gradient.of_samples[6] + 0.00583).abs() < 1e-5);
/// assert!((gradient.total()[6] - 0.00078).abs() < 1e-5);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// Returns an error if there is more than one variable, if the objective fails, if an entry is NaN or infinite, or if the tolerance is out of reach.
pub fn gradient(
    bernoulli: &Bernoulli,
    objective: &(impl Objective + ?Sized),
    control: &(impl Kinked + ?Sized),
) -> Result<VarianceGradient, VarianceError> {
    gradient_within(bernoulli, objective, control, Tolerance::default())
}

/// [`gradient`] with a tolerance for the error of its largest entry. The relative one is a fraction of the largest entries of all panels, added up without their signs: of
/// the gradient as it would be if nothing cancelled.
///
/// # Errors
/// As [`gradient`].
pub fn gradient_within(
    bernoulli: &Bernoulli,
    objective: &(impl Objective + ?Sized),
    control: &(impl Kinked + ?Sized),
    tolerance: Tolerance,
) -> Result<VarianceGradient, VarianceError> {
    let &[a] = bernoulli.logits() else {
        return Err(VarianceError::TooManyVariables { found: bernoulli.len(), allowed: 1 });
    };
    suits(control, 1).map_err(EstimateError::from)?;
    let mut f = [0.0; 2];
    objective.values(Points::rows(&[0.0, 1.0], 1), &mut f).map_err(EstimateError::Failed)?;
    let kinks = control.kinks();
    let parameters = control.parameters();
    let mut of_samples = DVector::zeros(parameters);
    let mut boundary = DVector::zeros(parameters);
    for b in [false, true] {
        let integrand = Integrand::new(control, f[usize::from(b)], a, b, Coupling::Independent);
        let own: Vec<_> = kinks.iter().filter(|kink| logit::threshold(kink.z) == b).collect();
        let mut breakpoints = integrand.breakpoints();
        let end = breakpoints[breakpoints.len() - 1];
        breakpoints.extend(own.iter().map(|kink| kink.z.abs()).filter(|&y| y < end));
        breakpoints.sort_by(f64::total_cmp);
        let not_converged = |error| VarianceError::GradientNotConverged { error };
        let means =
            integrate(2, |y, weight, sum| integrand.add_parts(y, weight, sum), &breakpoints, tolerance);
        let means = means.map_err(not_converged)?;
        let means = [means[0], means[1]];
        let add = |y, weight, sum: &mut [f64]| integrand.add_gradient(y, weight, means, sum);
        let part = integrate(parameters, add, &breakpoints, tolerance).map_err(not_converged)?;
        of_samples += DVector::from_vec(part);
        for kink in own {
            let height = integrand.height(kink.z.abs(), kink.mean_slope(), means);
            boundary.axpy(-2.0 * height, &kink.moved, 1.0);
        }
    }
    let gradient = VarianceGradient { of_samples, boundary };
    check_variance_gradient(gradient.total().as_slice(), bernoulli.logits())?;
    Ok(gradient)
}
