//! What the algorithms need of a vector: its bits, and the constants of its width.
//!
//! The algorithms are inlined into the code that proves the instruction set, except in debug builds, where nothing shrinks
//! the frames that they would add to.

use core::ops::{Add, BitAnd, BitOr, Shl, Shr, Sub};

use super::Lanes;

/// A vector of binary floating-point numbers whose bits can be calculated with. The algorithms are written once over it.
///
/// Its constants are `f64`s, which hold those of both widths exactly.
pub(crate) trait Wide: Lanes {
    /// The lanes as unsigned integers; arithmetic wraps.
    type Bits: Copy
        + Add<Output = Self::Bits>
        + Sub<Output = Self::Bits>
        + BitAnd<Output = Self::Bits>
        + BitOr<Output = Self::Bits>
        + Shl<u32, Output = Self::Bits>
        + Shr<u32, Output = Self::Bits>;

    /// How many bits of the mantissa are stored.
    const MANTISSA: u32;
    /// The exponent field of 1.
    const BIAS: u32;
    /// The smallest number that is not subnormal.
    const MIN_POSITIVE: f64;
    /// ln 2 in two parts; the product of the first with an exponent is exact.
    const LN_2: [f64; 2];
    /// log₁₀ 2 in two parts, as `LN_2`.
    const LOG10_2: [f64; 2];
    /// What e^x gets its x clamped to: beyond, it is 0 or ∞ all the same.
    const EXP_DOMAIN: [f64; 2];
    /// What 2^x gets its x clamped to.
    const EXP2_DOMAIN: [f64; 2];
    /// Below its negative, e^x - 1 is -1.
    const EXP_M1_FLOOR: f64;

    /// Whether `mul_add` rounds once.
    fn is_fused(self) -> bool;
    fn to_bits(self) -> Self::Bits;
    fn from_bits(bits: Self::Bits) -> Self;
    /// The same bits in every lane.
    fn bits(self, value: u64) -> Self::Bits;
    /// The larger of the two, and NaN where `self` is.
    fn at_least(self, bound: f64) -> Self;
    /// The smaller of the two, and NaN where `self` is.
    fn at_most(self, bound: f64) -> Self;
    /// (e^r - 1 - r)/r² for |r| ≤ ln(2)/2.
    fn exp_series(self) -> Self;
    /// (2^r - 1)/r for |r| ≤ ½.
    fn exp2_series(self) -> Self;
    /// (2 atanh(s)/s - 2)/s² of s², for |s| ≤ 1/5.
    fn atanh_series(self) -> Self;
}

/// Σ `coefficients[i]`·`x`^i, by Horner's rule.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(super) fn polynomial<W: Wide, const N: usize>(x: W, coefficients: &[f64; N]) -> W {
    let mut sum = x.constant(coefficients[N - 1]);
    for coefficient in coefficients[..N - 1].iter().rev() {
        sum = sum.mul_add(x, x.constant(*coefficient));
    }
    sum
}

/// `n/(1 + x)` for |x| ≤ 1, where `rate`, 1/(1 + x), is at hand: the rounding errors of the sum and of both quotients are put
/// right.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(crate) fn quotient<W: Wide>(n: W, x: W, rate: W) -> W {
    let one = x.constant(1.0);
    let one_plus_x = one + x;
    let low = x - (one_plus_x - one);
    let quotient = n * rate;
    let remainder = remainder(n, quotient, one_plus_x);
    (-quotient).mul_add(low, remainder).mul_add(rate, quotient)
}

/// `n - q·d` without rounding errors, where `q` is close to `n/d`.
#[cfg_attr(not(debug_assertions), inline(always))]
fn remainder<W: Wide>(n: W, q: W, d: W) -> W {
    if q.is_fused() {
        (-q).mul_add(d, n)
    } else {
        // Dekker's product: those of halves of the mantissas are exact.
        let upper = |x: W| W::from_bits(x.to_bits() & x.bits(u64::MAX << (W::MANTISSA / 2 + 1)));
        let (q_high, d_high) = (upper(q), upper(d));
        let (q_low, d_low) = (q - q_high, d - d_high);
        (((n - q_high * d_high) - q_high * d_low) - q_low * d_high) - q_low * d_low
    }
}
