//! 16 `f32` side by side.

use core::ops::{Add, BitAnd, BitOr, Div, Mul, Neg, Not, Sub};

use fearless_simd::prelude::*;
use fearless_simd::{f32x16, i32x16, mask32x16, u32x16, u64x8};

use super::uniform::{self, BELOW_ONE_32, ONE_32, STEP_32};
use super::vector::{SECOND_WINS, is_fused, lane_methods, vector};
use super::wide::{Wide, polynomial};
use super::{GeneratorState, Lanes};
use super::{algorithms, ln, quick};
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
    /// #[cfg_attr(not(debug_assertions), inline(always))]
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
    u32x16,
    f32,
    16,
    constants
);

/// What differs between the widths. The polynomials are made by `tests/fixtures/minimax.py`.
mod constants {
    /// fdlibm's: the first has 15 bits, and an exponent at most 8.
    pub(super) const LN_2: [f64; 2] = [0.693_145_751_953_125, 1.428_606_765_330_187e-6];
    pub(super) const LOG10_2: [f64; 2] = [0.301_025_390_625, 4.605_038_981_195_214e-6];
    pub(super) const EXP_DOMAIN: [f64; 2] = [-104.0, 89.0];
    pub(super) const EXP2_DOMAIN: [f64; 2] = [-151.0, 129.0];
    pub(super) const EXP_M1_FLOOR: f64 = -20.0;
    /// Relative error of e^r 2^-28.3.
    pub(super) const EXP_SERIES: [f64; 5] = [
        0.499_999_940_395_355_2,
        0.166_665_211_319_923_4,
        0.041_668_388_992_547_99,
        0.008_368_716_575_205_326,
        0.001_381_461_741_402_745_2,
    ];
    /// Relative error of 2^r 2^-23.4.
    pub(super) const EXP2_SERIES: [f64; 5] = [
        0.693_147_003_650_665_3,
        0.240_222_424_268_722_53,
        0.055_507_335_811_853_41,
        0.009_671_512_991_189_957,
        0.001_326_473_546_214_401_7,
    ];
    /// Relative error of the logarithm 2^-28.4.
    pub(super) const ATANH_SERIES: [f64; 3] =
        [0.666_669_487_953_186, 0.399_573_892_354_965_2, 0.303_699_374_198_913_6];
}

impl<S: Simd> Lanes for F32x16<S> {
    type Element = f32;
    type Narrow = Self;

    const LANES: usize = 16;
    const REGISTERS: usize = 16 / <S::f32s as SimdBase<S>>::LEN;

    lane_methods!(f32x16, f32, 16);

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn sum(self) -> f32 {
        let (low, high) = self.0.split();
        let (low, high) = (low + high).split();
        let four = low + high;
        (four[0] + four[2]) + (four[1] + four[3])
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn narrow(self) -> Self {
        self
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn fill_open01(self, state: &mut GeneratorState, to: &mut [f32]) {
        uniform::fill(self.0.simd, state, to, open01);
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn fill_signed(self, state: &mut GeneratorState, to: &mut [f32]) {
        uniform::fill(self.0.simd, state, to, signed);
    }
}

/// The middles of 2²³ equal steps of (0, 1), named by the upper bits.
#[cfg_attr(not(debug_assertions), inline(always))]
fn open01<S: Simd>(bits: u64x8<S>) -> F32x16<S> {
    let above_one: f32x16<S> = ((bits.bitcast::<u32x16<S>>() >> 9) | ONE_32).bitcast();
    F32x16(above_one - BELOW_ONE_32)
}

/// Integers with a sign, as parts of the largest.
#[cfg_attr(not(debug_assertions), inline(always))]
fn signed<S: Simd>(bits: u64x8<S>) -> F32x16<S> {
    F32x16(f32x16::float_from(bits.bitcast::<i32x16<S>>()) * STEP_32)
}
