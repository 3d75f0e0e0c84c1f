//! Sums over lanes at once, where a row of lanes for each sum would take too much memory.

use voidgrad_real::Lanes;

/// Adds all lanes of a value to one sum.
#[inline(always)]
pub fn add_total<R: Lanes>(_hand: R, sums: &mut [R::Element], at: usize, value: R) {
    sums[at] = sums[at] + value.sum();
}
