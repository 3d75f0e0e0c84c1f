//! One Bernoulli variable by its logit `a = ln(θ/(1 - θ))`.
//!
//! All functions are exact to a few units in the last place for `|a|` up to 700 and noise down to one unit
//! in the last place from 0 and 1. Source: RELAX (Grathwohl et al. 2018), appendix; REBAR (Tucker et al.
//! 2017), appendix C.

use voidgrad_macros::differentiate;
use voidgrad_real::{log_sigmoid, logit, sigmoid, softplus};

/// The reparameterisation `z = g(u, a) = a + ln(u/(1 - u))` of `u ~ U(0, 1)`.
///
/// ```
/// use voidgrad::bernoulli::logit;
/// assert_eq!(logit::g(0.5, 2.0), 2.0);
/// ```
#[must_use]
#[differentiate(wrt(a))]
pub fn g(u: f64, a: f64) -> f64 {
    a + logit(u)
}

/// The threshold `b = H(z)`: 1 where `z ≥ 0`, else 0.
///
/// ```
/// use voidgrad::bernoulli::logit;
/// assert!(logit::threshold(0.0) && !logit::threshold(-1e-300));
/// ```
#[must_use]
pub fn threshold(z: f64) -> bool {
    z >= 0.0
}

/// The conditional reparameterisation `z̃ = g̃(v, a, b)` of `v ~ U(0, 1)`: z as it is distributed where
/// `H(z) = b`.
///
/// `ln(1 + v·e^a) - ln(1 - v)` where `b = 1`, `-(ln(1 + v·e^-a) - ln(1 - v))` where `b = 0`.
///
/// ```
/// use voidgrad::bernoulli::logit;
/// assert!(logit::threshold(logit::g_tilde(0.3, -5.0, true)));
/// assert!(!logit::threshold(logit::g_tilde(0.3, 5.0, false)));
/// assert_eq!(logit::g_tilde(0.3, 700.0, true), 700.0 + (0.3_f64.ln() - (-0.3_f64).ln_1p()));
/// ```
#[must_use]
#[differentiate(wrt(a))]
pub fn g_tilde(v: f64, a: f64, b: bool) -> f64 {
    if b { softplus(a + v.ln()) - (-v).ln_1p() } else { (-v).ln_1p() - softplus(v.ln() - a) }
}

/// `ln p(b)`: `ln σ(a)` where `b = 1`, `ln σ(-a)` where `b = 0`.
///
/// ```
/// use voidgrad::bernoulli::logit;
/// assert!((logit::ln_p(true, 0.0) + 2.0_f64.ln()).abs() < 1e-15);
/// assert_eq!(logit::ln_p(false, 700.0), -700.0);
/// ```
#[must_use]
#[differentiate(wrt(a))]
pub fn ln_p(b: bool, a: f64) -> f64 {
    if b { -softplus(-a) } else { -softplus(a) }
}

/// The density of `z = g(u, a)`, the logistic distribution around `a`: `p(z) = σ(z - a)·σ(a - z)`.
///
/// ```
/// use voidgrad::bernoulli::logit;
/// assert_eq!(logit::density(1.0, 1.0), 0.25);
/// ```
#[must_use]
pub fn density(z: f64, a: f64) -> f64 {
    sigmoid(z - a) * sigmoid(a - z)
}

/// The density of z given b, `p(z|b) = p(z)/p(b)` where `H(z) = b`, else 0; the density of `z̃ = g̃(v, a, b)`.
///
/// ```
/// use voidgrad::bernoulli::logit;
/// assert_eq!(logit::density_given(1.0, 1.0, false), 0.0);
/// assert!((logit::density_given(0.0, -700.0, true) - 1.0).abs() < 1e-12);
/// ```
#[must_use]
pub fn density_given(z: f64, a: f64, b: bool) -> f64 {
    if threshold(z) == b {
        // By logarithms: the quotient of p(z) and p(b) would be 0/0 far out.
        (log_sigmoid(z - a) + log_sigmoid(a - z) - ln_p(b, a)).exp()
    } else {
        0.0
    }
}
