//! Outer products of arrays of rows, added to the sums of a matrix.

use voidgrad_real::Lanes;

use super::rows::row;

/// `sums[i + rows·j] += Σ_k a_k[i]·b_k[j]`, all of them rows of lanes, for at most 4 pairs side by side: `a_k` has `rows` rows, `b_k` has
/// `columns`, and `sums` is a matrix column by column.
///
/// ```
/// use voidgrad::__private::kernel::add_outer;
/// let mut sums = [0.5; 6];
/// add_outer(0.0_f64, [2, 3], [&[1.0, 2.0]], [&[1.0, 10.0, 100.0]], &mut sums);
/// assert_eq!(sums, [1.5, 2.5, 10.5, 20.5, 100.5, 200.5]);
/// ```
#[cfg_attr(not(debug_assertions), inline(always))]
pub fn add_outer<R: Lanes, const K: usize>(
    hand: R,
    [rows, columns]: [usize; 2],
    a: [&[R::Element]; K],
    b: [&[R::Element]; K],
    sums: &mut [R::Element],
) {
    const { assert!(K <= 4, "more than four pairs at a time") };
    let sums = &mut sums[..rows * columns * R::LANES];
    let mut first = 0;
    if R::LANES > 1 && R::REGISTERS == 1 {
        // AVX-512, which has 32 registers. The sums come from the second cache, and two streams of them are read faster than
        // one or four.
        first = columns / 2 * 2;
        for j in (0..first).step_by(2) {
            tile::<R, 2, K>(hand, rows, j, a, b, sums);
        }
    }
    for j in first..columns {
        tile::<R, 1, K>(hand, rows, j, a, b, sums);
    }
}

/// J columns from `first`, whose entries of `b` stay in registers.
#[cfg_attr(not(debug_assertions), inline(always))]
fn tile<R: Lanes, const J: usize, const K: usize>(
    hand: R,
    rows: usize,
    first: usize,
    a: [&[R::Element]; K],
    b: [&[R::Element]; K],
    sums: &mut [R::Element],
) {
    let mut factors = [[hand; K]; J];
    for (j, factors) in factors.iter_mut().enumerate() {
        for k in 0..K {
            factors[k] = row(hand, b[k], first + j);
        }
    }
    let length = rows * R::LANES;
    let sums = &mut sums[first * length..][..J * length];
    for i in 0..rows {
        let mut at = [hand; K];
        for k in 0..K {
            at[k] = row(hand, a[k], i);
        }
        for j in 0..J {
            let place = &mut sums[j * length + i * R::LANES..][..R::LANES];
            let mut sum = hand.load(place);
            for k in 0..K {
                sum = at[k].mul_add(factors[j][k], sum);
            }
            sum.store(place);
        }
    }
}
