//! RELAX's control in lanes: `c(z) = k(z/λ) + r(z)`, r = Linear(1, 5) `ReLU` Linear(5, 5) `ReLU` Linear(5, 1) `ReLU`.
//!
//! What a person sees in this network and uses: its masks are constants, so `∂r/∂z = w₁ᵀδ₁` comes out of the backward
//! pass and needs no forward tangent; at z nothing weighs `c` itself, so only the last mask is needed of it; and the
//! gradient of w₃ is `W₂`'s and `b₂`'s read once more, because `x₂` is linear in them. Each point then costs three
//! products with a 5 × 5 matrix: `x₂`, `δ₁`, and the sums for `W₂`.

use fearless_simd::Simd;
use fearless_simd::prelude::*;

use super::relaxation::{Logistic, logistic, relaxed};
use super::source::Source;
use super::variable::{Sample, Variable};
use super::vector::Vector;
use super::{BLOCK, Kernel, add};

const H: usize = 5;
/// λ and the 46 weights.
pub(super) const PARAMETERS: usize = 47;

/// The point at which it is computed; matrices are `[row][column]`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Relax {
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

/// Numbers that are spread over lanes where they are used, which costs nothing: they are read from memory anyway.
struct Weights<E> {
    w1: [E; H],
    b1: [E; H],
    w2: [[E; H]; H],
    b2: [E; H],
    w3: [E; H],
    b3: E,
    /// `w₃[i]·W₂[i, j]`
    w3_w2: [[E; H]; H],
}

/// The network at the points of a vector.
#[derive(Clone, Copy)]
struct Point<V, M> {
    /// Whether unit j of the first layer is on.
    on: [M; H],
    /// Whether the path through unit i of the second layer is open to the end.
    open: [M; H],
    /// Whether the last `ReLU` is on.
    last: M,
    r: V,
    /// `δ₁` before the first mask.
    delta1: [V; H],
    r_z: V,
}

#[cfg_attr(not(debug_assertions), inline(always))]
fn forward<S: Simd, V: Vector<S>>(at: &Weights<V::Element>, z: V, point: &mut Point<V, V::Mask>) {
    let simd = z.token();
    let zero = V::splat_of(simd, 0.0);
    let mut h1 = [zero; H];
    for j in 0..H {
        h1[j] = z.mul_add(V::splat(simd, at.w1[j]), V::splat(simd, at.b1[j])).max(zero);
        point.on[j] = h1[j].simd_gt(zero);
    }
    let mut x2 = [zero; H];
    let mut x3 = V::splat(simd, at.b3);
    for i in 0..H {
        let mut sum = V::splat(simd, at.b2[i]);
        for j in 0..H {
            sum = h1[j].mul_add(V::splat(simd, at.w2[i][j]), sum);
        }
        x2[i] = sum;
        x3 = sum.max(zero).mul_add(V::splat(simd, at.w3[i]), x3);
    }
    point.last = x3.simd_gt(zero);
    point.r = x3.max(zero);
    for i in 0..H {
        point.open[i] = x2[i].simd_gt(zero) & point.last;
    }
}

#[cfg_attr(not(debug_assertions), inline(always))]
fn slope<S: Simd, V: Vector<S>>(simd: S, at: &Weights<V::Element>, point: &mut Point<V, V::Mask>) {
    let zero = V::splat_of(simd, 0.0);
    let mut r_z = zero;
    for j in 0..H {
        let mut sum = zero;
        for i in 0..H {
            sum = point.open[i].select(sum + V::splat(simd, at.w3_w2[i][j]), sum);
        }
        r_z = point.on[j].select(sum.mul_add(V::splat(simd, at.w1[j]), r_z), r_z);
        point.delta1[j] = sum;
    }
    point.r_z = r_z;
}

/// What weighs the derivatives of a vector of samples: `∂c/∂z` at z by `z_dot`, at z̃ by `z_tilde_dot`, and c at z̃ by
/// `c_bar`.
#[derive(Clone, Copy)]
struct Weighed<V> {
    z_dot: V,
    c_bar: V,
    /// `c̄·z̃ + ż`, what weighs `w₁`.
    z_bar: V,
}

