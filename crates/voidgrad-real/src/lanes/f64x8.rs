//! 8 `f64` side by side.

use core::ops::{Add, BitAnd, BitOr, Div, Mul, Neg, Not, Sub};

use fearless_simd::prelude::*;
use fearless_simd::{f64x8, mask64x8, u64x8};

use super::uniform::{BELOW_ONE_64, Generators, ONE_64};
use super::vector::vector;
use super::{GeneratorState, Lanes};
use crate::{Mask, Real};

vector!(
    /// Eight `f64` side by side: one AVX-512 register, two of AVX2, four of SSE and NEON.
    ///
    /// The first value is made from a token that proves the instruction set, every other from a value at hand.
    ///
    /// ```
    /// use fearless_simd::{Level, Simd, dispatch};
    /// use voidgrad_real::{F64x8, Lanes, Real};
    ///
    /// #[inline(always)]
    /// fn softplus<S: Simd>(simd: S, x: &mut [f64; 8]) {
    ///     F64x8::splat_with(simd, 0.0).load(x).softplus().store(x);
    /// }
    /// let mut x = [0.0; 8];
    /// dispatch!(Level::new(), simd => softplus(simd, &mut x));
    /// assert_eq!(x, [core::f64::consts::LN_2; 8]);
    /// ```
    F64x8(f64x8),
    /// The answers of a comparison of two [`F64x8`].
    Mask64x8(mask64x8),
    f64,
    8
);

impl<S: Simd> Lanes for F64x8<S> {
    type Element = f64;

    const LANES: usize = 8;

    #[inline(always)]
    fn splat(self, value: f64) -> Self {
        Self::splat_with(self.0.simd, value)
    }

    #[inline(always)]
    fn load(self, from: &[f64]) -> Self {
        Self(f64x8::from_slice(self.0.simd, &from[..8]))
    }

    #[inline(always)]
    fn store(self, to: &mut [f64]) {
        self.0.store_slice(&mut to[..8]);
    }

    #[inline(always)]
    fn sum(self) -> f64 {
        let (low, high) = self.0.split();
        let (low, high) = (low + high).split();
        let pair = low + high;
        pair[0] + pair[1]
    }

    #[inline(always)]
    fn fill_open01(self, state: &mut GeneratorState, to: &mut [f64]) {
        let simd = self.0.simd;
        let mut generators = Generators::load(simd, state);
        let mut groups = to.chunks_exact_mut(8);
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

/// The middles of 2⁵² equal steps of (0, 1), named by the upper bits.
#[inline(always)]
fn open01<S: Simd>(bits: u64x8<S>) -> F64x8<S> {
    let above_one: f64x8<S> = ((bits >> 12) | ONE_64).bitcast();
    F64x8(above_one - BELOW_ONE_64)
}
