//! `k(x) = (σ(x) - t)²` at two points, from two exponentials and one division, and ĝ with `c(z) = k(z/λ) + r(z)`.

use fearless_simd::Simd;

use super::variable::Sample;
use super::vector::Vector;

/// `k`, `k′` and `k″`.
#[derive(Clone, Copy)]
pub(super) struct Relaxed<V> {
    pub(super) k: V,
    pub(super) k_x: V,
    pub(super) k_xx: V,
}

/// `e^-x` and `σ(x)`.
#[derive(Clone, Copy)]
pub(super) struct Logistic<V> {
    e: V,
    s: V,
}

impl<V> Logistic<V> {
    /// A place for one.
    pub(super) fn new(zero: V) -> Self
    where
        V: Copy,
    {
        Self { e: zero, s: zero }
    }
}

/// `σ(z/λ)` at two z; `rate` is `1/λ`.
#[inline(always)]
pub(super) fn logistic<S: Simd, V: Vector<S>>(simd: S, z: [V; 2], rate: f64) -> [Logistic<V>; 2] {
    let one = V::splat_of(simd, 1.0);
    let to_log2 = V::splat_of(simd, -rate * std::f64::consts::LOG2_E);
    let e = [(z[0] * to_log2).exp2(), (z[1] * to_log2).exp2()];
    let denominators = [one + e[0], one + e[1]];
    let both = one / (denominators[0] * denominators[1]);
    [Logistic { e: e[0], s: both * denominators[1] }, Logistic { e: e[1], s: both * denominators[0] }]
}

/// `k` there: `1 - s = e·s` keeps its digits.
#[inline(always)]
pub(super) fn relaxed<S: Simd, V: Vector<S>>(
    simd: S,
    Logistic { e, s }: Logistic<V>,
    target: f64,
) -> Relaxed<V> {
    let rest = e * s;
    let s_x = s * rest;
    let d = s - V::splat_of(simd, target);
    let twice_d = d + d;
    // k″ = 2(σ′² + dσ″), σ″ = σ′(1 - 2σ).
    let k_xx = s_x * twice_d.mul_add(rest - s, s_x + s_x);
    Relaxed { k: d * d, k_x: twice_d * s_x, k_xx }
}

/// ĝ of a vector of samples, and what weighs the derivatives of c by its parameters: `∂c/∂z` at z and at z̃, and c at z̃.
pub(super) struct Estimate<V> {
    pub(super) g: V,
    pub(super) z_dot: V,
    pub(super) z_tilde_dot: V,
    pub(super) c_bar: V,
    /// Minus the derivative by ln λ.
    pub(super) minus_ln_lambda: V,
}

/// ĝ with `c(z) = k(z/λ) + r(z)`; `r` is at z̃, and `r_z` is `∂r/∂z` at z and at z̃. `rate` is `1/λ`.
#[inline(always)]
pub(super) fn estimate<S: Simd, V: Vector<S>>(
    Sample { z, z_tilde, z_tilde_a, score, f }: Sample<V>,
    rate: V,
    [k, k_tilde]: [Relaxed<V>; 2],
    r: V,
    r_z: [V; 2],
) -> Estimate<V> {
    let (x, x_tilde) = (z * rate, z_tilde * rate);
    let c_z = k.k_x.mul_add(rate, r_z[0]);
    let c_z_tilde = k_tilde.k_x.mul_add(rate, r_z[1]);
    let g = (f - k_tilde.k - r).mul_add(score, c_z) - c_z_tilde * z_tilde_a;
    let z_dot = g + g;
    let z_tilde_dot = -(z_dot * z_tilde_a);
    let c_bar = -(z_dot * score);
    let bend = z_dot * x.mul_add(k.k_xx, k.k_x) + z_tilde_dot * x_tilde.mul_add(k_tilde.k_xx, k_tilde.k_x);
    let minus_ln_lambda = c_bar * x_tilde * k_tilde.k_x + rate * bend;
    Estimate { g, z_dot, z_tilde_dot, c_bar, minus_ln_lambda }
}