impl Kernel for Relax {
    #[expect(clippy::too_many_lines, reason = "the phases read best one below the other")]
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn chunk<S: Simd, V: Vector<S>>(
        &self,
        simd: S,
        source: &mut impl Source<S, V>,
        blocks: usize,
        sums: &mut Vec<f64>,
    ) {
        let zero = V::splat_of(simd, 0.0);
        let rate = V::splat_of(simd, self.rate);
        let narrow = V::narrow;
        let at = &Weights {
            w1: self.w1.map(narrow),
            b1: self.b1.map(narrow),
            w2: self.w2.map(|row| row.map(narrow)),
            b2: self.b2.map(narrow),
            w3: self.w3.map(narrow),
            b3: narrow(self.b3),
            w3_w2: std::array::from_fn(|i| self.w2[i].map(|w2| narrow(self.w3[i] * w2))),
        };
        let mut first = [zero; 4];
        let (mut w1, mut b1) = ([zero; H], [zero; H]);
        let (mut w2, mut b2) = ([[zero; H]; H], [zero; H]);
        // The buffers of a block, made once: clearing or copying them each time would cost a tenth of the whole.
        let off = zero.simd_gt(zero);
        let nothing =
            Point { on: [off; H], open: [off; H], last: off, r: zero, delta1: [zero; H], r_z: zero };
        let mut noise = [(zero, zero); BLOCK];
        let mut samples = [Sample { z: zero, z_tilde: zero, z_tilde_a: zero, score: zero, f: zero }; BLOCK];
        let (mut at_z, mut at_z_tilde) = ([nothing; BLOCK], [nothing; BLOCK]);
        let mut weighed = [Weighed { z_dot: zero, c_bar: zero, z_bar: zero }; BLOCK];
        let mut h = [[zero; 2 * H]; BLOCK];
        let mut logistics = [[Logistic::new(zero); 2]; BLOCK];
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
                let at = std::hint::black_box(at);
                forward(at, samples[n].z, &mut at_z[n]);
                forward(at, samples[n].z_tilde, &mut at_z_tilde[n]);
            }
            for n in 0..BLOCK {
                let at = std::hint::black_box(at);
                slope(simd, at, &mut at_z[n]);
                slope(simd, at, &mut at_z_tilde[n]);
            }
            for n in 0..BLOCK {
                let Sample { z, z_tilde, .. } = samples[n];
                logistics[n] = logistic(simd, [z, z_tilde], self.rate);
            }
            for n in 0..BLOCK {
                let Sample { z, z_tilde, z_tilde_a, score, f } = samples[n];
                let (here, there) = (&at_z[n], &at_z_tilde[n]);
                let [at_x, at_x_tilde] = logistics[n];
                let k = relaxed(simd, at_x, self.target);
                let k_tilde = relaxed(simd, at_x_tilde, self.target);
                let (x, x_tilde) = (z * rate, z_tilde * rate);
                let c_z = k.k_x.mul_add(rate, here.r_z);
                let c_z_tilde = k_tilde.k_x.mul_add(rate, there.r_z);
                let g = (f - k_tilde.k - there.r).mul_add(score, c_z) - c_z_tilde * z_tilde_a;
                let z_dot = g + g;
                let z_tilde_dot = -(z_dot * z_tilde_a);
                let c_bar = -(z_dot * score);
                let bend = z_dot * x.mul_add(k.k_xx, k.k_x)
                    + z_tilde_dot * x_tilde.mul_add(k_tilde.k_xx, k_tilde.k_x);
                first[0] += g;
                first[1] = g.mul_add(g, first[1]);
                first[2] -= c_bar * x_tilde * k_tilde.k_x + rate * bend;
                first[3] = there.last.select(first[3] + c_bar, first[3]);
                weighed[n] = Weighed { z_dot, c_bar, z_bar: c_bar.mul_add(z_tilde, z_tilde_dot) };
            }
            for n in 0..BLOCK {
                let at = std::hint::black_box(at);
                let Weighed { z_dot, c_bar, z_bar } = weighed[n];
                let (here, there) = (&at_z[n], &at_z_tilde[n]);
                for j in 0..H {
                    let weight = V::splat(simd, at.w1[j]);
                    w1[j] = here.on[j].select(here.delta1[j].mul_add(z_dot, w1[j]), w1[j]);
                    w1[j] = there.on[j].select(there.delta1[j].mul_add(z_bar, w1[j]), w1[j]);
                    b1[j] = there.on[j].select(there.delta1[j].mul_add(c_bar, b1[j]), b1[j]);
                    h[n][j] = here.on[j].select(z_dot * weight, zero);
                    // c̄·h₁ + ż·∂h₁/∂z
                    let h_tilde = z_bar.mul_add(weight, c_bar * V::splat(simd, at.b1[j]));
                    h[n][H + j] = there.on[j].select(h_tilde, zero);
                }
            }
            for i in 0..H {
                let (mut row, mut bias) = (w2[i], b2[i]);
                for n in 0..BLOCK {
                    let (open, open_tilde) = (at_z[n].open[i], at_z_tilde[n].open[i]);
                    bias = open_tilde.select(bias + weighed[n].c_bar, bias);
                    for j in 0..H {
                        row[j] = open.select(row[j] + h[n][j], row[j]);
                        row[j] = open_tilde.select(row[j] + h[n][H + j], row[j]);
                    }
                }
                (w2[i], b2[i]) = (row, bias);
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
