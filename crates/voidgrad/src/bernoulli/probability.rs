//! One Bernoulli variable by its probability `θ`.
//!
//! The same functions as in [`logit`], in the letters of RELAX (Grathwohl et al. 2018), appendix. For θ of at least 1e-290
//! and noise of at least 1e-300, [`g_tilde()`], [`ln_p()`] and their derivatives are within 4 units in the last place of their value, and [`g()`] of the
//! larger of its two terms. The densities take `ln(θ/(1 - θ))`, and may be wrong by as many units as that is large. All take
//! θ as it is given: close to 1, where θ has few digits left of `1 - θ`, the logit is the better parameter.

use super::logit;
use voidgrad_macros::differentiate;
use voidgrad_real as real;

/// The reparameterisation `z = g(u, θ) = ln(θ/(1 - θ)) + ln(u/(1 - u))` of `u ~ U(0, 1)`.
///
/// ```
/// use voidgrad::bernoulli::probability;
/// assert_eq!(probability::g(0.5, 0.5), 0.0);
/// ```
#[must_use]
#[differentiate(wrt(theta))]
pub fn g(u: f64, theta: f64) -> f64 {
    real::logit(theta) + real::logit(u)
}

/// The threshold `b = H(z)`: 1 where `z ≥ 0`, else 0.
#[must_use]
pub fn threshold(z: f64) -> bool {
    logit::threshold(z)
}

/// The conditional reparameterisation `z̃ = g̃(v, θ, b)` of `v ~ U(0, 1)`: z as it is distributed where
/// `H(z) = b`.
///
/// `ln(v/(1 - v)·1/(1 - θ) + 1)` where `b = 1`, `-ln(v/(1 - v)·1/θ + 1)` where `b = 0`.
///
/// ```
/// use voidgrad::bernoulli::{logit, probability};
/// let by_logit = logit::g_tilde(0.3, voidgrad::logit(0.8), false);
/// assert!((probability::g_tilde(0.3, 0.8, false) - by_logit).abs() < 1e-15);
/// ```
#[must_use]
#[differentiate(wrt(theta))]
pub fn g_tilde(v: f64, theta: f64, b: bool) -> f64 {
    if b { (v / (1.0 - v) / (1.0 - theta)).ln_1p() } else { -(v / (1.0 - v) / theta).ln_1p() }
}

/// `ln p(b)`: `ln θ` where `b = 1`, `ln(1 - θ)` where `b = 0`.
///
/// ```
/// use voidgrad::bernoulli::probability;
/// assert_eq!(probability::ln_p(true, 0.25), 0.25_f64.ln());
/// ```
#[must_use]
#[differentiate(wrt(theta))]
pub fn ln_p(b: bool, theta: f64) -> f64 {
    if b { theta.ln() } else { (-theta).ln_1p() }
}

/// The density of z, `p(z) = r·e^-z/(1 + r·e^-z)²` with `r = θ/(1 - θ)`.
///
/// ```
/// use voidgrad::bernoulli::probability;
/// assert_eq!(probability::density(0.0, 0.5), 0.25);
/// ```
#[must_use]
pub fn density(z: f64, theta: f64) -> f64 {
    logit::density(z, real::logit(theta))
}

/// The density of z given b: `p(z)·H(z)/θ` where `b = 1`, `p(z)·(1 - H(z))/(1 - θ)` where `b = 0`.
///
/// ```
/// use voidgrad::bernoulli::probability;
/// assert_eq!(probability::density_given(-1.0, 0.5, true), 0.0);
/// assert!((probability::density_given(0.0, 0.5, true) - 0.5).abs() < 1e-15);
/// ```
#[must_use]
pub fn density_given(z: f64, theta: f64, b: bool) -> f64 {
    logit::density_given(z, real::logit(theta), b)
}
