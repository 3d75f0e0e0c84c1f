//! z and z̃ on lanes.

use voidgrad_real::Lanes;

/// `z = a + ln(u/(1 - u))`, within 4 units in the last place of the larger of the two terms. 1 - u is exact, as it is for the numbers of
/// a stream.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(crate) fn z<R: Lanes>(a: R, u: R) -> R {
    a + u.ln_ratio(u.constant(1.0) - u)
}

/// The size of `z̃ = ±ln((1 + v·w)/(1 - v))`, whose sign is that of b = 1 or 0, and `∂z̃/∂a`, b held fixed, where w is `e^a` where
/// b = 1, and `e^-a` where b = 0: one logarithm and one division. [`g_tilde`](crate::bernoulli::logit::g_tilde) is the same with care
/// for every w; here w and its product with v are finite, and 1 - v is exact.
///
/// Both are within 4 units in the last place, if w has no error.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(crate) fn size_and_slope<R: Lanes>(v: R, w: R) -> (R, R) {
    let growth = v * w;
    let (size, rate) = growth.ln_1p_over_and_recip(v.constant(1.0) - v);
    (size, growth * rate)
}

/// z̃ and `∂z̃/∂a`.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(crate) fn z_tilde<R: Lanes>(is_one: R::Mask, v: R, w: R) -> (R, R) {
    let (size, slope) = size_and_slope(v, w);
    (R::select(is_one, size, -size), slope)
}
