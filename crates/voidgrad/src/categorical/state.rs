//! One state of a categorical variable by its log-probability `ln θ_k`.
//!
//! All that couples the states of a variable is `ln θ = ln softmax(a)`; given that, each has its own `z_k`, a
//! Gumbel variable around `ln θ_k`, and the estimators work on these functions of numbers. For `ln θ` down to -1400
//! and noise down to one unit in the last place from 0 and 1 their errors are a few units in the last place of the largest term,
//! or of 1 where that is larger. Source: Maddison, Tarlow and Minka 2014, section 2; REBAR (Tucker et al. 2017), appendix C, for `g̃`.

use voidgrad_macros::differentiate;
use voidgrad_real::logaddexp;

/// The reparameterisation `z_k = g(u_k, ln θ_k) = ln θ_k - ln(-ln u_k)` of `u_k ~ U(0, 1)`.
///
/// ```
/// use voidgrad::categorical::state;
/// let u = (-1.0_f64).exp(); // -ln u = 1
/// assert_eq!(state::g(u, -0.5), -0.5);
/// assert_eq!(state::g::d_ln_theta(u, -0.5), 1.0);
/// ```
#[must_use]
#[differentiate(wrt(ln_theta))]
pub fn g(u: f64, ln_theta: f64) -> f64 {
    ln_theta - (-u.ln()).ln()
}

/// `z̃_b` of the state b that was drawn: `-ln(-ln v_b)`, the largest of K Gumbel variables around `ln θ_k`;
/// it depends on no `θ_k`.
///
/// ```
/// use voidgrad::categorical::state;
/// assert_eq!(state::g_tilde_drawn((-1.0_f64).exp()), 0.0);
/// ```
#[must_use]
pub fn g_tilde_drawn(v: f64) -> f64 {
    -(-v.ln()).ln()
}

/// `z̃_k` of a state that was not drawn: `-ln(-ln v_k/θ_k - ln v_b)`, a Gumbel variable around `ln θ_k` that
/// is known to be less than `drawn`, which is `z̃_b`.
///
/// It is less after rounding, too: where the two would be the same `f64`, this one is a unit in the last place
/// lower, so that the argmax of `z̃` is the state under any rule for ties.
///
/// ```
/// use voidgrad::categorical::state;
/// let drawn = state::g_tilde_drawn(1e-12);
/// let lower = state::g_tilde_other(1.0 - f64::EPSILON, drawn, -1e-300);
/// assert!(lower < drawn && lower > drawn - 1e-14);
/// ```
#[must_use]
#[differentiate(wrt(ln_theta))]
pub fn g_tilde_other(v: f64, drawn: f64, ln_theta: f64) -> f64 {
    let z_tilde = -logaddexp((-v.ln()).ln() - ln_theta, -drawn);
    z_tilde.min(drawn - f64::EPSILON * drawn.abs())
}

/// The logarithm of the density of `z_k = g(u_k, ln θ_k)`, the Gumbel distribution around `ln θ_k`:
/// `ln p(z) = x - e^x`, `x = ln θ_k - z`.
///
/// ```
/// use voidgrad::categorical::state;
/// assert_eq!(state::ln_density(-0.5, -0.5), -1.0);
/// ```
#[must_use]
#[differentiate(wrt(z, ln_theta))]
pub fn ln_density(z: f64, ln_theta: f64) -> f64 {
    (ln_theta - z) - (ln_theta - z).exp()
}
