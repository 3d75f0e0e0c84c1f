//! One Bernoulli variable by its logit `a = ln(θ/(1 - θ))`.
//!
//! For `|a|` up to 700 and all noise in (0, 1), every function and derivative is within 4 units in the last place of its value;
//! [`g()`], whose two terms may cancel, of the larger of them, and [`kl()`] within 12. Beyond, the error of z̃ and the densities may be `|a|` such units. Source:
//! RELAX (Grathwohl et al. 2018), appendix; REBAR (Tucker et al. 2017), appendix C.

use crate::distribution::divergence::{gain, saturated, term};
use voidgrad_macros::differentiate;
use voidgrad_real::{logit, sigmoid, softplus};

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

/// `z̃` and `∂z̃/∂a` with the bits of [`g_tilde()`] and `g_tilde::d_a`, which each take an exponential, by one.
pub(crate) fn g_tilde_and_d_a(v: f64, a: f64, b: bool) -> (f64, f64) {
    let s = if b { a } else { -a };
    if s > 700.0 {
        return (g_tilde(v, a, b), g_tilde::d_a(v, a, b));
    }
    let (e, rest) = (s.exp(), (-v).ln_1p());
    let odds = v * e;
    let ln = odds.ln_1p();
    (if b { ln - rest } else { rest - ln }, 1.0 / (1.0 + odds) * v * e)
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

/// The entropy `H(a) = -θ·ln θ - (1 - θ)·ln(1 - θ)` in nats, within 4 units in the last place.
///
/// ```
/// use voidgrad::bernoulli::logit;
/// assert_eq!(logit::entropy(0.0), 2.0_f64.ln());
/// assert!((logit::entropy(700.0) - 701.0 * (-700.0_f64).exp()).abs() < 1e-315);
/// ```
#[must_use]
pub fn entropy(a: f64) -> f64 {
    // With |a|, both terms are positive.
    let size = a.abs();
    softplus(-size) + size * sigmoid(-size)
}

/// `∂H/∂a = -a·θ·(1 - θ)`. The derivative of the formula of [`entropy()`] would be that and a difference of two equal terms.
///
/// ```
/// use voidgrad::bernoulli::logit;
/// assert_eq!(logit::entropy_d_a(0.0), 0.0);
/// assert_eq!(logit::entropy_d_a(-700.0), 700.0 * (-700.0_f64).exp());
/// ```
#[must_use]
pub fn entropy_d_a(a: f64) -> f64 {
    -a * (sigmoid(a) * sigmoid(-a))
}

/// `KL(a || a') = θ·ln(θ/θ') + (1 - θ)·ln((1 - θ)/(1 - θ'))` in nats; 0 if the logits are equal, and never negative. It is within 12 units in the
/// last place, for two logits next to each other too.
///
/// ```
/// use voidgrad::bernoulli::logit;
/// assert_eq!(logit::kl(3.0, 3.0), 0.0);
/// // θ·(1 - θ)·(a' - a)²/2, of which 1 - θ = ½.
/// assert!((logit::kl(0.0, 1e-9) - 1.25e-19).abs() < 1e-34);
/// assert_eq!(logit::kl(-f64::MAX, f64::MAX), f64::MAX);
/// ```
#[must_use]
pub fn kl(a: f64, a_other: f64) -> f64 {
    let [x_1, x_0] = ln_ratios(a, a_other);
    let of_1 = term(sigmoid(a), sigmoid(a_other), x_1);
    saturated(of_1 + term(sigmoid(-a), sigmoid(-a_other), x_0))
}

/// `∂/∂a KL(a || a') = (a - a')·θ·(1 - θ)`. Of the derivative of the formula of [`kl()`] most terms cancel.
///
/// ```
/// use voidgrad::bernoulli::logit;
/// assert_eq!(logit::kl_d_a(0.0, 2.0), -0.5);
/// ```
#[must_use]
pub fn kl_d_a(a: f64, a_other: f64) -> f64 {
    // A difference of two logits may be infinite, and the other factor 0.
    saturated(a - a_other) * (sigmoid(a) * sigmoid(-a))
}

/// `∂/∂a' KL(a || a') = θ' - θ`, without the rounding of the difference.
///
/// ```
/// use voidgrad::bernoulli::logit;
/// assert_eq!(logit::kl_d_a_other(0.0, f64::MAX), 0.5);
/// assert!((logit::kl_d_a_other(0.0, 1e-30) - 0.25e-30).abs() < 1e-45);
/// ```
#[must_use]
pub fn kl_d_a_other(a: f64, a_other: f64) -> f64 {
    let [x_1, x_0] = ln_ratios(a, a_other);
    // Where θ is close to 1, 1 - θ says how far it moves.
    if a + a_other < 0.0 {
        gain(sigmoid(a), sigmoid(a_other), x_1)
    } else {
        -gain(sigmoid(-a), sigmoid(-a_other), x_0)
    }
}

/// `ln(θ'/θ)` and `ln((1 - θ')/(1 - θ))`.
pub(crate) fn ln_ratios(a: f64, a_other: f64) -> [f64; 2] {
    let distance = saturated(a_other - a);
    if distance < 0.0 {
        // 1 - θ is the θ of -a.
        let [x_0, x_1] = ln_ratios(-a, -a_other);
        return [x_1, x_0];
    }
    if distance <= 1.0 {
        // θ'/θ = 1/(θ + (1 - θ)·e^-d), (1 - θ')/(1 - θ) = 1/(1 - θ + θ·e^d).
        let x_1 = -(sigmoid(-a) * (-distance).exp_m1()).ln_1p();
        return [x_1, -(sigmoid(a) * distance.exp_m1()).ln_1p()];
    }
    // Of the two ways to write each of them, the one that subtracts less: softplus(-x) = softplus(x) - x.
    let up = softplus(a_other) - softplus(a);
    let down = softplus(-a) - softplus(-a_other);
    [if a_other < 0.0 { distance - up } else { down }, if a > 0.0 { down - distance } else { -up }]
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
