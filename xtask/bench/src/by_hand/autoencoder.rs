//! `vae-rloo` by hand: a training step of a linear variational autoencoder by RLOO with two samples.
//!
//! Lanes run over the latent variables and over the pixels. Bits are kept as ±1: `s = 2x - 1` for a pixel, `t = 2b - 1`
//! for a latent variable. With the logits l of the pixels, `f(b) = b·(q - a) + ½Σ(|l| - s·l) + Σ ln(1 + e^-|l|)`, without
//! the terms that cancel in `f(b₁) - f(b₂)`.

use fearless_simd::prelude::*;
use fearless_simd::{Level, Simd, f32x16, f64x8};

use super::layer::{Aligned, add_gradient, add_rows, values, vectors};
use super::source::{Generator, Read, Source};
use super::vector::Vector;
use crate::case::Precision;
use crate::given::Given;
use crate::implementation::{Compared, Implementation, Noise, Run};
use crate::vae::{BATCH, LEARNING_RATE, Method};
use voidgrad_kit::error::Error;

const PIXELS: usize = 64;
const LATENTS: usize = 32;
/// Images that go through a step together, so that what is kept of them stays in the first cache.
const TOGETHER: usize = 20;

/// The first entry of each parameter behind the encoder's W: d, the decoder's W, c and a. Matrices stand by columns.
const D: usize = PIXELS * LATENTS;
const W: usize = D + LATENTS;
const C: usize = W + LATENTS * PIXELS;
const A: usize = C + PIXELS;
const COUNT: usize = A + LATENTS;

/// Training from the case's start.
pub(super) struct Training {
    start: Vec<f64>,
    images: Vec<f64>,
    precision: Precision,
    generator: Generator,
    level: Level,
}

impl Training {
    /// The case at its start.
    pub(super) fn new(precision: Precision) -> Self {
        let (start, images) = (Method::Rloo.start(), Method::Rloo.images());
        Self { start, images, precision, generator: Generator::new(1), level: Level::new() }
    }
}

impl Implementation for Training {
    fn compared(&mut self, given: &Given) -> Result<Compared, Error> {
        let (Self { start, images, .. }, steps) = (&*self, given.samples() as u64);
        let mut read = Read { u: &given.u, v: &given.v };
        let sums = match self.precision {
            Precision::F64 => {
                with_instructions!(self.level, simd => train::<_, f64x8<_>>(simd, start, images, &mut read, steps))
            }
            Precision::F32 => {
                with_instructions!(self.level, simd => train::<_, f32x16<_>>(simd, start, images, &mut read, steps))
            }
        };
        Ok(Compared { sums, noise: Noise::Given })
    }

    fn run(&mut self, samples: u64) -> Result<Run, Error> {
        // The least that generated code makes, too.
        let steps = samples.max(64);
        let Self { start, images, generator, precision, level } = self;
        let sums = match precision {
            Precision::F64 => {
                with_instructions!(*level, simd => drawn::<_, f64x8<_>>(simd, start, images, generator, steps))
            }
            Precision::F32 => {
                with_instructions!(*level, simd => drawn::<_, f32x16<_>>(simd, start, images, generator, steps))
            }
        };
        Ok(Run::new(steps, sums))
    }
}

#[cfg_attr(not(debug_assertions), inline(always))]
fn drawn<S: Simd, V: Vector<S>>(
    simd: S,
    start: &[f64],
    images: &[f64],
    generator: &mut Generator,
    steps: u64,
) -> Vec<f64> {
    let mut source = generator.start(simd);
    let end = train::<S, V>(simd, start, images, &mut source, steps);
    generator.keep(&source);
    end
}

