//! The derivative of the logistic function.

use super::sigmoid::exp_and_rate;
#[cfg(feature = "lanes")]
use super::sigmoid::exp_and_rate_on_lanes;
use crate::Element;
#[cfg(feature = "lanes")]
use crate::lanes::wide::Wide;

#[inline(always)]
pub(crate) fn scalar<T: Element>(x: T) -> T {
    let (e, rate) = exp_and_rate(x);
    e * rate * rate
}

#[cfg(feature = "lanes")]
#[cfg_attr(not(debug_assertions), inline(always))]
pub(crate) fn lanes<W: Wide>(x: W) -> W {
    let (e, rate) = exp_and_rate_on_lanes(x);
    e * rate * rate
}
