//! `k(x) = (σ(x) - t)²` at two points, from two exponentials and one division.

use fearless_simd::Simd;

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
#[cfg_attr(not(debug_assertions), inline(always))]
pub(super) fn logistic<S: Simd, V: Vector<S>>(simd: S, z: [V; 2], rate: f64) -> [Logistic<V>; 2] {
    let one = V::splat_of(simd, 1.0);
    let to_log2 = V::splat_of(simd, -rate * std::f64::consts::LOG2_E);
    let e = [(z[0] * to_log2).exp2(), (z[1] * to_log2).exp2()];
    let denominators = [one + e[0], one + e[1]];
    let both = one / (denominators[0] * denominators[1]);
    [Logistic { e: e[0], s: both * denominators[1] }, Logistic { e: e[1], s: both * denominators[0] }]
}

/// `k` there: `1 - s = e·s` keeps its digits.
#[cfg_attr(not(debug_assertions), inline(always))]
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
