//! The logistic function and its derivatives for sums.

use super::exp::exp2_quick;
use super::wide::Wide;

/// σ(x) and σ(-x), from e^-x with a relative error that grows with |x|: what the three below have in common.
#[cfg_attr(not(debug_assertions), inline(always))]
fn both<W: Wide>(x: W) -> (W, W) {
    let e = exp2_quick(x * x.constant(-core::f64::consts::LOG2_E));
    let of_x = (x.constant(1.0) + e).recip();
    (of_x, e * of_x)
}

#[cfg_attr(not(debug_assertions), inline(always))]
pub(super) fn sigmoid_quick<W: Wide>(x: W) -> W {
    both(x).0
}

#[cfg_attr(not(debug_assertions), inline(always))]
pub(super) fn d_sigmoid_quick<W: Wide>(x: W) -> W {
    let (of_x, of_minus_x) = both(x);
    of_x * of_minus_x
}

#[cfg_attr(not(debug_assertions), inline(always))]
pub(super) fn d2_sigmoid_quick<W: Wide>(x: W) -> W {
    let (of_x, of_minus_x) = both(x);
    of_x * of_minus_x * (of_minus_x - of_x)
}
