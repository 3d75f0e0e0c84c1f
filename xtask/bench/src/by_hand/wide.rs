//! `relax-wide` by hand: lanes over the units of a layer, and the samples of a block as the rows of three matrix products.
//!
//! Each sample has four rows: values `h` and slopes `h′ = ∂h/∂z`, at z and at z̃. With `L = c̄·r + ż·r′` the backward pass is
//! `p = ∂L/∂x₂′ = ż·w₃·d₂` and `q = ∂L/∂x₂ = c̄·w₃·d₂ - 2·h₂·p·x₂′`, where `d = 1 - h²` is the derivative of tanh.

use fearless_simd::Simd;

use super::product::{H, Rows, product};
use super::relaxation::{logistic, relaxed};
use super::source::Source;
use super::variable::{Sample, Variable};
use super::vector::Vector;
use super::{BLOCK, Kernel, add};

/// The point at which it is computed; the matrix is by columns, `[j][i]`.
pub(super) struct Wide {
    variable: Variable,
    rate: f64,
    target: f64,
    phi: Vec<f64>,
}

impl Wide {
    /// From the flat φ: ln λ, w₁, b₁, W₂ by columns, b₂, w₃, b₃.
    pub(super) fn new(a: f64, target: f64, phi: &[f64]) -> Self {
        Self { variable: Variable::new(a, target), rate: (-phi[0]).exp(), target, phi: phi.to_vec() }
    }
}

/// The weights of the units, as vectors are read from them.
struct Layers<T> {
    w1: Vec<T>,
    b1: Vec<T>,
    /// By columns, and by rows.
    w2: Vec<T>,
    w2_rows: Vec<T>,
    b2: Vec<T>,
    w3: Vec<T>,
}

/// The sums over the weights of the units, in the same order.
struct Sums<T> {
    w1: Vec<T>,
    b1: Vec<T>,
    w2: Vec<T>,
    b2: Vec<T>,
    w3: Vec<T>,
}

/// What weighs a pair of rows, c and ∂c/∂z.
#[derive(Clone, Copy)]
struct Weights<T> {
    c_bar: T,
    z_dot: T,
}

/// Adds a vector to a place.
#[cfg_attr(not(debug_assertions), inline(always))]
fn accumulate<S: Simd, V: Vector<S>>(simd: S, place: &mut [V::Element], term: V) {
    (V::from_slice(simd, place) + term).store_slice(place);
}

