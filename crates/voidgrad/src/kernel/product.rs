//! Products of a matrix that all samples share with arrays of rows.

use voidgrad_real::Lanes;

use super::rows::{row, set_row};

/// `y_k = A·x_k` for K arrays side by side. A has `[rows, columns]` and is plain numbers column by column, `A[i + rows·j]`; `x_k` is
/// `columns` rows of lanes, `y_k` is `rows` of them.
#[inline(always)]
pub fn product<R: Lanes, const K: usize>(
    hand: R,
    matrix: &[R::Element],
    [rows, columns]: [usize; 2],
    x: [&[R::Element]; K],
    y: [&mut [R::Element]; K],
) {
    let zero = hand.constant(0.0);
    for (x, y) in x.into_iter().zip(y) {
        for i in 0..rows {
            let mut sum = zero;
            for j in 0..columns {
                sum = hand.splat(matrix[i + rows * j]).mul_add(row(hand, x, j), sum);
            }
            set_row(y, i, sum);
        }
    }
}

/// `y_k = Aᵀ·x_k` for K arrays side by side, with A as in [`product`]: `x_k` is `rows` rows of lanes, `y_k` is `columns` of them.
#[inline(always)]
pub fn transposed_product<R: Lanes, const K: usize>(
    hand: R,
    matrix: &[R::Element],
    [rows, columns]: [usize; 2],
    x: [&[R::Element]; K],
    y: [&mut [R::Element]; K],
) {
    let zero = hand.constant(0.0);
    for (x, y) in x.into_iter().zip(y) {
        for j in 0..columns {
            let mut sum = zero;
            for i in 0..rows {
                sum = hand.splat(matrix[i + rows * j]).mul_add(row(hand, x, i), sum);
            }
            set_row(y, j, sum);
        }
    }
}
