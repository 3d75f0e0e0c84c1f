//! The logistic function, its derivatives and relatives.

use super::exp::{self, Negative};
use super::ln::{ln_1p_unit, ln_of_complement};
use super::wide::{Wide, quotient};

// The first three have e^-|x|, 1 + e^-|x|, its reciprocal and a product or two in common, so that a function that calls them
// computes each once.
#[cfg_attr(not(debug_assertions), inline(always))]
fn exp_and_rate<W: Wide>(x: W) -> (W, W) {
    let e = Negative::new(-x.abs()).exp();
    (e, (x.constant(1.0) + e).recip())
}

#[cfg_attr(not(debug_assertions), inline(always))]
pub(super) fn sigmoid<W: Wide>(x: W) -> W {
    let (e, rate) = exp_and_rate(x);
    W::select(x.is_ge(x.constant(0.0)), rate, quotient(e, e, rate))
}

#[cfg_attr(not(debug_assertions), inline(always))]
pub(super) fn d_sigmoid<W: Wide>(x: W) -> W {
    let (e, rate) = exp_and_rate(x);
    e * rate * rate
}

#[cfg_attr(not(debug_assertions), inline(always))]
pub(super) fn d2_sigmoid<W: Wide>(x: W) -> W {
    let (e, rate) = exp_and_rate(x);
    // (e - 1)/(1 + e) = -tanh(|x|/2); the reduction of e^-|x| is shared.
    let minus_tanh = Negative::new(-x.abs()).exp_m1(1.0) * rate;
    (e * rate * rate * minus_tanh).abs().copysign(-x)
}

/// σ(x) and σ(-x), from e^-x with a relative error that grows with |x|: what the three below have in common.
#[cfg_attr(not(debug_assertions), inline(always))]
fn both<W: Wide>(x: W) -> (W, W) {
    let e = exp::exp2_quick(x * x.constant(-core::f64::consts::LOG2_E));
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

#[cfg_attr(not(debug_assertions), inline(always))]
pub(super) fn softplus<W: Wide>(x: W) -> W {
    // A NaN survives in the second term.
    x.relu() + ln_1p_unit(Negative::new(-x.abs()).exp())
}

#[cfg_attr(not(debug_assertions), inline(always))]
pub(super) fn log1mexp<W: Wide>(x: W) -> W {
    let close_to_zero = x.is_gt(x.constant(-core::f64::consts::LN_2));
    ln_of_complement(-exp::exp_m1(x), exp::exp(x), close_to_zero)
}

#[cfg_attr(not(debug_assertions), inline(always))]
pub(super) fn logaddexp<W: Wide>(x: W, y: W) -> W {
    let (larger, smaller) = (W::select(x.is_gt(y), x, y), W::select(x.is_gt(y), y, x));
    // The difference of two equal infinities is no number.
    let difference = W::select(larger.is_eq(smaller), x.constant(0.0), smaller - larger);
    larger + ln_1p_unit(Negative::new(difference).exp())
}

/// tanh|x| = -v/(1 + v) with v = (e^-2|x| - 1)/2.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(super) fn tanh<W: Wide>(x: W) -> W {
    let v = Negative::new(x.abs() * x.constant(-2.0)).exp_m1(0.5);
    quotient(-v, v, (x.constant(1.0) + v).recip()).copysign(x)
}

/// 1/cosh²(x) = e^-2|x|/(1 + v)².
#[cfg_attr(not(debug_assertions), inline(always))]
pub(super) fn sech2<W: Wide>(x: W) -> W {
    let negative = Negative::new(x.abs() * x.constant(-2.0));
    let rate = (x.constant(1.0) + negative.exp_m1(0.5)).recip();
    negative.exp() * rate * rate
}
