//! Vectors of `f64` and of `f32`, and the two functions that the estimator needs of them.
//!
//! The polynomials are minimax, computed with 40 digits; the functions are written for the arguments that occur here
//! (finite, no subnormals), as one does by hand.

#![expect(clippy::excessive_precision, reason = "the coefficients are quoted as they were computed")]
#![expect(clippy::cast_possible_truncation, reason = "the nearest f32 is what is asked for")]

use fearless_simd::prelude::*;
use fearless_simd::{Simd, f32x16, f64x8, i32x16, i64x8, u32x16, u64x8};

/// A vector of floats, 512 bits wide: 8 lanes of `f64` or 16 of `f32`.
pub(super) trait Vector<S: Simd>: SimdFloat<S> {
    /// How many numbers it holds.
    const LANES: usize;

    /// `value` in every lane.
    fn splat_of(simd: S, value: f64) -> Self;

    /// The nearest number of a lane.
    fn narrow(value: f64) -> Self::Element;

    /// The same number.
    fn widen(value: Self::Element) -> f64;

    /// The `LANES` numbers at the start of `values`.
    fn load(simd: S, values: &[f64]) -> Self;

    /// `2^self`, for finite numbers; arguments beyond ±[`LARGEST`](Self::LARGEST) are taken there.
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn exp2(self) -> Self {
        let [power] = Self::exp2_each([self]);
        power
    }

    /// The same of several vectors in step: the operations on one vector wait for each other.
    fn exp2_each<const N: usize>(x: [Self; N]) -> [Self; N];

    /// Where [`exp2`](Self::exp2) ends, so that the product of two of its results is still a number.
    const LARGEST: f64;

    /// `numerator/denominator` reduced for the logarithm; both are positive, normal numbers.
    fn quotient(numerator: Self, denominator: Self) -> Quotient<Self>;

    /// `2·artanh(s)` for `|s| ≤ 0.2`, the logarithm of the reduced quotient.
    fn ln_of_reduced(s: Self) -> Self;

    /// `exponent·ln 2 + rest`, the exponent as [`quotient`](Self::quotient) leaves it.
    fn with_exponent(exponent: Self, rest: Self) -> Self;

    /// `Σ` of the lanes.
    fn total(self) -> f64;

    /// Writes the lanes to the front.
    fn spread(self, to: &mut [f64; 16]);

    /// Two vectors of uniform numbers in (0, 1), and the generator that follows.
    fn uniform_pair(state: &mut [u64x8<S>; 4]) -> (Self, Self);
}

/// A quotient `2^k·(1 + s)/(1 - s)` with `s = difference/sum`, `|s| ≤ 0.2`.
#[derive(Clone, Copy)]
pub(super) struct Quotient<V> {
    pub(super) difference: V,
    pub(super) sum: V,
    pub(super) exponent: V,
}

impl<V> Quotient<V> {
    /// Its logarithm, where `1/sum` is known.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(super) fn ln<S: Simd>(self, rate: V) -> V
    where
        V: Vector<S>,
    {
        V::with_exponent(self.exponent, V::ln_of_reduced(self.difference * rate))
    }
}

/// Horner's rule; the last coefficient is that of the highest power.
#[cfg_attr(not(debug_assertions), inline(always))]
fn polynomial<S: Simd, V: Vector<S>, const N: usize>(x: V, coefficients: [f64; N]) -> V {
    let [value] = polynomials([x], coefficients);
    value
}

/// The same of several vectors.
#[cfg_attr(not(debug_assertions), inline(always))]
fn polynomials<S: Simd, V: Vector<S>, const N: usize, const M: usize>(
    x: [V; M],
    coefficients: [f64; N],
) -> [V; M] {
    let mut values = [V::splat_of(x[0].token(), coefficients[N - 1]); M];
    for n in (0..N - 1).rev() {
        let coefficient = V::splat_of(x[0].token(), coefficients[n]);
        for m in 0..M {
            values[m] = values[m].mul_add(x[m], coefficient);
        }
    }
    values
}

