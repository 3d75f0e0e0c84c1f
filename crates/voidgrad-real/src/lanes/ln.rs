//! ln x, ln(1 + x), log₂ x, log₁₀ x and logarithms of ratios.
//!
//! A number is 2^k·m with m in [¾, 3/2), and with f = m - 1 and s = f/(2 + f), ln m = 2 atanh s = f - s·(f - s²·q(s²)) with a
//! minimax polynomial q: the form in which f, the largest term, has no error (Ng, fdlibm's `e_log.c`, 1993).

use super::wide::Wide;

/// 2^k (1 + f).
#[derive(Clone, Copy)]
struct Split<W: Wide> {
    /// -k: with this sign, ln 1 = 0 and ln(1 - 0) = -0 come out of the sums below.
    minus_k: W,
    f: W,
}

/// The exponent field of `x`, a positive number that is not subnormal, where `x` is 2^k·m with m in [¾, 3/2).
#[cfg_attr(not(debug_assertions), inline(always))]
fn exponent_field<W: Wide>(x: W) -> W::Bits {
    x.to_bits() + x.bits(1 << (W::MANTISSA - 1))
}

/// -k from what [`exponent_field`] gave; `extra` is added to it.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(crate) fn minus_exponent<W: Wide>(field: W::Bits, extra: W) -> W {
    // An integer below 2^p as the mantissa of a number in [2^p, 2^(p + 1)).
    let one = 1_u64 << W::MANTISSA;
    let unit = u64::from(W::BIAS + W::MANTISSA) << W::MANTISSA;
    let shifted = W::from_bits((field >> W::MANTISSA) | extra.bits(unit));
    (extra + extra.constant(one as f64 + f64::from(W::BIAS))) - shifted
}

#[cfg_attr(not(debug_assertions), inline(always))]
pub(crate) fn exponent_mask<W: Wide>() -> u64 {
    u64::from(2 * W::BIAS + 1) << W::MANTISSA
}

#[cfg_attr(not(debug_assertions), inline(always))]
pub(crate) fn one_bits<W: Wide>() -> u64 {
    u64::from(W::BIAS) << W::MANTISSA
}

impl<W: Wide> Split<W> {
    /// Of `x`, a positive number.
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn new(x: W) -> Self {
        let small = x.is_lt(x.constant(W::MIN_POSITIVE));
        // Twice the width of the mantissa is more than any subnormal number needs.
        let x_up = W::select(small, x * x.constant((1_u64 << (W::MANTISSA + 2)) as f64), x);
        let extra = W::select(small, x.constant(f64::from(W::MANTISSA + 2)), x.constant(0.0));
        let field = exponent_field(x_up);
        let exponent = (field & x.bits(exponent_mask::<W>())) - x.bits(one_bits::<W>());
        let m = W::from_bits(x_up.to_bits() - exponent);
        Self { minus_k: minus_exponent(field, extra), f: m - x.constant(1.0) }
    }

    /// Of 1 + `x`, for `x` above -1. From x and 2^-k, f has only one rounding error.
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn one_plus(x: W) -> Self {
        let one = x.constant(1.0);
        let field = exponent_field(one + x);
        // 2^(2 - k), which is not subnormal where 2^-k could be.
        let ceiling = (u64::from(2 * W::BIAS) + 2) << W::MANTISSA;
        let scale = W::from_bits(x.bits(ceiling) - (field & x.bits(exponent_mask::<W>())));
        // x·2^(2 - k) - (4 - 2^(2 - k)): -0 where x is.
        let f = x.mul_add(scale, -(x.constant(4.0) - scale));
        Self { minus_k: minus_exponent(field, x.constant(0.0)), f: f * x.constant(0.25) }
    }

    /// ln(2^k (1 + f)).
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn ln(self) -> W {
        let Self { minus_k, f } = self;
        let [high, low] = W::LN_2;
        let correction = minus_k * f.constant(low);
        minus_k.mul_add(f.constant(-high), f - s_term(f, correction))
    }
}

/// `f - ln(1 + f) + correction`.
#[cfg_attr(not(debug_assertions), inline(always))]
fn s_term<W: Wide>(f: W, correction: W) -> W {
    let s = f / (f + f.constant(2.0));
    let z = s * s;
    s.mul_add((-z).mul_add(z.atanh_series(), f), correction)
}

/// `ln_x` of a positive finite `x`, else what the logarithm is of `x`.
#[cfg_attr(not(debug_assertions), inline(always))]
fn everywhere<W: Wide>(x: W, ln_x: W) -> W {
    let (zero, infinity) = (x.constant(0.0), x.constant(f64::INFINITY));
    let other = W::select(x.is_eq(zero), -infinity, x.constant(f64::NAN));
    W::select(x.is_gt(zero), W::select(x.is_lt(infinity), ln_x, infinity), other)
}

#[cfg_attr(not(debug_assertions), inline(always))]
pub(super) fn ln<W: Wide>(x: W) -> W {
    everywhere(x, Split::new(x).ln())
}

#[cfg_attr(not(debug_assertions), inline(always))]
pub(super) fn ln_1p<W: Wide>(x: W) -> W {
    let (least, infinity) = (x.constant(-1.0), x.constant(f64::INFINITY));
    let other = W::select(x.is_eq(least), -infinity, x.constant(f64::NAN));
    let ln = Split::one_plus(x).ln();
    W::select(x.is_gt(least), W::select(x.is_lt(infinity), ln, infinity), other)
}

