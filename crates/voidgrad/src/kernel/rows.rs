//! Rows of lanes in memory.

use voidgrad_real::Lanes;

/// Row i of an array whose entries are rows of lanes; `hand` is any value of the lanes to work with.
#[must_use]
#[inline(always)]
pub fn row<R: Lanes>(hand: R, rows: &[R::Element], i: usize) -> R {
    hand.load(&rows[i * R::LANES..][..R::LANES])
}

/// Writes row i.
#[inline(always)]
pub fn set_row<R: Lanes>(rows: &mut [R::Element], i: usize, value: R) {
    value.store(&mut rows[i * R::LANES..][..R::LANES]);
}

/// Adds to row i.
#[inline(always)]
pub fn add_row<R: Lanes>(hand: R, rows: &mut [R::Element], i: usize, value: R) {
    let row = &mut rows[i * R::LANES..][..R::LANES];
    (hand.load(row) + value).store(row);
}
