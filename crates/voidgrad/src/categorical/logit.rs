//! One state of one categorical variable by the variable's K logits `a`, `θ = softmax(a)`.
//!
//! A state is a one-hot array, `[0.0, 1.0, 0.0]` for the second of three, and the functions of several variables
//! have one value for each state: `z = [g(u₀, e₀, a), g(u₁, e₁, a), …]` with the unit vectors `e`. They are
//! the formulas of the papers with their derivatives by `a` (`g::d_a`, `ln_p::d_a`, …). For `|a|` up to 700 and noise
//! down to one unit in the last place from 0 and 1 nothing underflows to 0 or rounds to 1: the relative error, of what
//! is left of 1 too, is that of `e^a`, about `|a|` units in the last place.
//! [`Categorical`](super::Categorical) and the estimators, which learn K when the program runs, use
//! [`state`] and the closed form of `∂ln θ/∂a`, and agree with these functions.
//!
//! Source: Maddison, Mnih and Teh 2017, appendix C; REBAR (Tucker et al. 2017), appendix C.

use super::row::Row;
use super::state;
use voidgrad_macros::differentiate;
use voidgrad_real::{logaddexp, softplus};

/// `ln 0` in a sum of exponentials, as a finite number: the difference of two of them is not NaN.
const LN_ZERO: f64 = -1e308;

/// `ln p(b) = ln softmax(a)_b`, with b one-hot.
///
/// Computed as `-softplus(ln Σ_{k≠b} e^(a_k) - a_b)`: what is left of 1 stays exact where `θ_b` rounds to 1, in the
/// value and in the derivative, the score `∂/∂a_k ln p(b) = [k = b] - θ_k`.
///
/// ```
/// use voidgrad::categorical::logit;
/// let b = [0.0, 1.0, 0.0];
/// assert!((logit::ln_p(b, [2.0; 3]) + 3.0_f64.ln()).abs() < 1e-15);
/// let nearly_certain = logit::ln_p(b, [-700.0, 0.0, -701.0]);
/// let left_of_1 = (1.0 + (-1.0_f64).exp()) * (-700.0_f64).exp();
/// assert!((nearly_certain + left_of_1).abs() < 1e-13 * left_of_1);
/// let score = logit::ln_p::d_a(b, [0.0, 700.0, -700.0]);
/// assert_eq!((score[0], score[1]), (-(-700.0_f64).exp(), (-700.0_f64).exp()));
/// ```
#[must_use]
#[differentiate(wrt(a))]
pub fn ln_p<const K: usize>(b: [f64; K], a: [f64; K]) -> f64 {
    let mut others = LN_ZERO;
    for k in 0..K {
        others = logaddexp(others, if b[k] > 0.5 { LN_ZERO } else { a[k] });
    }
    let drawn = a.iter().zip(b).map(|(a, b)| if b > 0.5 { *a } else { 0.0 }).sum::<f64>();
    -softplus(others - drawn)
}

/// The reparameterisation `z_k = g(u_k, k, a) = ln softmax(a)_k - ln(-ln u_k)` of `u_k ~ U(0, 1)`, with k
/// one-hot. The state that is drawn is the [`argmax`] of all K (Gumbel-max).
///
/// ```
/// use voidgrad::categorical::logit::{argmax, g};
/// let (u, a) = ([0.3, 0.5, 0.9], [0.0, 1.0, -1.0]);
/// let z = [g(u[0], [1.0, 0.0, 0.0], a), g(u[1], [0.0, 1.0, 0.0], a), g(u[2], [0.0, 0.0, 1.0], a)];
/// assert_eq!(argmax(&z), 1);
/// ```
#[must_use]
#[differentiate(wrt(a))]
pub fn g<const K: usize>(u: f64, k: [f64; K], a: [f64; K]) -> f64 {
    state::g(u, ln_p(k, a))
}

/// The state: the index of the largest entry, the first of them where several are the largest.
///
/// ```
/// use voidgrad::categorical::logit::argmax;
/// assert_eq!(argmax(&[0.5, 2.0, 2.0]), 1);
/// ```
#[must_use]
pub fn argmax(z: &[f64]) -> usize {
    let mut largest = 0;
    for (k, value) in z.iter().enumerate() {
        if *value > z[largest] {
            largest = k;
        }
    }
    largest
}

/// The conditional reparameterisation `z̃_k = g̃(v_k, v_b, k, b, a)` of `v ~ U(0, 1)ᴷ`: z as it is distributed
/// where its argmax is b; k and b are one-hot, and `v_b` is the noise of the state that was drawn.
///
/// `-ln(-ln v_b)` where `k = b`, `-ln(-ln v_k/θ_k - ln v_b)` elsewhere. The argmax of all K is b, after
/// rounding too: see [`state::g_tilde_other()`].
///
/// ```
/// use voidgrad::categorical::logit::g_tilde;
/// let (v, a) = ([0.3, 0.5, 0.9], [0.0, 1.0, -1.0]);
/// let (other, drawn) = ([1.0, 0.0, 0.0], [0.0, 0.0, 1.0]);
/// assert_eq!(g_tilde(v[2], v[2], drawn, drawn, a), -(-0.9_f64.ln()).ln());
/// assert!(g_tilde(v[0], v[2], other, drawn, a) < g_tilde(v[2], v[2], drawn, drawn, a));
/// ```
#[must_use]
#[differentiate(wrt(a))]
pub fn g_tilde<const K: usize>(v_k: f64, v_b: f64, k: [f64; K], b: [f64; K], a: [f64; K]) -> f64 {
    let z_tilde_b = -(-v_b.ln()).ln();
    let is_drawn = k.iter().zip(b).map(|(k, b)| k * b).sum::<f64>() > 0.5;
    if is_drawn { z_tilde_b } else { state::g_tilde_other(v_k, z_tilde_b, ln_p(k, a)) }
}

/// The logarithm of the density of z, K independent Gumbel variables:
/// `ln p(z) = Σ_k x_k - e^(x_k)`, `x_k = ln θ_k - z_k`.
///
/// ```
/// use voidgrad::categorical::logit;
/// let half = -(2.0_f64.ln());
/// assert!((logit::ln_density([half; 2], [3.0, 3.0]) + 2.0).abs() < 1e-15);
/// ```
#[must_use]
pub fn ln_density<const K: usize>(z: [f64; K], a: [f64; K]) -> f64 {
    let row = Row::new(&a);
    z.iter().enumerate().map(|(k, &z)| state::ln_density(z, row.at(k).ln_theta)).sum()
}

/// The logarithm of the density of z given its argmax b, `ln p(z) - ln p(b)` where the argmax of z is b, else
/// `-∞`; the density of `z̃`.
///
/// ```
/// use voidgrad::categorical::logit;
/// let (z, a) = ([0.5, -0.5], [1.0, 1.0]);
/// assert_eq!(logit::ln_density_given(z, a, [0.0, 1.0]), f64::NEG_INFINITY);
/// let given = logit::ln_density_given(z, a, [1.0, 0.0]);
/// assert!((given - logit::ln_density(z, a) - 2.0_f64.ln()).abs() < 1e-15);
/// ```
#[must_use]
pub fn ln_density_given<const K: usize>(z: [f64; K], a: [f64; K], b: [f64; K]) -> f64 {
    if b[argmax(&z)] > 0.5 { ln_density(z, a) - ln_p(b, a) } else { f64::NEG_INFINITY }
}
