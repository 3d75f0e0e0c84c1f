//! 8 `f64` side by side.

use core::ops::{Add, BitAnd, BitOr, Div, Mul, Neg, Not, Sub};

use fearless_simd::prelude::*;
use fearless_simd::{f64x8, i64x8, mask64x8, u64x8};

use super::f64x2::F64x2;
use super::uniform::{self, BELOW_ONE_64, ONE_64, STEP_64};
use super::vector::{SECOND_WINS, is_fused, lane_methods, vector};
use super::wide::{Wide, polynomial};
use super::{GeneratorState, Lanes};
use super::{algorithms, ln, quick};
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
    /// #[cfg_attr(not(debug_assertions), inline(always))]
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
    u64x8,
    f64,
    8,
    constants
);

/// What differs between the widths of a number. The polynomials are made by `tests/fixtures/minimax.py`.
pub(super) mod constants {
    /// fdlibm's: the first has 33 bits, and an exponent at most 11.
    pub(in crate::lanes) const LN_2: [f64; 2] = [6.931_471_803_691_238e-1, 1.908_214_929_270_587_7e-10];
    pub(in crate::lanes) const LOG10_2: [f64; 2] = [0.301_029_995_665_885_5, -1.904_312_846_716_427_4e-12];
    pub(in crate::lanes) const EXP_DOMAIN: [f64; 2] = [-746.0, 710.0];
    pub(in crate::lanes) const EXP2_DOMAIN: [f64; 2] = [-1076.0, 1025.0];
    pub(in crate::lanes) const EXP_M1_FLOOR: f64 = -40.0;
    /// Relative error of e^r 2^-57.9.
    pub(in crate::lanes) const EXP_SERIES: [f64; 10] = [
        0.500_000_000_000_001_1,
        0.166_666_666_666_664_13,
        0.041_666_666_666_530_155,
        0.008_333_333_333_494_276,
        0.001_388_888_894_362_942_9,
        0.000_198_412_695_069_990_66,
        2.480_149_310_011_435_5e-5,
        2.755_758_598_844_618e-6,
        2.763_024_783_821_436e-7,
        2.500_018_582_969_297_7e-8,
    ];
    /// Relative error of 2^r 2^-52.0.
    pub(in crate::lanes) const EXP2_SERIES: [f64; 10] = [
        0.693_147_180_559_949_2,
        0.240_226_506_959_091_04,
        0.055_504_108_664_481_96,
        0.009_618_129_107_982_82,
        0.001_333_355_822_577_691,
        0.000_154_035_299_946_002_18,
        1.525_265_944_151_914_3e-5,
        1.321_565_343_840_658_7e-6,
        1.020_832_037_989_617_5e-7,
        7.038_203_507_084_553e-9,
    ];
    /// Relative error of the logarithm 2^-55.8.
    pub(in crate::lanes) const ATANH_SERIES: [f64; 7] = [
        0.666_666_666_666_729_4,
        0.399_999_999_960_415_8,
        0.285_714_294_167_828,
        0.222_221_367_499_622_07,
        0.181_864_276_679_345_32,
        0.152_487_585_420_804_62,
        0.153_792_948_507_732_73,
    ];
}

impl<S: Simd> Lanes for F64x8<S> {
    type Element = f64;
    type Narrow = F64x2<S>;

    const LANES: usize = 8;
    const REGISTERS: usize = 8 / <S::f64s as SimdBase<S>>::LEN;

    lane_methods!(f64x8, f64, 8);

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn sum(self) -> f64 {
        let (low, high) = self.0.split();
        let (low, high) = (low + high).split();
        let pair = low + high;
        pair[0] + pair[1]
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn narrow(self) -> F64x2<S> {
        F64x2(self.0.split().0.split().0)
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn fill_open01(self, state: &mut GeneratorState, to: &mut [f64]) {
        uniform::fill(self.0.simd, state, to, open01);
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn fill_signed(self, state: &mut GeneratorState, to: &mut [f64]) {
        uniform::fill(self.0.simd, state, to, signed);
    }
}

/// The middles of 2⁵² equal steps of (0, 1), named by the upper bits.
#[cfg_attr(not(debug_assertions), inline(always))]
fn open01<S: Simd>(bits: u64x8<S>) -> F64x8<S> {
    let above_one: f64x8<S> = ((bits >> 12) | ONE_64).bitcast();
    F64x8(above_one - BELOW_ONE_64)
}

/// Integers with a sign, as parts of the largest.
#[cfg_attr(not(debug_assertions), inline(always))]
fn signed<S: Simd>(bits: u64x8<S>) -> F64x8<S> {
    F64x8(f64x8::float_from(bits.bitcast::<i64x8<S>>()) * STEP_64)
}
