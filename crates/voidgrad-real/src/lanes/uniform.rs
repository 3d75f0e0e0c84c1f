//! Uniform numbers from eight generators side by side.
//!
//! Each of the eight columns of the state is a xoshiro256++ of its own (Blackman and Vigna, "Scrambled linear
//! pseudorandom number generators", ACM TOMS 47(4), 2021, with the reference code's rotations 23 and 45 and shift 17).
//! One step gives 512 bits: 8 numbers of 64, or 16 of 32.

/// The state: word w of generator g is `state[w][g]`.
pub type GeneratorState = [[u64; 8]; 4];

/// The exponent bits of 1, which turn bits of a mantissa into a number in [1, 2).
pub(super) const ONE_64: u64 = 1.0_f64.to_bits();
pub(super) const ONE_32: u32 = 1.0_f32.to_bits();
/// Half a step below 1: what is subtracted from a number in [1, 2) to land on the middle of its step in (0, 1).
pub(super) const BELOW_ONE_64: f64 = 1.0 - f64::EPSILON / 2.0;
pub(super) const BELOW_ONE_32: f32 = 1.0 - f32::EPSILON / 2.0;

/// One step of every generator.
#[cfg_attr(not(debug_assertions), inline(always))]
fn step(state: &mut GeneratorState) -> [u64; 8] {
    let mut bits = [0; 8];
    for (generator, bits) in bits.iter_mut().enumerate() {
        let [s0, s1, s2, s3] = state.map(|word| word[generator]);
        *bits = s0.wrapping_add(s3).rotate_left(23).wrapping_add(s0);
        let (s2, s3) = (s2 ^ s0, s3 ^ s1);
        let next = [s0 ^ s3, s1 ^ s2, s2 ^ (s1 << 17), s3.rotate_left(45)];
        for (word, next) in state.iter_mut().zip(next) {
            word[generator] = next;
        }
    }
    bits
}

/// [`Lanes::fill_open01`](super::Lanes::fill_open01) for one lane of `f64`.
pub(super) fn fill_f64(state: &mut GeneratorState, to: &mut [f64]) {
    for group in to.chunks_mut(8) {
        for (number, bits) in group.iter_mut().zip(step(state)) {
            *number = f64::from_bits((bits >> 12) | ONE_64) - BELOW_ONE_64;
        }
    }
}

/// [`Lanes::fill_open01`](super::Lanes::fill_open01) for one lane of `f32`.
#[allow(clippy::cast_possible_truncation)] // the two halves are what is wanted
pub(super) fn fill_f32(state: &mut GeneratorState, to: &mut [f32]) {
    for group in to.chunks_mut(16) {
        for (pair, bits) in group.chunks_mut(2).zip(step(state)) {
            for (number, bits) in pair.iter_mut().zip([bits as u32, (bits >> 32) as u32]) {
                *number = f32::from_bits((bits >> 9) | ONE_32) - BELOW_ONE_32;
            }
        }
    }
}

/// What the integers of [`Lanes::fill_signed`](super::Lanes::fill_signed) are multiplied with: 2⁻⁶³ and 2⁻³¹.
pub(super) const STEP_64: f64 = f64::EPSILON / 2_048.0;
pub(super) const STEP_32: f32 = f32::EPSILON / 256.0;

/// [`Lanes::fill_signed`](super::Lanes::fill_signed) for one lane of `f64`.
pub(super) fn fill_signed_f64(state: &mut GeneratorState, to: &mut [f64]) {
    for group in to.chunks_mut(8) {
        for (number, bits) in group.iter_mut().zip(step(state)) {
            *number = bits.cast_signed() as f64 * STEP_64;
        }
    }
}

/// [`Lanes::fill_signed`](super::Lanes::fill_signed) for one lane of `f32`.
#[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss)] // the two halves, and the nearest numbers, are what is wanted
pub(super) fn fill_signed_f32(state: &mut GeneratorState, to: &mut [f32]) {
    for group in to.chunks_mut(16) {
        for (pair, bits) in group.chunks_mut(2).zip(step(state)) {
            for (number, bits) in pair.iter_mut().zip([bits as u32, (bits >> 32) as u32]) {
                *number = bits.cast_signed() as f32 * STEP_32;
            }
        }
    }
}

#[cfg(feature = "lanes")]
pub(super) use vector::fill;

#[cfg(feature = "lanes")]
mod vector {
    use fearless_simd::prelude::*;
    use fearless_simd::u64x8;

    use super::GeneratorState;
    use crate::Lanes;

    /// Fills a slice with the numbers that a function makes of a step of all generators.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(in crate::lanes) fn fill<S: Simd, V: Lanes>(
        simd: S,
        state: &mut GeneratorState,
        to: &mut [V::Element],
        numbers: impl Fn(u64x8<S>) -> V,
    ) {
        let mut generators = Generators::load(simd, state);
        let mut groups = to.chunks_exact_mut(V::LANES);
        for group in &mut groups {
            numbers(generators.step()).store(group);
        }
        let tail = groups.into_remainder();
        if !tail.is_empty() {
            // A step makes 8 numbers or 16.
            let mut last = [V::Element::default(); 16];
            numbers(generators.step()).store(&mut last);
            tail.copy_from_slice(&last[..tail.len()]);
        }
        generators.store(state);
    }

    /// The state in registers.
    struct Generators<S: Simd>([u64x8<S>; 4]);

    impl<S: Simd> Generators<S> {
        #[cfg_attr(not(debug_assertions), inline(always))]
        fn load(simd: S, state: &GeneratorState) -> Self {
            let [s0, s1, s2, s3] = state;
            Self([
                u64x8::simd_from(simd, *s0),
                u64x8::simd_from(simd, *s1),
                u64x8::simd_from(simd, *s2),
                u64x8::simd_from(simd, *s3),
            ])
        }

        #[cfg_attr(not(debug_assertions), inline(always))]
        fn store(&self, state: &mut GeneratorState) {
            for (word, lanes) in state.iter_mut().zip(&self.0) {
                *word = (*lanes).into();
            }
        }

        /// One step of every generator.
        #[cfg_attr(not(debug_assertions), inline(always))]
        fn step(&mut self) -> u64x8<S> {
            let [s0, s1, s2, s3] = self.0;
            let sum = s0 + s3;
            let bits = ((sum << 23) | (sum >> 41)) + s0;
            let (s2, s3) = (s2 ^ s0, s3 ^ s1);
            self.0 = [s0 ^ s3, s1 ^ s2, s2 ^ (s1 << 17), (s3 << 45) | (s3 >> 19)];
            bits
        }
    }
}
