//! 200 variables and a control of all of them, lanes over the variables: `c(z) = η·mean_m k(z_m/λ)`.

use fearless_simd::Simd;
use fearless_simd::prelude::*;
use voidgrad::sigmoid;

use super::relaxation::{Logistic, logistic, relaxed};
use super::source::Source;
use super::vector::Vector;
use super::{Kernel, add};
use crate::case::MANY;

/// Whole vectors of either kind.
const PADDED: usize = 208;
/// The most vectors that these are.
const VECTORS: usize = PADDED / 8;

/// The point at which it is computed.
pub(super) struct Quadratic {
    logits: [f64; PADDED],
    eta: f64,
    rate: f64,
    target: f64,
}

impl Quadratic {
    /// From the flat φ: η, ln λ.
    pub(super) fn new(logits: &[f64], target: f64, phi: &[f64]) -> Self {
        let logits = std::array::from_fn(|m| logits.get(m).copied().unwrap_or(0.0));
        Self { logits, eta: phi[0], rate: (-phi[1]).exp(), target }
    }
}

/// What the logits alone give, and 1 where there is a variable.
#[derive(Clone, Copy)]
struct Constants<V> {
    a: V,
    up: V,
    down: V,
    score_of_one: V,
    live: V,
}

/// What the first pass leaves for the second.
#[derive(Clone, Copy)]
struct Kept<V> {
    score: V,
    /// `k′(x) - ∂z̃/∂a·k′(x̃)`
    slope: V,
    /// Its derivative by ln λ, less the slope itself.
    bend: V,
}

impl Kernel for Quadratic {
    fn variables(&self) -> usize {
        MANY
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn chunk<S: Simd, V: Vector<S>>(
        &self,
        simd: S,
        source: &mut impl Source<S, V>,
        samples: usize,
        sums: &mut Vec<f64>,
    ) {
        let (zero, one) = (V::splat_of(simd, 0.0), V::splat_of(simd, 1.0));
        let vectors = PADDED / V::LANES;
        let nothing = Constants { a: zero, up: zero, down: zero, score_of_one: zero, live: zero };
        let mut constants = [nothing; VECTORS];
        for n in 0..vectors {
            let mut rows = [[0.0; 16]; 5];
            for lane in 0..V::LANES {
                let m = n * V::LANES + lane;
                let a = self.logits[m];
                let values = [a, a.exp(), (-a).exp(), sigmoid(-a), if m < MANY { 1.0 } else { 0.0 }];
                for (row, value) in rows.iter_mut().zip(values) {
                    row[lane] = value;
                }
            }
            let [a, up, down, score_of_one, live] = rows;
            constants[n] = Constants {
                a: V::load(simd, &a),
                up: V::load(simd, &up),
                down: V::load(simd, &down),
                score_of_one: V::load(simd, &score_of_one),
                live: V::load(simd, &live),
            };
        }
        let mean = 1.0 / MANY as f64;
        let values = [(1.0 - self.target) * (1.0 - self.target), self.target * self.target];
        let (f_of_one, f_of_zero) = (V::splat_of(simd, values[0]), V::splat_of(simd, values[1]));
        let rate = V::splat_of(simd, self.rate);
        let mut kept = [Kept { score: zero, slope: zero, bend: zero }; VECTORS];
        let mut points = [(zero, zero, zero); VECTORS];
        let mut logistics = [[Logistic::new(zero); 2]; VECTORS];
        let mut gradient = [zero; VECTORS];
        let mut totals = [0.0; 3];
        for _ in 0..samples {
            // Sums over the variables of f, k(x̃) and x̃·k′(x̃).
            let (mut f, mut k, mut k_ln) = (zero, zero, zero);
            // z̃ waits for z: in loops of their own, several vectors are in work.
            for n in 0..vectors {
                let (u, v) = source.pair(simd);
                let quotient = V::quotient(u, one - u);
                points[n] = (quotient.ln(one / quotient.sum) + constants[n].a, v, zero);
            }
            for n in 0..vectors {
                let Constants { up, down, score_of_one, live, .. } = constants[n];
                let (z, v, _) = points[n];
                let b = z.simd_ge(zero);
                let growth = v * b.select(up, down);
                let t = one + growth;
                let quotient = V::quotient(t, one - v);
                let both = one / (t * quotient.sum);
                let size = quotient.ln(both * t);
                points[n] = (z, b.select(size, -size), growth * both * quotient.sum);
                // σ(a) is 1 - σ(-a); padding has no score.
                kept[n].score = b.select(score_of_one, score_of_one - one) * live;
                f = live.mul_add(b.select(f_of_one, f_of_zero), f);
            }
            for n in 0..vectors {
                let (z, z_tilde, _) = points[n];
                logistics[n] = logistic(simd, [z, z_tilde], self.rate);
            }
            for n in 0..vectors {
                let (z, z_tilde, z_tilde_a) = points[n];
                let [here, there] = logistics[n];
                let (here, there) = (relaxed(simd, here, self.target), relaxed(simd, there, self.target));
                let (x, x_tilde) = (z * rate, z_tilde * rate);
                let live = constants[n].live;
                k = live.mul_add(there.k, k);
                k_ln = (live * x_tilde).mul_add(there.k_x, k_ln);
                kept[n].slope = live * (here.k_x - z_tilde_a * there.k_x);
                kept[n].bend = live * (x * here.k_xx - z_tilde_a * x_tilde * there.k_xx);
            }
            let (f, k, k_ln) = (mean * f.total(), mean * k.total(), mean * k_ln.total());
            let advantage = V::splat_of(simd, f - self.eta * k);
            let of_slope = V::splat_of(simd, self.eta * mean * self.rate);
            let (mut square, mut of_score, mut by_slope, mut by_bend) = (zero, zero, zero, zero);
            for n in 0..vectors {
                let Kept { score, slope, bend } = kept[n];
                let g = advantage.mul_add(score, of_slope * slope);
                gradient[n] += g;
                square = g.mul_add(g, square);
                of_score = g.mul_add(score, of_score);
                by_slope = g.mul_add(slope, by_slope);
                by_bend = g.mul_add(bend, by_bend);
            }
            let (of_score, by_slope, by_bend) = (of_score.total(), by_slope.total(), by_bend.total());
            let scale = mean * self.rate;
            totals[0] += square.total();
            totals[1] += 2.0 * (scale * by_slope - k * of_score);
            totals[2] += 2.0 * self.eta * (k_ln * of_score - scale * (by_slope + by_bend));
        }
        let mut all = [0.0; MANY + 3];
        for n in 0..vectors {
            let mut lanes = [0.0; 16];
            gradient[n].spread(&mut lanes);
            for lane in 0..V::LANES {
                if let Some(sum) = all[..MANY].get_mut(n * V::LANES + lane) {
                    *sum = lanes[lane];
                }
            }
        }
        all[MANY..].copy_from_slice(&totals);
        add(sums, &all);
    }
}
