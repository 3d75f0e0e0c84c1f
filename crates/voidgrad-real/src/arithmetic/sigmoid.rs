//! `1/(1 + e^-x)`.

use crate::Element;
#[cfg(feature = "lanes")]
use crate::lanes::{
    exp::Negative,
    wide::{Wide, quotient},
};

crate::functions::function! {
    /// The logistic function `σ(x) = 1/(1 + e^-x)`.
    ///
    /// ```
    /// assert_eq!(voidgrad_real::sigmoid(0.0), 0.5);
    /// assert!(voidgrad_real::sigmoid(-740.0) > 0.0);
    /// ```
    sigmoid(x)
}

#[inline(always)]
pub(crate) fn scalar<T: Element>(x: T) -> T {
    let (e, rate) = exp_and_rate(x);
    if x >= x.constant(0.0) { rate } else { e * rate }
}

/// e^-|x| and 1/(1 + e^-|x|), which the function and its derivatives have in common, so that a function that calls them computes both once.
#[inline(always)]
pub(super) fn exp_and_rate<T: Element>(x: T) -> (T, T) {
    let (one, e) = (x.constant(1.0), (-x.abs()).exp());
    (e, one / (one + e))
}

#[cfg(feature = "lanes")]
#[cfg_attr(not(debug_assertions), inline(always))]
pub(crate) fn lanes<W: Wide>(x: W) -> W {
    let (e, rate) = exp_and_rate_on_lanes(x);
    W::select(x.is_ge(x.constant(0.0)), rate, quotient(e, e, rate))
}

/// The same on lanes.
#[cfg(feature = "lanes")]
#[cfg_attr(not(debug_assertions), inline(always))]
pub(super) fn exp_and_rate_on_lanes<W: Wide>(x: W) -> (W, W) {
    let e = Negative::new(-x.abs()).exp();
    (e, (x.constant(1.0) + e).recip())
}
