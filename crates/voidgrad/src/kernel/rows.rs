//! Rows of lanes in memory.

use voidgrad_real::Lanes;

/// Row i of an array whose entries are rows of lanes; `hand` is any value of the lanes to work with.
#[must_use]
#[cfg_attr(not(debug_assertions), inline(always))]
pub fn row<R: Lanes>(hand: R, rows: &[R::Element], i: usize) -> R {
    hand.load(&rows[i * R::LANES..][..R::LANES])
}

/// Writes row i.
#[cfg_attr(not(debug_assertions), inline(always))]
pub fn set_row<R: Lanes>(rows: &mut [R::Element], i: usize, value: R) {
    value.store(&mut rows[i * R::LANES..][..R::LANES]);
}

/// Adds to row i.
#[cfg_attr(not(debug_assertions), inline(always))]
pub fn add_row<R: Lanes>(hand: R, rows: &mut [R::Element], i: usize, value: R) {
    let row = &mut rows[i * R::LANES..][..R::LANES];
    (hand.load(row) + value).store(row);
}

/// `ln Σ_i e^x_i` over the rows of x, with the largest entry taken out: it overflows where the result does.
#[must_use]
#[cfg_attr(not(debug_assertions), inline(always))]
pub fn log_sum_exp<R: Lanes>(hand: R, x: &[R::Element]) -> R {
    let lowest = hand.constant(f64::NEG_INFINITY);
    let count = x.len() / R::LANES;
    let mut largest = lowest;
    for i in 0..count {
        largest = largest.max(row(hand, x, i));
    }
    // -∞ - -∞ would be no number.
    let shift = R::select(largest.is_eq(lowest), hand.constant(0.0), largest);
    let mut sum = hand.constant(0.0);
    for i in 0..count {
        sum = sum + (row(hand, x, i) - shift).exp();
    }
    shift + sum.ln()
}
