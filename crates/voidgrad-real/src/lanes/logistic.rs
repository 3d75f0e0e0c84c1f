//! The logistic function, its derivatives and relatives.

use super::exp::{self, of_negative};
use super::ln::{ln_1p_unit, ln_of_complement};
use super::wide::{Wide, quotient};

// The first three have e^-|x|, 1 + e^-|x| and its reciprocal in common, so that a function that calls them computes each once.
#[cfg_attr(not(debug_assertions), inline(always))]
fn exp_and_rate<W: Wide>(x: W) -> (W, W) {
    let e = of_negative(-x.abs()).exp();
    (e, (x.constant(1.0) + e).recip())
}

#[cfg_attr(not(debug_assertions), inline(always))]
pub(super) fn sigmoid<W: Wide>(x: W) -> W {
    let (e, rate) = exp_and_rate(x);
    let one = x.constant(1.0);
    quotient(W::select(x.is_ge(x.constant(0.0)), one, e), e, one + e, rate)
}

#[cfg_attr(not(debug_assertions), inline(always))]
pub(super) fn d_sigmoid<W: Wide>(x: W) -> W {
    let (e, rate) = exp_and_rate(x);
    e * rate * rate
}

#[cfg_attr(not(debug_assertions), inline(always))]
pub(super) fn d2_sigmoid<W: Wide>(x: W) -> W {
    let (e, rate) = exp_and_rate(x);
    // -tanh(|x|/2); the reduction of e^-|x| is shared.
    let half = of_negative(-x.abs()).half_exp_m1() * rate;
    (e * rate * rate * (half + half)).abs().copysign(-x)
}

#[cfg_attr(not(debug_assertions), inline(always))]
pub(super) fn softplus<W: Wide>(x: W) -> W {
    // A NaN survives in the second term.
    x.relu() + ln_1p_unit(of_negative(-x.abs()).exp())
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
    larger + ln_1p_unit(of_negative(difference).exp())
}

/// tanh|x| = -v/(1 + v) with v = (e^-2|x| - 1)/2.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(super) fn tanh<W: Wide>(x: W) -> W {
    let v = of_negative(x.abs() * x.constant(-2.0)).half_exp_m1();
    let one_plus_v = x.constant(1.0) + v;
    quotient(-v, v, one_plus_v, one_plus_v.recip()).copysign(x)
}

/// 1/cosh²(x) = e^-2|x|/(1 + v)².
#[cfg_attr(not(debug_assertions), inline(always))]
pub(super) fn sech2<W: Wide>(x: W) -> W {
    let reduced = of_negative(x.abs() * x.constant(-2.0));
    let rate = (x.constant(1.0) + reduced.half_exp_m1()).recip();
    reduced.exp() * rate * rate
}
