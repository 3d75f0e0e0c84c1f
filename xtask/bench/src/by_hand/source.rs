//! Where a kernel's noise comes from: its own generator, or numbers that are given.

use fearless_simd::prelude::*;
use fearless_simd::{Simd, u64x8};

use super::vector::Vector;

/// The state of a generator between two runs: `xoshiro256++` in each of 8 lanes.
#[derive(Debug, Clone)]
pub(super) struct Generator([[u64; 8]; 4]);

impl Generator {
    /// Lanes whose states `SplitMix64` draws from the seed, which is how the authors of xoshiro seed it.
    pub(super) fn new(seed: u64) -> Self {
        let mut counter = seed;
        let mut next = || {
            counter = counter.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let bits = (counter ^ (counter >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            bits ^ (bits >> 31)
        };
        Self(std::array::from_fn(|_| std::array::from_fn(|_| next())))
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(super) fn start<S: Simd>(&self, simd: S) -> Drawn<S> {
        let [s0, s1, s2, s3] = self.0;
        Drawn([
            u64x8::from_slice(simd, &s0),
            u64x8::from_slice(simd, &s1),
            u64x8::from_slice(simd, &s2),
            u64x8::from_slice(simd, &s3),
        ])
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(super) fn keep<S: Simd>(&mut self, drawn: &Drawn<S>) {
        let [s0, s1, s2, s3] = drawn.0;
        self.0 = [s0.to_array(), s1.to_array(), s2.to_array(), s3.to_array()];
    }
}

/// One generator for numbers one after the other.
#[derive(Debug, Clone)]
pub(super) struct Scalars([u64; 4]);

impl Scalars {
    /// The first lane of [`Generator::new`].
    pub(super) fn new(seed: u64) -> Self {
        Self(Generator::new(seed).0.map(|word| word[0]))
    }

    /// A uniform number in (0, 1), of 23 bits: `f32` holds it too.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(super) fn open01(&mut self) -> f64 {
        let [s0, s1, s2, s3] = self.0;
        let bits = s0.wrapping_add(s3).rotate_left(23).wrapping_add(s0);
        let (s2, s3) = (s2 ^ s0, s3 ^ s1);
        self.0 = [s0 ^ s3, s1 ^ s2, s2 ^ (s1 << 17), s3.rotate_left(45)];
        ((bits >> 41) as f64 + 0.5) / 8_388_608.0
    }
}

/// Something that gives a vector of u and one of v, again and again.
pub(super) trait Source<S: Simd, V: Vector<S>> {
    fn pair(&mut self, simd: S) -> (V, V);
}

/// A generator at work.
pub(super) struct Drawn<S: Simd>([u64x8<S>; 4]);

impl<S: Simd, V: Vector<S>> Source<S, V> for Drawn<S> {
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn pair(&mut self, _: S) -> (V, V) {
        V::uniform_pair(&mut self.0)
    }
}

/// Given noise, read from its beginning.
pub(super) struct Read<'a> {
    pub(super) u: &'a [f64],
    pub(super) v: &'a [f64],
}

impl<S: Simd, V: Vector<S>> Source<S, V> for Read<'_> {
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn pair(&mut self, simd: S) -> (V, V) {
        let pair = (V::load(simd, self.u), V::load(simd, self.v));
        (self.u, self.v) = (&self.u[V::LANES..], &self.v[V::LANES..]);
        pair
    }
}