/// The next 64 bits of `xoshiro256++` in each lane.
#[cfg_attr(not(debug_assertions), inline(always))]
fn next<S: Simd>(state: &mut [u64x8<S>; 4]) -> u64x8<S> {
    let [s0, s1, s2, s3] = *state;
    let sum = s0 + s3;
    let bits = rotate(sum, 23) + s0;
    let t = s1 << 17;
    let (s2, s3) = (s2 ^ s0, s3 ^ s1);
    *state = [s0 ^ s3, s1 ^ s2, s2 ^ t, rotate(s3, 45)];
    bits
}

#[cfg_attr(not(debug_assertions), inline(always))]
fn rotate<S: Simd>(bits: u64x8<S>, by: u32) -> u64x8<S> {
    (bits << by) | (bits >> (64 - by))
}

/// `(k + ½)/2⁵²` from the upper 52 bits: those make a number in [1, 2) first.
#[cfg_attr(not(debug_assertions), inline(always))]
fn unit_f64<S: Simd>(bits: u64x8<S>) -> f64x8<S> {
    let float: f64x8<S> = ((bits >> 12) | 0x3ff0_0000_0000_0000_u64).bitcast();
    float - (1.0 - f64::EPSILON / 2.0)
}

/// `(k + ½)/2²³` likewise, two of them from 64 bits.
#[cfg_attr(not(debug_assertions), inline(always))]
fn unit_f32<S: Simd>(bits: u64x8<S>) -> f32x16<S> {
    let bits: u32x16<S> = bits.bitcast();
    let float: f32x16<S> = ((bits >> 9) | 0x3f80_0000_u32).bitcast();
    float - (1.0 - f32::EPSILON / 2.0)
}

/// `2^r - 1` over r on `[-½, ½]`: relative errors of 3.4e-18 and 2.0e-9.
const EXP2_F64: [f64; 11] = [
    std::f64::consts::LN_2,
    0.240_226_506_959_101_313,
    0.055_504_108_664_820_083_2,
    0.009_618_129_107_594_120_15,
    0.001_333_355_814_677_462_15,
    0.000_154_035_304_571_120_357,
    1.525_273_249_333_517_25e-5,
    1.321_543_528_232_936_9e-6,
    1.017_819_957_296_059_27e-7,
    7.073_783_245_656_162_2e-9,
    4.434_771_097_733_228_57e-10,
];
const EXP2_F32: [f64; 6] = [
    0.693_147_202_9,
    0.240_226_479_1,
    0.055_503_324_71,
    0.009_618_437_353,
    0.001_339_887_442,
    0.000_153_533_63,
];

/// `(2·artanh(s)/s - 2)/s²` over s² on `[0, 0.04]`: relative errors of the logarithm of 1.5e-17 and 2.8e-9.
const LN_F64: [f64; 7] = [
    0.666_666_666_666_728_198,
    0.399_999_999_961_022_318,
    0.285_714_294_059_515_342,
    0.222_221_376_310_308_694,
    0.181_863_917_138_647_491,
    0.152_494_755_256_804_464,
    0.153_737_359_794_209_505,
];
const LN_F32: [f64; 3] = [0.666_669_495_1, 0.399_576_078_2, 0.303_652_489_3];