/// All parameters after so many steps.
#[cfg_attr(not(debug_assertions), inline(always))]
fn train<S: Simd, V: Vector<S>>(
    simd: S,
    start: &[f64],
    images: &[f64],
    source: &mut impl Source<S, V>,
    steps: u64,
) -> Vec<f64> {
    let none = V::narrow(0.0);
    let mut signs = Box::new(Aligned([none; BATCH * PIXELS]));
    for (sign, pixel) in signs.0.iter_mut().zip(images) {
        *sign = V::narrow(2.0 * pixel - 1.0);
    }
    let mut parameters = Box::new(Aligned([none; COUNT]));
    for (parameter, start) in parameters.0.iter_mut().zip(start) {
        *parameter = V::narrow(*start);
    }
    let mut gradient = Box::new(Aligned([none; COUNT]));
    let mut moments = [Box::new(Aligned([none; COUNT])), Box::new(Aligned([none; COUNT]))];
    let mut q = Box::new(Aligned([none; TOGETHER * LATENTS]));
    // The two samples of an image follow one another.
    let mut codes = Box::new(Aligned([none; 2 * TOGETHER * LATENTS]));
    let mut logits = Box::new(Aligned([none; 2 * TOGETHER * PIXELS]));
    let mut decay = [1.0, 1.0];
    for _ in 0..steps {
        let (at, gradient) = (&parameters.0, &mut gradient.0);
        for signs in signs.0.chunks_exact(TOGETHER * PIXELS) {
            values::<S, V, PIXELS, LATENTS>(simd, [&at[..D], &at[D..W]], signs, &mut q.0);
            sample(simd, source, &q.0, &mut codes.0);
            values::<S, V, LATENTS, PIXELS>(simd, [&at[W..C], &at[C..A]], &codes.0, &mut logits.0);
            add_rows::<S, V>(simd, &codes.0, &mut gradient[A..]);
            // From here on, ĝ stands in the place of q, and derivatives stand in that of the logits.
            estimate::<S, V>(simd, signs, &at[A..], &codes.0, &mut logits.0, &mut q.0);
            add_gradient::<S, V, PIXELS, LATENTS>(simd, &q.0, signs, &mut gradient[..D]);
            add_rows::<S, V>(simd, &q.0, &mut gradient[D..W]);
            add_gradient::<S, V, LATENTS, PIXELS>(simd, &logits.0, &codes.0, &mut gradient[W..C]);
            add_rows::<S, V>(simd, &logits.0, &mut gradient[C..A]);
        }
        prior::<S, V>(simd, &at[A..], &mut gradient[A..]);
        adam::<S, V>(simd, &mut decay, &mut parameters.0, gradient, &mut moments);
    }
    parameters.0.iter().map(|parameter| V::widen(*parameter)).collect()
}

/// Draws two codes for each row of logits: b = 1 where `u ≥ σ(-q)`, which is `u + u·e^q ≥ 1`.
#[cfg_attr(not(debug_assertions), inline(always))]
fn sample<S: Simd, V: Vector<S>>(
    simd: S,
    source: &mut impl Source<S, V>,
    q: &[V::Element],
    codes: &mut [V::Element],
) {
    let one = V::splat_of(simd, 1.0);
    let to_log2 = V::splat_of(simd, std::f64::consts::LOG2_E);
    for (q, codes) in q.chunks_exact(LATENTS).zip(codes.chunks_exact_mut(2 * LATENTS)) {
        let (first, second) = codes.split_at_mut(LATENTS);
        for at in (0..LATENTS).step_by(2 * V::LANES) {
            let q = vectors::<S, V, 2>(simd, &q[at..]);
            let e = V::exp2_each([q[0] * to_log2, q[1] * to_log2]);
            for n in 0..2 {
                let at = at + n * V::LANES;
                let (u, v) = source.pair(simd);
                let ones = [u.mul_add(e[n], u).simd_ge(one), v.mul_add(e[n], v).simd_ge(one)];
                ones[0].select(one, -one).store_slice(&mut first[at..][..V::LANES]);
                ones[1].select(one, -one).store_slice(&mut second[at..][..V::LANES]);
            }
        }
    }
}

