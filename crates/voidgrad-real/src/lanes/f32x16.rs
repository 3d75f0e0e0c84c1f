//! 16 `f32` side by side.

use core::ops::{Add, BitAnd, BitOr, Div, Mul, Neg, Not, Sub};

use fearless_simd::prelude::*;
use fearless_simd::{f32x16, mask32x16, u32x16, u64x8};

use super::uniform::{BELOW_ONE_32, Generators, ONE_32};
use super::vector::vector;
use super::{GeneratorState, Lanes};
use crate::{Mask, Real};

vector!(
    /// Sixteen `f32` side by side: one AVX-512 register, two of AVX2, four of SSE and NEON.
    ///
    /// The first value is made from a token that proves the instruction set, every other from a value at hand.
    ///
    /// ```
    /// use fearless_simd::{Level, Simd, dispatch};
    /// use voidgrad_real::{F32x16, Lanes, Real};
    ///
    /// #[inline(always)]
    /// fn softplus<S: Simd>(simd: S, x: &mut [f32; 16]) {
    ///     F32x16::splat_with(simd, 0.0).load(x).softplus().store(x);
    /// }
    /// let mut x = [0.0; 16];
    /// dispatch!(Level::new(), simd => softplus(simd, &mut x));
    /// assert_eq!(x, [core::f32::consts::LN_2; 16]);
    /// ```
    F32x16(f32x16),
    /// The answers of a comparison of two [`F32x16`].
    Mask32x16(mask32x16),
    f32,
    16
);

impl<S: Simd> Lanes for F32x16<S> {
    type Element = f32;

    const LANES: usize = 16;

    #[inline(always)]
    fn splat(self, value: f32) -> Self {
        Self::splat_with(self.0.simd, value)
    }

    #[inline(always)]
    fn load(self, from: &[f32]) -> Self {
        Self(f32x16::from_slice(self.0.simd, &from[..16]))
    }

    #[inline(always)]
    fn store(self, to: &mut [f32]) {
        self.0.store_slice(&mut to[..16]);
    }

    #[inline(always)]
    fn sum(self) -> f32 {
        let (low, high) = self.0.split();
        let (low, high) = (low + high).split();
        let four = low + high;
        (four[0] + four[2]) + (four[1] + four[3])
    }

    #[inline(always)]
    fn fill_open01(self, state: &mut GeneratorState, to: &mut [f32]) {
        let simd = self.0.simd;
        let mut generators = Generators::load(simd, state);
        let mut groups = to.chunks_exact_mut(16);
        for group in &mut groups {
            open01(generators.step()).store(group);
        }
        let tail = groups.into_remainder();
        if !tail.is_empty() {
            tail.copy_from_slice(&open01(generators.step()).to_array()[..tail.len()]);
        }
        generators.store(state);
    }
}

/// The middles of 2²³ equal steps of (0, 1), named by the upper bits.
#[inline(always)]
fn open01<S: Simd>(bits: u64x8<S>) -> F32x16<S> {
    let above_one: f32x16<S> = ((bits.bitcast::<u32x16<S>>() >> 9) | ONE_32).bitcast();
    F32x16(above_one - BELOW_ONE_32)
}
