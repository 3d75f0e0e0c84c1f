//! A training step of RELAX by hand: one sample in scalars, then Adam on all 48 numbers in lanes.

use fearless_simd::{Level, Simd, f32x16, f64x8};
use voidgrad_real::Element;

use super::source::Scalars;
use super::vector::Vector;
use crate::case::{Case, LEARNING_RATE, Precision, TARGET};
use crate::given::Given;
use crate::implementation::{Compared, Implementation, Noise, Run};
use voidgrad_kit::error::Error;

const H: usize = 5;
/// φ (ln λ, w₁, b₁, W₂ by columns, b₂, w₃, b₃), and behind it the logit: whole vectors of either kind.
const LENGTH: usize = 48;
const LOGIT: usize = LENGTH - 1;

/// Training from the case's start.
pub(super) struct Training {
    start: [f64; LENGTH],
    precision: Precision,
    noise: Scalars,
    level: Level,
}

impl Training {
    /// The case at its start.
    pub(super) fn new(precision: Precision) -> Result<Self, Error> {
        let mut start = [0.0; LENGTH];
        start[..LOGIT].copy_from_slice(&Case::Step.phi()?);
        start[LOGIT] = Case::Step.logits()[0];
        Ok(Self { start, precision, noise: Scalars::new(1), level: Level::new() })
    }

    /// The logit and φ after a step for each pair of noise.
    fn trained(&mut self, noise: impl Iterator<Item = (f64, f64)>) -> Vec<f64> {
        let start = &self.start;
        let end = match self.precision {
            Precision::F64 => {
                with_instructions!(self.level, simd => train::<_, f64x8<_>>(simd, start, noise))
            }
            Precision::F32 => {
                with_instructions!(self.level, simd => train::<_, f32x16<_>>(simd, start, noise))
            }
        };
        let mut all = vec![end[LOGIT]];
        all.extend_from_slice(&end[..LOGIT]);
        all
    }
}

impl Implementation for Training {
    fn compared(&mut self, given: &Given) -> Result<Compared, Error> {
        let noise = given.u.iter().copied().zip(given.v.iter().copied());
        Ok(Compared { sums: self.trained(noise), noise: Noise::Given })
    }

    fn run(&mut self, samples: u64) -> Result<Run, Error> {
        let mut draw = self.noise.clone();
        let end = self.trained((0..samples).map(
            #[cfg_attr(not(debug_assertions), inline(always))]
            |_| (draw.open01(), draw.open01()),
        ));
        self.noise = Scalars::new(samples ^ end[0].to_bits());
        Ok(Run::new(samples, end))
    }
}

#[cfg_attr(not(debug_assertions), inline(always))]
fn train<S: Simd, V: Vector<S, Element: Element>>(
    simd: S,
    start: &[f64; LENGTH],
    noise: impl Iterator<Item = (f64, f64)>,
) -> [f64; LENGTH] {
    let zero = V::narrow(0.0);
    let mut x = [zero; LENGTH];
    for i in 0..LENGTH {
        x[i] = V::narrow(start[i]);
    }
    let (mut first, mut second, mut slope) = ([zero; LENGTH], [zero; LENGTH], [zero; LENGTH]);
    let (mut decay1, mut decay2) = (1.0, 1.0);
    for (u, v) in noise {
        estimate(&x, V::narrow(u), V::narrow(v), &mut slope);
        decay1 *= 0.9;
        decay2 *= 0.999;
        let rate = V::splat_of(simd, LEARNING_RATE / (1.0 - decay1));
        let scale = V::splat_of(simd, 1.0 / f64::sqrt(1.0 - decay2));
        let epsilon = V::splat_of(simd, 1e-8);
        let (keep1, keep2) = (V::splat_of(simd, 0.9), V::splat_of(simd, 0.999));
        let (take1, take2) = (V::splat_of(simd, 1.0 - 0.9), V::splat_of(simd, 1.0 - 0.999));
        for at in (0..LENGTH).step_by(V::LANES) {
            let g = V::from_slice(simd, &slope[at..at + V::LANES]);
            let m = keep1 * V::from_slice(simd, &first[at..at + V::LANES]) + take1 * g;
            let s = keep2 * V::from_slice(simd, &second[at..at + V::LANES]) + take2 * (g * g);
            m.store_slice(&mut first[at..at + V::LANES]);
            s.store_slice(&mut second[at..at + V::LANES]);
            let moved = V::from_slice(simd, &x[at..at + V::LANES]) - rate * m / (s.sqrt() * scale + epsilon);
            moved.store_slice(&mut x[at..at + V::LANES]);
        }
    }
    let mut end = [0.0; LENGTH];
    for i in 0..LENGTH {
        end[i] = x[i].into();
    }
    end
}

/// The network at one point: the first layer, whether each unit is on, and the backward pass to it.
struct Point<T> {
    h1: [T; H],
    /// 1 where the path through unit i of the second layer is open to the end, times w₃.
    delta2: [T; H],
    h2: [T; H],
    delta1: [T; H],
    last: T,
    r: T,
    r_z: T,
}