/// Overwrites q with ĝ, and the logits of the pixels with the derivatives by them, both of the mean over the batch.
#[cfg_attr(not(debug_assertions), inline(always))]
fn estimate<S: Simd, V: Vector<S>>(
    simd: S,
    signs: &[V::Element],
    a: &[V::Element],
    codes: &[V::Element],
    logits: &mut [V::Element],
    q: &mut [V::Element],
) {
    let half = V::splat_of(simd, 0.5);
    let images = signs.chunks_exact(PIXELS).zip(logits.chunks_exact_mut(2 * PIXELS));
    let codes = codes.chunks_exact(2 * LATENTS).zip(q.chunks_exact_mut(LATENTS));
    for ((signs, logits), (codes, q)) in images.zip(codes) {
        let (first, second) = logits.split_at_mut(PIXELS);
        let (here, there) = (image::<S, V>(simd, signs, first), image::<S, V>(simd, signs, second));
        let mut linear = here.linear - there.linear;
        let mut differences = [half; LATENTS / 8];
        for n in 0..LATENTS / V::LANES {
            let lanes = n * V::LANES..(n + 1) * V::LANES;
            let (one, other) = (&codes[lanes.clone()], &codes[LATENTS..][lanes.clone()]);
            differences[n] = V::from_slice(simd, one) - V::from_slice(simd, other);
            let rest = V::from_slice(simd, &q[lanes.clone()]) - V::from_slice(simd, &a[lanes]);
            linear = differences[n].mul_add(rest, linear);
        }
        let quotient = V::quotient(here.product, there.product);
        let logarithm = quotient.ln(V::splat_of(simd, 1.0) / quotient.sum);
        let advantage = half.mul_add(linear, logarithm).total();
        // ½(f(b₁) - f(b₂))(b₁ - b₂) of the bits, of which the codes are twice as far apart.
        let weight = V::splat_of(simd, 0.25 * advantage / BATCH as f64);
        for n in 0..LATENTS / V::LANES {
            (weight * differences[n]).store_slice(&mut q[n * V::LANES..][..V::LANES]);
        }
    }
}

/// What f takes of the logits of an image, in lanes.
struct Image<V> {
    /// `Σ(|l| - s·l)`
    linear: V,
    /// `Π(1 + e^-|l|)`, so that there is one logarithm for all.
    product: V,
}

/// Overwrites the logits with `(σ(l) - x)` over the number of points.
#[cfg_attr(not(debug_assertions), inline(always))]
fn image<S: Simd, V: Vector<S>>(simd: S, signs: &[V::Element], logits: &mut [V::Element]) -> Image<V> {
    let (zero, one) = (V::splat_of(simd, 0.0), V::splat_of(simd, 1.0));
    let to_log2 = V::splat_of(simd, -std::f64::consts::LOG2_E);
    let share = 1.0 / (2 * BATCH) as f64;
    let (weight, half) = (V::splat_of(simd, share), V::splat_of(simd, -0.5 * share));
    let mut all = Image { linear: zero, product: one };
    let parts = signs.chunks_exact(SHARED * V::LANES).zip(logits.chunks_exact_mut(SHARED * V::LANES));
    for (signs, logits) in parts {
        let (l, s) = (vectors::<S, V, SHARED>(simd, logits), vectors::<S, V, SHARED>(simd, signs));
        let (mut exponents, mut factors) = ([zero; SHARED], [one; SHARED]);
        for n in 0..SHARED {
            exponents[n] = l[n].abs() * to_log2;
            all.linear += (-s[n]).mul_add(l[n], l[n].abs());
        }
        let e = V::exp2_each(exponents);
        for n in 0..SHARED {
            factors[n] = one + e[n];
        }
        let (rates, product) = quotients(weight, factors);
        all.product *= product;
        for n in 0..SHARED {
            let x = half.mul_add(s[n], half);
            let sigmoid = l[n].simd_ge(zero).select(one, e[n]).mul_add(rates[n], x);
            sigmoid.store_slice(&mut logits[n * V::LANES..][..V::LANES]);
        }
    }
    all
}

