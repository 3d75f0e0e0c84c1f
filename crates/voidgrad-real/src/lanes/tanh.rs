//! tanh x.

use super::exp::Negative;
use super::wide::{Wide, quotient};

/// tanh|x| = -v/(1 + v) with v = (e^-2|x| - 1)/2.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(super) fn tanh<W: Wide>(x: W) -> W {
    let v = Negative::new(x.abs() * x.constant(-2.0)).exp_m1(0.5);
    quotient(-v, v, (x.constant(1.0) + v).recip()).copysign(x)
}
