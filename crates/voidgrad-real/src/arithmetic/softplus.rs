//! `ln(1 + e^x)`.

use crate::Element;
#[cfg(feature = "lanes")]
use crate::lanes::{exp::Negative, ln::ln_1p_unit, wide::Wide};

crate::functions::function! {
    /// `ln(1 + e^x)`, the integral of [`sigmoid()`](crate::sigmoid()).
    ///
    /// ```
    /// assert_eq!(voidgrad_real::softplus(1000.0), 1000.0);
    /// ```
    softplus(x)
}

#[inline]
pub(crate) fn scalar<T: Element>(x: T) -> T {
    // A NaN survives in the second term; `max` alone would drop it.
    x.max(x.constant(0.0)) + (-x.abs()).exp().ln_1p()
}

#[cfg(feature = "lanes")]
#[cfg_attr(not(debug_assertions), inline(always))]
pub(crate) fn lanes<W: Wide>(x: W) -> W {
    // A NaN survives in the second term.
    x.relu() + ln_1p_unit(Negative::new(-x.abs()).exp())
}
