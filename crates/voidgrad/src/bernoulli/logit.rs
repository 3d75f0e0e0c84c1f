//! One Bernoulli variable by its logit `a = ln(θ/(1 - θ))`.
//!
//! For `|a|` up to 700 and all noise in (0, 1), every function and derivative is within 4 units in the last place of its value;
//! [`g()`], whose two terms may cancel, of the larger of them. Beyond, the error of z̃ and the densities may be `|a|` such units. Source:
//! RELAX (Grathwohl et al. 2018), appendix; REBAR (Tucker et al. 2017), appendix C.

use voidgrad_macros::differentiate;
use voidgrad_real::{logit, softplus};

/// The reparameterisation `z = g(u, a) = a + ln(u/(1 - u))` of `u ~ U(0, 1)`, within 4 units in the last place of the larger of the
/// two terms.
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
/// assert_eq!(logit::g_tilde(1e-200, -1.0, true), 1e-200 * (1.0 + (-1.0_f64).exp()));
/// ```
#[must_use]
#[differentiate(wrt(a))]
pub fn g_tilde(v: f64, a: f64, b: bool) -> f64 {
    // Both terms have one sign, so nothing cancels.
    if b { ln_one_plus(v, a) - (-v).ln_1p() } else { (-v).ln_1p() - ln_one_plus(v, -a) }
}

/// `ln(1 + v·e^s)`. A sum `s + ln v` would have lost what its terms have more in size than it.
#[differentiate(wrt(s))]
fn ln_one_plus(v: f64, s: f64) -> f64 {
    if s <= 700.0 { (v * s.exp()).ln_1p() } else { softplus(s + v.ln()) }
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
    peak(z, a, 1.0)
}

/// The density of z given b, `p(z|b) = p(z)/p(b)` where `H(z) = b`, else 0; the density of `z̃ = g̃(v, a, b)`.
///
/// ```
/// use voidgrad::bernoulli::logit;
/// assert_eq!(logit::density_given(1.0, 1.0, false), 0.0);
/// assert_eq!(logit::density_given(0.0, -700.0, true), 1.0);
/// ```
#[must_use]
pub fn density_given(z: f64, a: f64, b: bool) -> f64 {
    // By symmetry it is a function of |z| and of the logit of the b that is given.
    let (y, s) = (z.abs(), if b { a } else { -a });
    if threshold(z) != b {
        0.0
    } else if s <= 0.0 {
        // p(z) and p(b) may both be too small to be numbers: e^s is not in this quotient.
        let (decay, odds) = ((-y).exp(), s.exp());
        decay * ((1.0 + odds) / one_plus_squared(decay * odds))
    } else {
        peak(y, s, 1.0 + (-s).exp())
    }
}

/// `scale·σ'(z - a)`. The difference may have a rounding error, of which the value would have as large a part: it is put right.
fn peak(z: f64, a: f64, scale: f64) -> f64 {
    let distance = z - a;
    // The error of the difference, without one of its own (Knuth, TAOCP 2, 4.2.2).
    let back = distance - z;
    let rest = (z - (distance - back)) - (a + back);
    let e = (-distance.abs()).exp();
    let value = e * (scale / one_plus_squared(e));
    // σ'' is -tanh(x/2)·σ'.
    let slope = rest * (0.5 * distance).tanh();
    // Where the difference overflows, there is no rest.
    if slope.is_finite() { value - value * slope } else { value }
}

/// `(1 + x)²` with fewer rounding errors.
fn one_plus_squared(x: f64) -> f64 {
    1.0 + x * (2.0 + x)
}
