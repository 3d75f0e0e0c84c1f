//! RELAX's control in lanes: `c(z) = k(z/λ) + r(z)`, r = Linear(1, 5) `ReLU` Linear(5, 5) `ReLU` Linear(5, 1) `ReLU`.
//!
//! What a person sees in this network and uses: its masks are constants, so `∂r/∂z = w₁ᵀδ₁` comes out of the backward
//! pass and needs no forward tangent; at z nothing weighs `c` itself, so only the last mask is needed of it; and the
//! gradient of w₃ is `W₂`'s and `b₂`'s read once more, because `x₂` is linear in them. Each point then costs three
//! products with a 5 × 5 matrix: `x₂`, `δ₁`, and the sums for `W₂`.

use fearless_simd::Simd;
use fearless_simd::prelude::*;

use super::relaxation::at_both;
use super::source::Source;
use super::variable::{Sample, Variable};
use super::vector::Vector;
use super::{BLOCK, Kernel, add};

const H: usize = 5;
/// λ and the 46 weights.
pub(super) const PARAMETERS: usize = 47;

/// The point at which it is computed; matrices are `[row][column]`.
#[derive(Debug, Clone, Copy)]
pub(in crate::bench) struct Relax {
    pub(super) variable: Variable,
    pub(super) rate: f64,
    pub(super) target: f64,
    pub(super) w1: [f64; H],
    pub(super) b1: [f64; H],
    pub(super) w2: [[f64; H]; H],
    pub(super) b2: [f64; H],
    pub(super) w3: [f64; H],
    pub(super) b3: f64,
}

impl Relax {
    /// From the flat φ: ln λ, w₁, b₁, W₂ by columns, b₂, w₃, b₃.
    pub(super) fn new(a: f64, target: f64, phi: &[f64]) -> Self {
        let part = |start: usize| std::array::from_fn(|i| phi[start + i]);
        Self {
            variable: Variable::new(a, target),
            rate: (-phi[0]).exp(),
            target,
            w1: part(1),
            b1: part(6),
            w2: std::array::from_fn(|i| std::array::from_fn(|j| phi[11 + H * j + i])),
            b2: part(36),
            w3: part(41),
            b3: phi[46],
        }
    }
}

/// The network at one point.
struct Point<V> {
    /// `h₁`, and `w₁` where the first mask is on.
    h1: [V; H],
    h1_z: [V; H],
    /// 1 where the path through unit i of the second layer is open to the end.
    open: [V; H],
    /// `δ₁` behind the first mask.
    delta1: [V; H],
    last: V,
    r: V,
    r_z: V,
}

#[inline(always)]
fn point<S: Simd, V: Vector<S>>(simd: S, at: &Relax, w3_w2: &[[f64; H]; H], z: V) -> Point<V> {
    let (zero, one) = (V::splat_of(simd, 0.0), V::splat_of(simd, 1.0));
    let mut h1 = [zero; H];
    let mut h1_z = [zero; H];
    for j in 0..H {
        let x1 = z.mul_add(V::splat_of(simd, at.w1[j]), V::splat_of(simd, at.b1[j]));
        h1[j] = x1.max(zero);
        h1_z[j] = x1.simd_gt(zero).select(V::splat_of(simd, at.w1[j]), zero);
    }
    let mut x2 = [zero; H];
    let mut x3 = V::splat_of(simd, at.b3);
    for i in 0..H {
        let mut sum = V::splat_of(simd, at.b2[i]);
        for j in 0..H {
            sum = h1[j].mul_add(V::splat_of(simd, at.w2[i][j]), sum);
        }
        x2[i] = sum;
        x3 = sum.max(zero).mul_add(V::splat_of(simd, at.w3[i]), x3);
    }
    let last = x3.simd_gt(zero).select(one, zero);
    let mut open = [zero; H];
    for i in 0..H {
        open[i] = x2[i].simd_gt(zero).select(last, zero);
    }
    let mut delta1 = [zero; H];
    let mut r_z = zero;
    for j in 0..H {
        let mut sum = open[0] * V::splat_of(simd, w3_w2[0][j]);
        for i in 1..H {
            sum = open[i].mul_add(V::splat_of(simd, w3_w2[i][j]), sum);
        }
        r_z = h1_z[j].mul_add(sum, r_z);
        delta1[j] = h1[j].simd_gt(zero).select(sum, zero);
    }
    Point { h1, h1_z, open, delta1, last, r: x3.max(zero), r_z }
}

/// What a block leaves for the sums over `W₂` and `b₂`.
#[derive(Clone, Copy)]
struct Outer<V> {
    open: [V; H],
    h: [V; H],
}

