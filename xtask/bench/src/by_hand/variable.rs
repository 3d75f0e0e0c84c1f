//! One Bernoulli variable in lanes: z, b, z̃ and what its logit does to them.

use fearless_simd::Simd;
use fearless_simd::prelude::*;
use voidgrad::sigmoid;

use super::vector::Vector;

/// The variable's logit and what depends on it alone.
#[derive(Debug, Clone, Copy)]
pub(super) struct Variable {
    a: f64,
    /// `e^a` and `e^-a`.
    odds: [f64; 2],
    /// `∂/∂a ln p(b)` where b is 1 and where it is 0.
    scores: [f64; 2],
    /// `f(1)` and `f(0)`.
    values: [f64; 2],
}

/// One vector of samples.
#[derive(Clone, Copy)]
pub(super) struct Sample<V> {
    pub(super) z: V,
    pub(super) z_tilde: V,
    /// `∂z̃/∂a`.
    pub(super) z_tilde_a: V,
    pub(super) score: V,
    pub(super) f: V,
}

impl Variable {
    /// `f(b) = (b - t)²` at the logit a.
    pub(super) fn new(a: f64, target: f64) -> Self {
        Self {
            a,
            odds: [a.exp(), (-a).exp()],
            scores: [sigmoid(-a), -sigmoid(a)],
            values: [(1.0 - target) * (1.0 - target), target * target],
        }
    }

    /// `z = a + ln(u/(1 - u))`.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(super) fn z<S: Simd, V: Vector<S>>(&self, simd: S, u: V) -> V {
        let one = V::splat_of(simd, 1.0);
        let quotient = V::quotient(u, one - u);
        quotient.ln(one / quotient.sum) + V::splat_of(simd, self.a)
    }

    /// The rest, z̃ as `±ln((1 + v·e^±a)/(1 - v))`: one logarithm, and its reduced quotient and that of `∂z̃/∂a` share
    /// one division.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(super) fn sample<S: Simd, V: Vector<S>>(&self, simd: S, z: V, v: V) -> Sample<V> {
        let one = V::splat_of(simd, 1.0);
        let b = z.simd_ge(V::splat_of(simd, 0.0));
        let growth = v * choose::<S, V>(simd, b, self.odds);
        let t = one + growth;
        let quotient = V::quotient(t, one - v);
        let both = one / (t * quotient.sum);
        let size = quotient.ln(both * t);
        Sample {
            z,
            z_tilde: b.select(size, -size),
            z_tilde_a: growth * both * quotient.sum,
            score: choose(simd, b, self.scores),
            f: choose(simd, b, self.values),
        }
    }
}

/// The first value where b is 1, the second where it is 0.
#[cfg_attr(not(debug_assertions), inline(always))]
fn choose<S: Simd, V: Vector<S>>(simd: S, b: V::Mask, [at_1, at_0]: [f64; 2]) -> V {
    b.select(V::splat_of(simd, at_1), V::splat_of(simd, at_0))
}
