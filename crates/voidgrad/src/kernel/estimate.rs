//! The one definition of ĝ and of the weights of its variance gradient, for a number or for lanes of them.
//!
//! Source: RELAX (Grathwohl et al. 2018), equations 8 and 9.

use voidgrad_real::Real;

/// `∂c/∂z - ∂c/∂z̃·∂z̃/∂a`, the part of `ĝ` that knows neither f nor c.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(crate) fn pathwise<R: Real>(c_z: R, c_z_tilde: R, z_tilde_a: R) -> R {
    (-c_z_tilde).mul_add(z_tilde_a, c_z)
}

/// `ĝ = (f - c)·∂/∂a ln p(b) + pathwise`.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(crate) fn g_hat<R: Real>(advantage: R, score: R, pathwise: R) -> R {
    advantage.mul_add(score, pathwise)
}

/// The weights of one coordinate in `s·(∂ĝ/∂φ)ᵀ ĝ`.
pub(crate) struct Weights<R> {
    /// On `∂²c/∂z∂φ` at z.
    pub(crate) z_dot: R,
    /// On `∂²c/∂z∂φ` at z̃.
    pub(crate) z_tilde_dot: R,
    /// On `∂c/∂φ` at z̃; it is added up over the coordinates.
    pub(crate) c_bar: R,
}

/// The weights of a coordinate, given `s·ĝ` there.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(crate) fn weights<R: Real>(scaled: R, score: R, z_tilde_a: R) -> Weights<R> {
    Weights { z_dot: scaled, z_tilde_dot: -(scaled * z_tilde_a), c_bar: -(scaled * score) }
}
