//! Outer products of arrays of rows, added to the sums of a matrix.

use voidgrad_real::Lanes;

use super::rows::{add_row, row};

/// `sums[i + rows·j] += Σ_k a_k[i]·b_k[j]`, all of them rows of lanes: `a_k` has `rows` of them, `b_k` has `columns`, and `sums` is a
/// matrix column by column.
#[inline(always)]
pub fn add_outer<R: Lanes, const K: usize>(
    hand: R,
    [rows, columns]: [usize; 2],
    a: [&[R::Element]; K],
    b: [&[R::Element]; K],
    sums: &mut [R::Element],
) {
    for j in 0..columns {
        for i in 0..rows {
            for (a, b) in a.into_iter().zip(b) {
                add_row(hand, sums, i + rows * j, row(hand, a, i) * row(hand, b, j));
            }
        }
    }
}
