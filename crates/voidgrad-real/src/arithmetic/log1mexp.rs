//! `ln(1 - e^x)`.

use core::f64::consts::LN_2;

use crate::Element;
#[cfg(feature = "lanes")]
use crate::lanes::{
    exp::{exp, exp_m1},
    ln::ln_of_complement,
    wide::Wide,
};

crate::functions::function! {
    /// `ln(1 - e^x)` for `x < 0`.
    ///
    /// ```
    /// assert!((voidgrad_real::log1mexp(-1e-300) - (1e-300_f64).ln()).abs() < 1e-12);
    /// ```
    log1mexp(x)
}

#[inline]
pub(crate) fn scalar<T: Element>(x: T) -> T {
    if x > x.constant(-LN_2) { (-x.exp_m1()).ln() } else { (-x.exp()).ln_1p() }
}

#[cfg(feature = "lanes")]
#[cfg_attr(not(debug_assertions), inline(always))]
pub(crate) fn lanes<W: Wide>(x: W) -> W {
    ln_of_complement(-exp_m1(x), exp(x), x.is_gt(x.constant(-LN_2)))
}
