//! The second derivative of the logistic function.

use super::sigmoid::exp_and_rate;
#[cfg(feature = "lanes")]
use super::sigmoid::exp_and_rate_on_lanes;
use crate::Element;
#[cfg(feature = "lanes")]
use crate::lanes::{exp::Negative, wide::Wide};

#[inline(always)]
pub(crate) fn scalar<T: Element>(x: T) -> T {
    let (e, rate) = exp_and_rate(x);
    // tanh(x/2) is (1 - e)/(1 + e), but close to 0 the difference has no digits left. Few arguments are that small, and a call
    // that is marked so does not delay the others.
    let tanh = if e <= x.constant(0.75) {
        (x.constant(1.0) - e) * rate
    } else {
        seldom_tanh(x.constant(0.5) * x.abs())
    };
    -(e * rate * rate * tanh).copysign(x)
}

#[cold]
fn seldom_tanh<T: Element>(x: T) -> T {
    x.tanh()
}

#[cfg(feature = "lanes")]
#[cfg_attr(not(debug_assertions), inline(always))]
pub(crate) fn lanes<W: Wide>(x: W) -> W {
    let (e, rate) = exp_and_rate_on_lanes(x);
    // (e - 1)/(1 + e) = -tanh(|x|/2); the reduction of e^-|x| is shared.
    let minus_tanh = Negative::new(-x.abs()).exp_m1(1.0) * rate;
    (e * rate * rate * minus_tanh).abs().copysign(-x)
}