impl Kernel for Wide {
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
        let (none, samples) = (V::narrow(0.0), BLOCK * V::LANES);
        let at = self.layers::<S, V>();
        let mut total = Sums {
            w1: vec![none; H],
            b1: vec![none; H],
            w2: vec![none; H * H],
            b2: vec![none; H],
            w3: vec![none; H],
        };
        let rate = V::splat_of(simd, self.rate);
        let b3 = V::splat_of(simd, self.phi[self.phi.len() - 1]);
        // Rows of a block: values at z, slopes at z, values at z̃, slopes at z̃.
        let rows = 4 * samples;
        let (mut hidden, mut second, mut back) =
            (vec![none; rows * H], vec![none; rows * H], vec![none; rows * H]);
        let mut z = vec![none; 2 * samples];
        let (mut r, mut r_z) = (vec![none; 2 * samples], vec![none; 2 * samples]);
        let mut weights = vec![Weights { c_bar: none, z_dot: none }; 2 * samples];
        let mut first = [zero; 4];
        let nothing = Sample { z: zero, z_tilde: zero, z_tilde_a: zero, score: zero, f: zero };
        let mut drawn = [nothing; BLOCK];
        for _ in 0..blocks {
            for n in 0..BLOCK {
                let (u, v) = source.pair(simd);
                drawn[n] = self.variable.sample(simd, self.variable.z(simd, u), v);
                drawn[n].z.store_slice(&mut z[n * V::LANES..][..V::LANES]);
                drawn[n].z_tilde.store_slice(&mut z[samples + n * V::LANES..][..V::LANES]);
            }
            for point in 0..2 * samples {
                let (value, slope) = pair(point, samples);
                let z = V::splat(simd, z[point]);
                for unit in (0..H).step_by(V::LANES) {
                    let w1 = V::from_slice(simd, &at.w1[unit..][..V::LANES]);
                    let h = tanh(simd, z.mul_add(w1, V::from_slice(simd, &at.b1[unit..][..V::LANES])));
                    h.store_slice(&mut hidden[value + unit..][..V::LANES]);
                    (w1 - w1 * h * h).store_slice(&mut hidden[slope + unit..][..V::LANES]);
                }
            }
            second.fill(none);
            product::<S, V>(simd, Rows { values: &hidden, by_row: H, by_term: 1 }, &at.w2, &mut second, rows);
            for point in 0..2 * samples {
                let (value, slope) = pair(point, samples);
                let (mut sum, mut sum_z) = (zero, zero);
                for unit in (0..H).step_by(V::LANES) {
                    let w3 = V::from_slice(simd, &at.w3[unit..][..V::LANES]);
                    let x2 = V::from_slice(simd, &second[value + unit..][..V::LANES]);
                    let x2_z = V::from_slice(simd, &second[slope + unit..][..V::LANES]);
                    let h2 = tanh(simd, x2 + V::from_slice(simd, &at.b2[unit..][..V::LANES]));
                    h2.store_slice(&mut second[value + unit..][..V::LANES]);
                    sum = w3.mul_add(h2, sum);
                    sum_z = (w3 - w3 * h2 * h2).mul_add(x2_z, sum_z);
                }
                (r[point], r_z[point]) = (V::narrow(sum.total()), V::narrow(sum_z.total()));
            }
            for n in 0..BLOCK {
                let Sample { z, z_tilde, z_tilde_a, score, f } = drawn[n];
                let (here, there) = (n * V::LANES, samples + n * V::LANES);
                let read =
                    |values: &[V::Element], start: usize| V::from_slice(simd, &values[start..][..V::LANES]);
                let [k, k_tilde] = logistic(simd, [z, z_tilde], self.rate);
                let (k, k_tilde) = (relaxed(simd, k, self.target), relaxed(simd, k_tilde, self.target));
                let (x, x_tilde) = (z * rate, z_tilde * rate);
                let c_z = k.k_x.mul_add(rate, read(&r_z, here));
                let c_z_tilde = k_tilde.k_x.mul_add(rate, read(&r_z, there));
                let c_tilde = k_tilde.k + read(&r, there) + b3;
                let g = (f - c_tilde).mul_add(score, c_z) - c_z_tilde * z_tilde_a;
                let z_dot = g + g;
                let z_tilde_dot = -(z_dot * z_tilde_a);
                let c_bar = -(z_dot * score);
                let bend = z_dot * x.mul_add(k.k_xx, k.k_x)
                    + z_tilde_dot * x_tilde.mul_add(k_tilde.k_xx, k_tilde.k_x);
                first[0] += g;
                first[1] = g.mul_add(g, first[1]);
                first[2] -= c_bar * x_tilde * k_tilde.k_x + rate * bend;
                first[3] += c_bar;
                for lane in 0..V::LANES {
                    weights[here + lane].z_dot = z_dot.as_slice()[lane];
                    weights[there + lane] =
                        Weights { c_bar: c_bar.as_slice()[lane], z_dot: z_tilde_dot.as_slice()[lane] };
                }
            }
            for unit in (0..H).step_by(V::LANES) {
                let w3 = V::from_slice(simd, &at.w3[unit..][..V::LANES]);
                let (mut to_b2, mut to_w3) = (zero, zero);
                for point in 0..2 * samples {
                    let (value, slope) = pair(point, samples);
                    let (c_bar, z_dot) =
                        (V::splat(simd, weights[point].c_bar), V::splat(simd, weights[point].z_dot));
                    let h2 = V::from_slice(simd, &second[value + unit..][..V::LANES]);
                    let x2_z = V::from_slice(simd, &second[slope + unit..][..V::LANES]);
                    let d2 = V::splat_of(simd, 1.0) - h2 * h2;
                    let p = z_dot * w3 * d2;
                    let q = c_bar * w3 * d2 - (h2 + h2) * p * x2_z;
                    to_b2 += q;
                    to_w3 += c_bar * h2 + z_dot * d2 * x2_z;
                    q.store_slice(&mut second[value + unit..][..V::LANES]);
                    p.store_slice(&mut second[slope + unit..][..V::LANES]);
                }
                accumulate(simd, &mut total.b2[unit..][..V::LANES], to_b2);
                accumulate(simd, &mut total.w3[unit..][..V::LANES], to_w3);
            }
            back.fill(none);
            product::<S, V>(
                simd,
                Rows { values: &second, by_row: H, by_term: 1 },
                &at.w2_rows,
                &mut back,
                rows,
            );
            product::<S, V>(simd, Rows { values: &hidden, by_row: 1, by_term: H }, &second, &mut total.w2, H);
            for unit in (0..H).step_by(V::LANES) {
                let w1 = V::from_slice(simd, &at.w1[unit..][..V::LANES]);
                let (mut to_w1, mut to_b1) = (zero, zero);
                for point in 0..2 * samples {
                    let (value, slope) = pair(point, samples);
                    let h = V::from_slice(simd, &hidden[value + unit..][..V::LANES]);
                    let h_bar = V::from_slice(simd, &back[value + unit..][..V::LANES]);
                    let h_z_bar = V::from_slice(simd, &back[slope + unit..][..V::LANES]);
                    let d = V::splat_of(simd, 1.0) - h * h;
                    let x_bar = d * (h_bar - (h + h) * w1 * h_z_bar);
                    to_w1 += V::splat(simd, z[point]) * x_bar + d * h_z_bar;
                    to_b1 += x_bar;
                }
                accumulate(simd, &mut total.w1[unit..][..V::LANES], to_w1);
                accumulate(simd, &mut total.b1[unit..][..V::LANES], to_b1);
            }
        }
        let [g, square, ln_lambda, b3] = first;
        let mut all = vec![g.total(), square.total(), ln_lambda.total()];
        for part in [&total.w1, &total.b1, &total.w2, &total.b2, &total.w3] {
            all.extend(part.iter().map(|sum| V::widen(*sum)));
        }
        all.push(b3.total());
        add(sums, &all);
    }
}