impl Kernel for Relax {
    #[inline(always)]
    fn chunk<S: Simd, V: Vector<S>>(
        &self,
        simd: S,
        source: &mut impl Source<S, V>,
        blocks: usize,
        sums: &mut Vec<f64>,
    ) {
        let zero = V::splat_of(simd, 0.0);
        let rate = V::splat_of(simd, self.rate);
        let mut w3_w2 = self.w2;
        for i in 0..H {
            for j in 0..H {
                w3_w2[i][j] *= self.w3[i];
            }
        }
        let mut first = [zero; 4];
        let (mut w1, mut b1) = ([zero; H], [zero; H]);
        let (mut w2, mut b2) = ([[zero; H]; H], [zero; H]);
        // The buffers of a block, made once: clearing or copying them each time would cost a tenth of the whole.
        let nothing = Outer { open: [zero; H], h: [zero; H] };
        let mut noise = [(zero, zero); BLOCK];
        let mut samples = [Sample { z: zero, z_tilde: zero, z_tilde_a: zero, score: zero, f: zero }; BLOCK];
        let (mut at_z, mut at_z_tilde) = ([nothing; BLOCK], [nothing; BLOCK]);
        let mut c_bars = [zero; BLOCK];
        for _ in 0..blocks {
            for n in 0..BLOCK {
                noise[n] = source.pair(simd);
            }
            for n in 0..BLOCK {
                samples[n].z = self.variable.z(simd, noise[n].0);
            }
            for n in 0..BLOCK {
                samples[n] = self.variable.sample(simd, samples[n].z, noise[n].1);
            }
            for n in 0..BLOCK {
                let Sample { z, z_tilde, z_tilde_a, score, f } = samples[n];
                let here = point(simd, self, &w3_w2, z);
                at_z[n].open = here.open;
                let there = point(simd, self, &w3_w2, z_tilde);
                at_z_tilde[n].open = there.open;
                let [(x, k), (x_tilde, k_tilde)] = at_both(simd, [z, z_tilde], self.rate, self.target);
                let c_z = k.k_x.mul_add(rate, here.r_z);
                let c_z_tilde = k_tilde.k_x.mul_add(rate, there.r_z);
                let g = (f - k_tilde.k - there.r).mul_add(score, c_z) - c_z_tilde * z_tilde_a;
                // The weights on ∂c/∂z at z and at z̃, and on c at z̃.
                let z_dot = g + g;
                let z_tilde_dot = -(z_dot * z_tilde_a);
                let c_bar = -(z_dot * score);
                let bend = z_dot * x.mul_add(k.k_xx, k.k_x)
                    + z_tilde_dot * x_tilde.mul_add(k_tilde.k_xx, k_tilde.k_x);
                first[0] += g;
                first[1] = g.mul_add(g, first[1]);
                first[2] -= c_bar * x_tilde * k_tilde.k_x + rate * bend;
                first[3] = c_bar.mul_add(there.last, first[3]);
                let z_bar = c_bar.mul_add(z_tilde, z_tilde_dot);
                c_bars[n] = c_bar;
                for j in 0..H {
                    w1[j] = here.delta1[j].mul_add(z_dot, there.delta1[j].mul_add(z_bar, w1[j]));
                    b1[j] = there.delta1[j].mul_add(c_bar, b1[j]);
                    at_z[n].h[j] = here.h1_z[j] * z_dot;
                    at_z_tilde[n].h[j] = there.h1[j].mul_add(c_bar, there.h1_z[j] * z_tilde_dot);
                }
            }
            for n in 0..BLOCK {
                for i in 0..H {
                    b2[i] = at_z_tilde[n].open[i].mul_add(c_bars[n], b2[i]);
                    for j in 0..H {
                        w2[i][j] = at_z_tilde[n].open[i].mul_add(at_z_tilde[n].h[j], w2[i][j]);
                    }
                }
            }
            for n in 0..BLOCK {
                for i in 0..H {
                    for j in 0..H {
                        w2[i][j] = at_z[n].open[i].mul_add(at_z[n].h[j], w2[i][j]);
                    }
                }
            }
        }
        let mut totals = [0.0; 2 + PARAMETERS];
        let [g, square, ln_lambda, b3] = first;
        (totals[0], totals[1], totals[2], totals[48]) =
            (g.total(), square.total(), ln_lambda.total(), b3.total());
        for i in 0..H {
            totals[3 + i] = w1[i].total();
            totals[8 + i] = b1[i].total();
            let of_b2 = b2[i].total();
            totals[38 + i] = self.w3[i] * of_b2;
            totals[43 + i] = self.b2[i] * of_b2;
            for j in 0..H {
                let of_w2 = w2[i][j].total();
                totals[13 + H * j + i] = self.w3[i] * of_w2;
                totals[43 + i] += self.w2[i][j] * of_w2;
            }
        }
        add(sums, &totals);
    }
}
