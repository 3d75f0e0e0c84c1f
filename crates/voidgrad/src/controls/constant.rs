//! A constant: the baseline of REINFORCE.

use voidgrad_macros::control;

/// The control `c = baseline`, which leaves `ĝ = (f(b) - baseline)·∂/∂a ln p(b)`; `φ = (baseline)`.
///
/// For one variable, `c* = (1 - θ)·f(1) + θ·f(0)` takes all of the variance away.
///
/// ```
/// use voidgrad::controls::Constant;
/// use voidgrad::{Bernoulli, variance};
/// let f = |b: &[f64]| (b[0] - 0.499).powi(2);
/// let theta = 0.3;
/// let control = Constant::new((1.0 - theta) * f(&[1.0]) + theta * f(&[0.0]))?;
/// let bernoulli = Bernoulli::from_probabilities(&[theta])?;
/// assert!(variance::quadrature(&bernoulli, &f, &control)?.variance < 1e-30);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
#[control]
pub fn constant(z: f64, baseline: f64) -> f64 {
    baseline
}
