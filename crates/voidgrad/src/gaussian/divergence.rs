//! Entropy and divergence of one Gaussian variable, by its mean and the logarithm of its standard deviation.
//!
//! The divergence and its derivatives are within 12 units in the last place, for two variables next to each other too, and as many more as `ln σ` and
//! `ln σ'` differ by, which is the rounding of their difference in an exponent. What is larger than the largest `f64` is the largest `f64`, not infinite.

use std::f64::consts::TAU;

use voidgrad_macros::differentiate;

use crate::distribution::divergence::{psi, saturated};

/// The entropy `ln σ + ½·ln 2πe`, in nats.
///
/// ```
/// use voidgrad::gaussian::divergence::entropy;
/// assert_eq!(entropy(2.0) - entropy(0.0), 2.0);
/// assert_eq!(entropy::d_ln_sigma(2.0), 1.0);
/// ```
#[must_use]
#[differentiate(wrt(ln_sigma))]
pub fn entropy(ln_sigma: f64) -> f64 {
    ln_sigma + 0.5 * (1.0 + TAU.ln())
}

/// `KL(N(μ, σ²) || N(μ', σ'²)) = ½·(e^2s - 1 - 2s + ((μ - μ')/σ')²)` with `s = ln σ - ln σ'`, each variable as `(μ, ln σ)`.
///
/// ```
/// use voidgrad::gaussian::divergence::kl;
/// assert_eq!(kl((3.0, 0.5), (3.0, 0.5)), 0.0);
/// assert_eq!(kl((1.0, 0.0), (0.0, 0.0)), 0.5);
/// ```
#[must_use]
pub fn kl((mu, ln_sigma): (f64, f64), (mu_other, ln_sigma_other): (f64, f64)) -> f64 {
    let half = half_distance(mu, mu_other, ln_sigma_other);
    // A width that is too large for a number is infinite here, and so is the result before it saturates.
    saturated(0.5 * psi(twice(ln_sigma, ln_sigma_other)) + 2.0 * (half * half))
}

/// The derivatives of [`kl`] by μ and ln σ: `(μ - μ')/σ'²` and `e^2s - 1`. Terms of the derivative of its formula would cancel.
///
/// ```
/// use voidgrad::gaussian::divergence::kl_gradient;
/// assert_eq!(kl_gradient((1.0, 0.0), (0.0, 0.0)), [1.0, 0.0]);
/// ```
#[must_use]
pub fn kl_gradient((mu, ln_sigma): (f64, f64), (mu_other, ln_sigma_other): (f64, f64)) -> [f64; 2] {
    let s = twice(ln_sigma, ln_sigma_other);
    [by_mean(mu, mu_other, ln_sigma_other), saturated(s.exp_m1())]
}

/// The derivatives of [`kl`] by μ' and ln σ': `-(μ - μ')/σ'²` and `1 - e^2s - ((μ - μ')/σ')²`.
///
/// ```
/// use voidgrad::gaussian::divergence::kl_gradient_of_other;
/// assert_eq!(kl_gradient_of_other((1.0, 0.0), (0.0, 0.0)), [-1.0, -1.0]);
/// ```
#[must_use]
pub fn kl_gradient_of_other((mu, ln_sigma): (f64, f64), (mu_other, ln_sigma_other): (f64, f64)) -> [f64; 2] {
    let half = half_distance(mu, mu_other, ln_sigma_other);
    let narrower = -saturated(twice(ln_sigma, ln_sigma_other).exp_m1());
    [-by_mean(mu, mu_other, ln_sigma_other), saturated(narrower - saturated(4.0 * (half * half)))]
}

/// `ln p(x)` as [`ln_p`](super::ln_p()) has it, for σ too small for a number as well.
pub(super) fn ln_p(x: f64, mu: f64, ln_sigma: f64) -> f64 {
    let half = half_distance(x, mu, ln_sigma);
    saturated(-2.0 * (half * half) - ln_sigma - 0.5 * TAU.ln())
}

/// `2s`.
fn twice(ln_sigma: f64, ln_sigma_other: f64) -> f64 {
    saturated(2.0 * (ln_sigma - ln_sigma_other))
}

/// `(x - y)/2σ`: the distance itself may be too large for a number.
fn half_distance(x: f64, y: f64, ln_sigma: f64) -> f64 {
    over(0.5 * x - 0.5 * y, ln_sigma)
}

/// `(μ - μ')/σ'²`.
fn by_mean(mu: f64, mu_other: f64, ln_sigma_other: f64) -> f64 {
    // Twice in front of the second division could be infinite where the result is not.
    saturated(2.0 * over(half_distance(mu, mu_other, ln_sigma_other), ln_sigma_other))
}

/// `x/σ`. Two factors reach where `1/σ` is no number; 0 stays 0 where it is infinite.
fn over(x: f64, ln_sigma: f64) -> f64 {
    let root = (-0.5 * ln_sigma).exp();
    if x == 0.0 { 0.0 } else { saturated(x * root * root) }
}
