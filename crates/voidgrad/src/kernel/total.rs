//! Sums over lanes at once, where a row of lanes for each sum would take too much memory.

use voidgrad_real::Lanes;

use super::rows::row;
use super::transpose::to_samples;

/// Adds all lanes of a value to one sum.
#[inline(always)]
pub fn add_total<R: Lanes>(_hand: R, sums: &mut [R::Element], at: usize, value: R) {
    sums[at] = sums[at] + value.sum();
}

/// `sums[i + rows·j] += Σ_k Σ_lanes a_k[i]·b_k[j]`: `a_k` has `rows` rows of lanes, `b_k` has `columns`, and `sums` is a matrix of plain numbers,
/// column by column. `turned` is memory for `rows` rows of lanes.
///
/// `a_k` is turned once, so that lanes go along a column of the matrix: each sum is then read and written once for all lanes of `a_k`.
///
/// ```
/// use voidgrad::__private::kernel::add_outer_total;
/// let (mut sums, mut turned) = ([0.5; 6], [0.0; 2]);
/// add_outer_total(0.0_f64, [2, 3], [&[1.0, 2.0]], [&[1.0, 10.0, 100.0]], &mut turned, &mut sums);
/// assert_eq!(sums, [1.5, 2.5, 10.5, 20.5, 100.5, 200.5]);
/// ```
#[cfg_attr(not(debug_assertions), inline(always))]
pub fn add_outer_total<R: Lanes, const K: usize>(
    hand: R,
    [rows, columns]: [usize; 2],
    a: [&[R::Element]; K],
    b: [&[R::Element]; K],
    turned: &mut [R::Element],
    sums: &mut [R::Element],
) {
    let sums = &mut sums[..rows * columns];
    let turned = &mut turned[..rows * R::LANES];
    for k in 0..K {
        to_samples(hand, rows, a[k], |value| value, turned);
        match (R::LANES, R::REGISTERS) {
            (16, 1) => add_lanes::<16, R>(hand, rows, 0, turned, b[k], sums),
            (8, 1) => add_lanes::<8, R>(hand, rows, 0, turned, b[k], sums),
            // Eight or more vectors of two registers would leave no register for a sum.
            (8 | 16, _) => {
                for first in (0..R::LANES).step_by(4) {
                    add_lanes::<4, R>(hand, rows, first, turned, b[k], sums);
                }
            }
            _ => {
                for first in 0..R::LANES {
                    add_lanes::<1, R>(hand, rows, first, turned, b[k], sums);
                }
            }
        }
        for i in rows / R::LANES * R::LANES..rows {
            let factor = row(hand, a[k], i);
            for (j, column) in sums.chunks_exact_mut(rows).enumerate() {
                column[i] = column[i] + (factor * row(hand, b[k], j)).sum();
            }
        }
    }
}

/// Adds the products of L lanes from `first` on, in whole vectors along the columns.
#[cfg_attr(not(debug_assertions), inline(always))]
fn add_lanes<const L: usize, R: Lanes>(
    hand: R,
    rows: usize,
    first: usize,
    turned: &[R::Element],
    b: &[R::Element],
    sums: &mut [R::Element],
) {
    for i in (0..rows / R::LANES * R::LANES).step_by(R::LANES) {
        let mut factors = [hand; L];
        for (lane, factor) in factors.iter_mut().enumerate() {
            *factor = hand.load(&turned[(first + lane) * rows + i..][..R::LANES]);
        }
        for (column, b) in sums.chunks_exact_mut(rows).zip(b.chunks_exact(R::LANES)) {
            let place = &mut column[i..][..R::LANES];
            let mut sum = hand.load(place);
            for (factor, b) in factors.iter().zip(&b[first..][..L]) {
                sum = factor.mul_add(hand.splat(*b), sum);
            }
            sum.store(place);
        }
    }
}
