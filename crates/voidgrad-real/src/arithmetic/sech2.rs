//! `1/cosh²(x)`.

use crate::Element;
#[cfg(feature = "lanes")]
use crate::lanes::{exp::Negative, wide::Wide};

#[inline]
pub(crate) fn scalar<T: Element>(x: T) -> T {
    // Through e^-|x|, cosh² can't overflow while the quotient is still a number.
    let e = (x.constant(-2.0) * x.abs()).exp();
    let denominator = x.constant(1.0) + e;
    x.constant(4.0) * e / (denominator * denominator)
}

/// e^-2|x|/(1 + v)² with v = (e^-2|x| - 1)/2.
#[cfg(feature = "lanes")]
#[cfg_attr(not(debug_assertions), inline(always))]
pub(crate) fn lanes<W: Wide>(x: W) -> W {
    let negative = Negative::new(x.abs() * x.constant(-2.0));
    let rate = (x.constant(1.0) + negative.exp_m1(0.5)).recip();
    negative.exp() * rate * rate
}