/// Vectors that share a division.
const SHARED: usize = 4;

/// The numerator over each of them, and the product of them all.
#[cfg_attr(not(debug_assertions), inline(always))]
fn quotients<S: Simd, V: Vector<S>>(numerator: V, [a, b, c, d]: [V; SHARED]) -> ([V; SHARED], V) {
    let (ab, cd) = (a * b, c * d);
    let product = ab * cd;
    let all = numerator / product;
    let (of_ab, of_cd) = (all * cd, all * ab);
    ([of_ab * b, of_ab * a, of_cd * d, of_cd * c], product)
}

/// Puts `σ(a) - mean b` where `Σ(2b - 1)` is.
#[cfg_attr(not(debug_assertions), inline(always))]
fn prior<S: Simd, V: Vector<S>>(simd: S, a: &[V::Element], a_bar: &mut [V::Element]) {
    let (one, half) = (V::splat_of(simd, 1.0), V::splat_of(simd, 0.5));
    let to_log2 = V::splat_of(simd, -std::f64::consts::LOG2_E);
    let share = V::splat_of(simd, 0.5 / (2 * BATCH) as f64);
    for (a, a_bar) in a.chunks_exact(V::LANES).zip(a_bar.chunks_exact_mut(V::LANES)) {
        let sigmoid = one / (one + (V::from_slice(simd, a) * to_log2).exp2());
        (sigmoid - half - share * V::from_slice(simd, a_bar)).store_slice(a_bar);
    }
}

/// A step of Adam; leaves zeros for the next gradient.
#[cfg_attr(not(debug_assertions), inline(always))]
fn adam<S: Simd, V: Vector<S>>(
    simd: S,
    decay: &mut [f64; 2],
    parameters: &mut [V::Element],
    gradient: &mut [V::Element],
    [first, second]: &mut [Box<Aligned<V::Element, COUNT>>; 2],
) {
    decay[0] *= 0.9;
    decay[1] *= 0.999;
    let rate = V::splat_of(simd, LEARNING_RATE / (1.0 - decay[0]));
    let scale = V::splat_of(simd, 1.0 / f64::sqrt(1.0 - decay[1]));
    let (zero, epsilon) = (V::splat_of(simd, 0.0), V::splat_of(simd, 1e-8));
    let (keep1, keep2) = (V::splat_of(simd, 0.9), V::splat_of(simd, 0.999));
    let (take1, take2) = (V::splat_of(simd, 1.0 - 0.9), V::splat_of(simd, 1.0 - 0.999));
    let width = SHARED * V::LANES;
    let moments = first.0.chunks_exact_mut(width).zip(second.0.chunks_exact_mut(width));
    let places = parameters.chunks_exact_mut(width).zip(gradient.chunks_exact_mut(width));
    for ((x, gradient), (first, second)) in places.zip(moments) {
        let (mut steps, mut sizes) = ([epsilon; SHARED], [epsilon; SHARED]);
        for n in 0..SHARED {
            let lanes = n * V::LANES..(n + 1) * V::LANES;
            let g = V::from_slice(simd, &gradient[lanes.clone()]);
            let m = keep1.mul_add(V::from_slice(simd, &first[lanes.clone()]), take1 * g);
            let s = keep2.mul_add(V::from_slice(simd, &second[lanes.clone()]), take2 * (g * g));
            m.store_slice(&mut first[lanes.clone()]);
            s.store_slice(&mut second[lanes.clone()]);
            zero.store_slice(&mut gradient[lanes]);
            (steps[n], sizes[n]) = (m, s.sqrt().mul_add(scale, epsilon));
        }
        // None is less than ε, so that the product of all is a number in `f32` too.
        let (rates, _) = quotients(rate, sizes);
        for n in 0..SHARED {
            let x = &mut x[n * V::LANES..][..V::LANES];
            (V::from_slice(simd, x) - rates[n] * steps[n]).store_slice(x);
        }
    }
}