impl<S: Simd> Vector<S> for f64x8<S> {
    const LANES: usize = 8;
    const LARGEST: f64 = 500.0;

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn splat_of(simd: S, value: f64) -> Self {
        Self::splat(simd, value)
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn narrow(value: f64) -> f64 {
        value
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn widen(value: f64) -> f64 {
        value
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn load(simd: S, values: &[f64]) -> Self {
        Self::from_slice(simd, &values[..8])
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn exp2_each<const N: usize>(x: [Self; N]) -> [Self; N] {
        // 1.5·2⁵² pushes the integer part into the lowest bits.
        const SHIFT: f64 = 6_755_399_441_055_744.0;
        let simd = x[0].simd;
        let (largest, one) = (Self::splat(simd, Self::LARGEST), Self::splat(simd, 1.0));
        let (mut r, mut shifted) = (x, x);
        for n in 0..N {
            let x = x[n].max(-largest).min(largest);
            shifted[n] = x + SHIFT;
            r[n] = x - (shifted[n] - SHIFT);
        }
        let mut powers = polynomials(r, EXP2_F64);
        for n in 0..N {
            let bits: i64x8<S> = powers[n].mul_add(r[n], one).bitcast();
            let exponent: i64x8<S> = shifted[n].bitcast();
            powers[n] = (bits + (exponent << 52)).bitcast();
        }
        powers
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn quotient(numerator: Self, denominator: Self) -> Quotient<Self> {
        // The bits of a float are nearly its logarithm, so the upper bits of their difference are the exponent.
        let (p, q): (i64x8<S>, i64x8<S>) = (numerator.bitcast(), denominator.bitcast());
        let exponent = (p - q + (1_i64 << 51)) & (-1_i64 << 52);
        let scaled: Self = (p - exponent).bitcast();
        Quotient {
            difference: scaled - denominator,
            sum: scaled + denominator,
            exponent: exponent.to_float::<Self>(),
        }
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn ln_of_reduced(s: Self) -> Self {
        let w = s * s;
        (polynomial(w, LN_F64) * w).mul_add(s, s + s)
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn with_exponent(exponent: Self, rest: Self) -> Self {
        const RATE: f64 = std::f64::consts::LN_2 / (1_u64 << 52) as f64;
        exponent.mul_add(Self::splat(exponent.simd, RATE), rest)
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn total(self) -> f64 {
        self.to_array().iter().sum()
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn spread(self, to: &mut [f64; 16]) {
        for (to, lane) in to.iter_mut().zip(self.to_array()) {
            *to = lane;
        }
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn uniform_pair(state: &mut [u64x8<S>; 4]) -> (Self, Self) {
        let (first, second) = (next(state), next(state));
        (unit_f64(first), unit_f64(second))
    }
}

impl<S: Simd> Vector<S> for f32x16<S> {
    const LANES: usize = 16;
    const LARGEST: f64 = 60.0;

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn splat_of(simd: S, value: f64) -> Self {
        Self::splat(simd, value as f32)
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn narrow(value: f64) -> f32 {
        value as f32
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn widen(value: f32) -> f64 {
        value.into()
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn load(simd: S, values: &[f64]) -> Self {
        let mut lanes = [0.0; 16];
        for (lane, value) in lanes.iter_mut().zip(values) {
            *lane = *value as f32;
        }
        Self::from_slice(simd, &lanes)
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn exp2_each<const N: usize>(x: [Self; N]) -> [Self; N] {
        // 1.5·2²³ pushes the integer part into the lowest bits.
        const SHIFT: f32 = 12_582_912.0;
        let simd = x[0].simd;
        let (largest, one) = (Self::splat(simd, Self::LARGEST as f32), Self::splat(simd, 1.0));
        let (mut r, mut shifted) = (x, x);
        for n in 0..N {
            let x = x[n].max(-largest).min(largest);
            shifted[n] = x + SHIFT;
            r[n] = x - (shifted[n] - SHIFT);
        }
        let mut powers = polynomials(r, EXP2_F32);
        for n in 0..N {
            let bits: i32x16<S> = powers[n].mul_add(r[n], one).bitcast();
            let exponent: i32x16<S> = shifted[n].bitcast();
            powers[n] = (bits + (exponent << 23)).bitcast();
        }
        powers
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn quotient(numerator: Self, denominator: Self) -> Quotient<Self> {
        let (p, q): (i32x16<S>, i32x16<S>) = (numerator.bitcast(), denominator.bitcast());
        let exponent = (p - q + (1_i32 << 22)) & (-1_i32 << 23);
        let scaled: Self = (p - exponent).bitcast();
        Quotient {
            difference: scaled - denominator,
            sum: scaled + denominator,
            exponent: exponent.to_float::<Self>(),
        }
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn ln_of_reduced(s: Self) -> Self {
        let w = s * s;
        (polynomial(w, LN_F32) * w).mul_add(s, s + s)
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn with_exponent(exponent: Self, rest: Self) -> Self {
        const RATE: f32 = std::f32::consts::LN_2 / (1_u32 << 23) as f32;
        exponent.mul_add(Self::splat(exponent.simd, RATE), rest)
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn total(self) -> f64 {
        self.to_array().iter().map(|&lane| f64::from(lane)).sum()
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn spread(self, to: &mut [f64; 16]) {
        for (to, lane) in to.iter_mut().zip(self.to_array()) {
            *to = lane.into();
        }
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn uniform_pair(state: &mut [u64x8<S>; 4]) -> (Self, Self) {
        let (first, second) = (next(state), next(state));
        (unit_f32(first), unit_f32(second))
    }
}
