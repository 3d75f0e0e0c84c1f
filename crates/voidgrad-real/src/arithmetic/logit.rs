//! `ln(p/(1 - p))`.

use crate::Element;
#[cfg(feature = "lanes")]
use crate::lanes::{
    ln::{exponent_mask, minus_exponent, one_bits, quotient_field},
    wide::Wide,
};

crate::functions::function! {
    /// The log-odds `ln(p/(1 - p))` of a probability `p`, the inverse of [`sigmoid()`](crate::sigmoid()).
    ///
    /// ```
    /// assert_eq!(voidgrad_real::logit(0.5), 0.0);
    /// ```
    logit(p)
}

#[inline]
pub(crate) fn scalar<T: Element>(p: T) -> T {
    let one = p.constant(1.0);
    // 2p - 1 has no rounding error here, so nothing is lost near ½, where the logit is 0.
    if p > p.constant(0.25) && p < p.constant(0.75) {
        ((p.constant(2.0) * p - one) / (one - p)).ln_1p()
    } else {
        (p / (one - p)).ln()
    }
}

/// With p = 2^k·a and 1 - p = b such that a/b is in [⅔, 3/2], this is k ln 2 + 2 atanh((a - b)/(a + b)): one division, and near
/// ½ no error but that of the last sum, since there a - b = 2p - 1 and a + b = 1 are exact.
#[cfg(feature = "lanes")]
#[cfg_attr(not(debug_assertions), inline(always))]
pub(crate) fn lanes<W: Wide>(p: W) -> W {
    let (zero, one) = (p.constant(0.0), p.constant(1.0));
    let b = one - p;
    let b_low = (one - b) - p;
    // So much larger, p is not subnormal.
    let p_up = p * p.constant((1_u64 << (W::MANTISSA + 2)) as f64);
    let extra = p.constant(f64::from(W::MANTISSA + 2));
    // The difference of the bits is close to that of the logarithms.
    let field = quotient_field(p_up, b);
    let exponent = (field & p.bits(exponent_mask::<W>())) - p.bits(one_bits::<W>());
    let a = W::from_bits(p_up.to_bits() - exponent);
    let minus_k = minus_exponent(field, extra);

    let difference = (a - b) - b_low;
    let sum = a + b;
    let s = difference / sum;
    let z = s * s;
    let [high, low] = W::LN_2;
    let rest = (s * z).mul_add(z.atanh_series(), minus_k * p.constant(-low));
    let logit = minus_k.mul_add(p.constant(-high), (s + s) + rest);

    let product = p * b;
    let end = p.constant(f64::INFINITY).copysign(p - p.constant(0.5));
    let outside = W::select(product.is_eq(zero), end, p.constant(f64::NAN));
    W::select(product.is_gt(zero), logit, outside)
}