impl Wide {
    fn layers<S: Simd, V: Vector<S>>(&self) -> Layers<V::Element> {
        let part = |start: usize, count: usize| -> Vec<V::Element> {
            self.phi[start..start + count].iter().map(|weight| V::narrow(*weight)).collect()
        };
        let w2 = part(1 + 2 * H, H * H);
        let w2_rows = (0..H * H).map(|place| w2[place % H * H + place / H]).collect();
        let end = 1 + 2 * H + H * H;
        Layers { w1: part(1, H), b1: part(1 + H, H), w2, w2_rows, b2: part(end, H), w3: part(end + H, H) }
    }
}

/// Where the rows of a point begin, its value and its slope; points at z̃ come after those at z.
#[cfg_attr(not(debug_assertions), inline(always))]
fn pair(point: usize, samples: usize) -> (usize, usize) {
    let row = if point < samples { point } else { samples + point };
    (row * H, (row + samples) * H)
}

/// `tanh x = 1 - 2/(e^2x + 1)`; near 0 it is right to a unit of 1, which is what sums over units need.
#[cfg_attr(not(debug_assertions), inline(always))]
fn tanh<S: Simd, V: Vector<S>>(simd: S, x: V) -> V {
    let one = V::splat_of(simd, 1.0);
    let e = (x * V::splat_of(simd, 2.0 * std::f64::consts::LOG2_E)).exp2();
    one - (one + one) / (e + one)
}