#[cfg_attr(not(debug_assertions), inline(always))]
fn point<T: Element>(x: &[T; LENGTH], z: T) -> Point<T> {
    let (zero, one) = (z.constant(0.0), z.constant(1.0));
    let (w1, b1, w2, b2, w3) = (&x[1..6], &x[6..11], &x[11..36], &x[36..41], &x[41..46]);
    let mut h1 = [zero; H];
    let mut h2 = [zero; H];
    for j in 0..H {
        h1[j] = (w1[j] * z + b1[j]).relu();
    }
    let mut r = x[46];
    h2.copy_from_slice(b2);
    for j in 0..H {
        for i in 0..H {
            h2[i] = h2[i] + w2[H * j + i] * h1[j];
        }
    }
    for i in 0..H {
        h2[i] = h2[i].relu();
        r = r + w3[i] * h2[i];
    }
    let last = T::select(r > zero, one, zero);
    let mut delta2 = [zero; H];
    for i in 0..H {
        delta2[i] = T::select(h2[i] > zero, last * w3[i], zero);
    }
    let mut delta1 = [zero; H];
    let mut r_z = zero;
    for j in 0..H {
        let mut sum = zero;
        for i in 0..H {
            sum = sum + w2[H * j + i] * delta2[i];
        }
        delta1[j] = T::select(h1[j] > zero, sum, zero);
        r_z = r_z + w1[j] * delta1[j];
    }
    Point { h1, delta2, h2, delta1, last, r: r.relu(), r_z }
}

/// Writes ∂ĝ²/∂φ, and ĝ behind it.
#[cfg_attr(not(debug_assertions), inline(always))]
fn estimate<T: Element>(x: &[T; LENGTH], u: T, v: T, slope: &mut [T; LENGTH]) {
    let (zero, one, target) = (u.constant(0.0), u.constant(1.0), u.constant(TARGET));
    let a = x[LOGIT];
    let odds = a.exp();
    let z = a + (u / (one - u)).ln();
    let b = z >= zero;
    let w = T::select(b, odds, one / odds);
    let growth = v * w;
    let size = ((one + growth) / (one - v)).ln();
    let z_tilde = T::select(b, size, -size);
    let z_tilde_a = growth / (one + growth);
    // ∂/∂a ln p(b) is σ(-a) or -σ(a).
    let score = T::select(b, one, -odds) / (one + odds);
    let rest = T::select(b, one, zero) - target;
    let f = rest * rest;
    let rate = (-x[0]).exp();
    let (x_here, x_there) = (z * rate, z_tilde * rate);
    let [(_, k_x, k_xx), (k_there, k_x_there, k_xx_there)] =
        [relaxed(x_here, target), relaxed(x_there, target)];
    let (here, there) = (point(x, z), point(x, z_tilde));
    let g = (f - k_there - there.r) * score + (k_x * rate + here.r_z)
        - (k_x_there * rate + there.r_z) * z_tilde_a;
    let z_dot = g + g;
    let z_tilde_dot = -(z_dot * z_tilde_a);
    let c_bar = -(z_dot * score);
    let bend = z_dot * (x_here * k_xx + k_x) + z_tilde_dot * (x_there * k_xx_there + k_x_there);
    slope[0] = -(c_bar * x_there * k_x_there + rate * bend);
    let z_bar = c_bar * z_tilde + z_tilde_dot;
    let mut h = [zero; H];
    let mut h_tilde = [zero; H];
    for j in 0..H {
        let w1 = x[1 + j];
        slope[1 + j] = here.delta1[j] * z_dot + there.delta1[j] * z_bar;
        slope[6 + j] = there.delta1[j] * c_bar;
        h[j] = T::select(here.h1[j] > zero, w1 * z_dot, zero);
        h_tilde[j] = T::select(there.h1[j] > zero, w1 * z_tilde_dot, zero) + there.h1[j] * c_bar;
    }
    // The second layer's tangents, which weigh w₃.
    let (mut t, mut t_tilde) = ([zero; H], [zero; H]);
    for j in 0..H {
        for i in 0..H {
            let w2 = x[11 + H * j + i];
            slope[11 + H * j + i] = here.delta2[i] * h[j] + there.delta2[i] * h_tilde[j];
            t[i] = t[i] + w2 * h[j];
            t_tilde[i] = t_tilde[i] + w2 * h_tilde[j];
        }
    }
    for i in 0..H {
        slope[36 + i] = there.delta2[i] * c_bar;
        let of_here = T::select(here.h2[i] > zero, here.last * t[i], zero);
        let of_there = T::select(there.h2[i] > zero, there.last * (t_tilde[i] + c_bar * x[36 + i]), zero);
        slope[41 + i] = of_here + of_there;
    }
    slope[46] = there.last * c_bar;
    slope[LOGIT] = g;
}

/// `k(x) = (σ(x) - t)²`, `k′` and `k″`.
#[cfg_attr(not(debug_assertions), inline(always))]
fn relaxed<T: Element>(x: T, target: T) -> (T, T, T) {
    let one = x.constant(1.0);
    let e = (-x.abs()).exp();
    let large = one / (one + e);
    let small = e * large;
    let (s, rest) = if x >= x.constant(0.0) { (large, small) } else { (small, large) };
    let s_x = large * small;
    let d = s - target;
    let twice = d + d;
    (d * d, twice * s_x, s_x * (twice * (rest - s) + s_x + s_x))
}
