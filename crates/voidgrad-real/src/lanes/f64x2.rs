//! 2 `f64` side by side.

use core::ops::{Add, BitAnd, BitOr, Div, Mul, Neg, Not, Sub};

use fearless_simd::prelude::*;
use fearless_simd::{f64x2, mask64x2, u64x2};

use super::f64x8::constants;
use super::vector::{SECOND_WINS, is_fused, lane_methods, vector};
use super::wide::{Wide, polynomial};
use super::{GeneratorState, Lanes};
use super::{algorithms, ln, quick, uniform};
use crate::{Mask, Real};

vector!(
    /// Two `f64` side by side: one register of every instruction set, and the least work where a number stands alone.
    ///
    /// ```
    /// use fearless_simd::{Level, Simd, dispatch};
    /// use voidgrad_real::{F64x2, Lanes, Real};
    ///
    /// #[cfg_attr(not(debug_assertions), inline(always))]
    /// fn softplus<S: Simd>(simd: S, x: f64) -> f64 {
    ///     F64x2::splat_with(simd, x).softplus().first()
    /// }
    /// assert_eq!(dispatch!(Level::new(), simd => softplus(simd, 0.0)), core::f64::consts::LN_2);
    /// ```
    F64x2(f64x2),
    /// The answers of a comparison of two [`F64x2`].
    Mask64x2(mask64x2),
    u64x2,
    f64,
    2,
    constants
);

impl<S: Simd> Lanes for F64x2<S> {
    type Element = f64;
    type Narrow = Self;

    const LANES: usize = 2;

    lane_methods!(f64x2, f64, 2);

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn narrow(self) -> Self {
        self
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn sum(self) -> f64 {
        self.0[0] + self.0[1]
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn fill_open01(self, state: &mut GeneratorState, to: &mut [f64]) {
        uniform::fill_f64(state, to);
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn fill_signed(self, state: &mut GeneratorState, to: &mut [f64]) {
        uniform::fill_signed_f64(state, to);
    }
}
