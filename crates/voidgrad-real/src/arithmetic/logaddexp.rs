//! `ln(e^x + e^y)`.

use crate::Element;
#[cfg(feature = "lanes")]
use crate::lanes::{exp::Negative, ln::ln_1p_unit, wide::Wide};

crate::functions::function! {
    /// `ln(e^x + e^y)`.
    ///
    /// ```
    /// assert_eq!(voidgrad_real::logaddexp(1000.0, 0.0), 1000.0);
    /// ```
    logaddexp(x, y)
}

#[inline]
pub(crate) fn scalar<T: Element>(x: T, y: T) -> T {
    // The difference of two equal infinities is no number, so the larger one is left alone.
    let (larger, smaller) = if x > y { (x, y) } else { (y, x) };
    if larger == smaller {
        larger + x.constant(core::f64::consts::LN_2)
    } else {
        larger + (smaller - larger).exp().ln_1p()
    }
}

#[cfg(feature = "lanes")]
#[cfg_attr(not(debug_assertions), inline(always))]
pub(crate) fn lanes<W: Wide>(x: W, y: W) -> W {
    let (larger, smaller) = (W::select(x.is_gt(y), x, y), W::select(x.is_gt(y), y, x));
    // The difference of two equal infinities is no number.
    let difference = W::select(larger.is_eq(smaller), x.constant(0.0), smaller - larger);
    larger + ln_1p_unit(Negative::new(difference).exp())
}