/// log₂ x = k + ln(m)/ln 2.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(super) fn log2<W: Wide>(x: W) -> W {
    let Split { minus_k, f } = Split::new(x);
    let ln_m = f - s_term(f, f.constant(0.0));
    everywhere(x, ln_m.mul_add(x.constant(core::f64::consts::LOG2_E), -minus_k))
}

/// log₁₀ x = k log₁₀ 2 + ln(m)/ln 10.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(super) fn log10<W: Wide>(x: W) -> W {
    let Split { minus_k, f } = Split::new(x);
    let ln_m = f - s_term(f, f.constant(0.0));
    let [high, low] = W::LOG10_2;
    let rest = ln_m.mul_add(x.constant(core::f64::consts::LOG10_E), minus_k * x.constant(-low));
    everywhere(x, minus_k.mul_add(x.constant(-high), rest))
}

/// ln(1 + x) for x in [0, 1], NaN for NaN.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(crate) fn ln_1p_unit<W: Wide>(x: W) -> W {
    let (half, zero) = (x.constant(0.5), x.constant(0.0));
    let large = x.is_gt(half);
    let f = W::select(large, x.mul_add(half, -half), x);
    let [high, low] = W::LN_2;
    let correction = W::select(large, x.constant(-low), zero);
    // Below, the term is lost beside f, and its products would be subnormal numbers, which take a hundred cycles.
    let least = x.constant(2.0_f64.powi(-(W::MANTISSA.cast_signed() + 2)));
    let counts = x.is_gt(least);
    let term = W::select(counts, s_term(W::select(counts, f, least), correction), zero);
    (f - term) + W::select(large, x.constant(high), zero)
}

/// The exponent field of p/q, 2^k·m with m in [⅔, 3/2], of positive numbers that are not subnormal.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(crate) fn quotient_field<W: Wide>(p: W, q: W) -> W::Bits {
    let one_and_half = one_bits::<W>() + (1 << (W::MANTISSA - 1));
    (p.to_bits() + p.bits(one_and_half)) - q.to_bits()
}

/// p/q = 2^k (1 + s)/(1 - s), with s = difference/sum, |s| ≤ 1/5: as `logit` has it, without its ends and its last rounding
/// error.
#[derive(Clone, Copy)]
struct Ratio<W> {
    minus_k: W,
    difference: W,
    sum: W,
}

impl<W: Wide> Ratio<W> {
    /// The logarithm, from s.
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn ln(self, s: W) -> W {
        let z = s * s;
        let [high, low] = W::LN_2;
        self.minus_k.mul_add(s.constant(-(high + low)), (s * z).mul_add(z.atanh_series(), s + s))
    }
}

/// ln(p/q).
#[cfg_attr(not(debug_assertions), inline(always))]
pub(super) fn ln_ratio<W: Wide>(p: W, q: W) -> W {
    let field = quotient_field(p, q);
    let exponent = (field & p.bits(exponent_mask::<W>())) - p.bits(one_bits::<W>());
    let a = W::from_bits(p.to_bits() - exponent);
    let ratio = Ratio { minus_k: minus_exponent(field, p.constant(0.0)), difference: a - q, sum: a + q };
    ratio.ln(ratio.difference / ratio.sum)
}

/// ln((1 + x)/q) and 1/(1 + x), from one reciprocal of a product.
///
/// The difference 2^-k (1 + x) - q is taken of x and not of 1 + x, whose rounding error would be all that is left where the quotient
/// is close to 1: then k is 0, and 1 - q has no error.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(super) fn ln_1p_over_and_recip<W: Wide>(x: W, q: W) -> (W, W) {
    let p = x.constant(1.0) + x;
    let field = quotient_field(p, q);
    // 2^-k
    let scale = W::from_bits(x.bits(2 * one_bits::<W>()) - (field & x.bits(exponent_mask::<W>())));
    let ratio = Ratio {
        minus_k: minus_exponent(field, x.constant(0.0)),
        difference: x.mul_add(scale, scale - q),
        sum: p.mul_add(scale, q),
    };
    let both = (p * ratio.sum).recip();
    (ratio.ln(ratio.difference * (both * p)), both * ratio.sum)
}

/// ln(1 - e^x): ln of -(e^x - 1) close to 0, ln(1 + y) of y = -e^x below -ln 2.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(crate) fn ln_of_complement<W: Wide>(one_minus_exp: W, exp: W, close_to_zero: W::Mask) -> W {
    let close = Split::new(one_minus_exp);
    let (zero, one) = (exp.constant(0.0), exp.constant(1.0));
    let large = exp.is_gt(exp.constant(0.25));
    let far = Split {
        minus_k: W::select(large, one, zero),
        f: W::select(large, exp.mul_add(exp.constant(-2.0), one), -exp),
    };
    let split = Split {
        minus_k: W::select(close_to_zero, close.minus_k, far.minus_k),
        f: W::select(close_to_zero, close.f, far.f),
    };
    let ln = split.ln();
    W::select(close_to_zero, everywhere(one_minus_exp, ln), ln)
}
