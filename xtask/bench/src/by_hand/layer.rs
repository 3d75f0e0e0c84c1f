//! The two products of a linear layer, in tiles whose sums stay in registers.

use fearless_simd::Simd;
use fearless_simd::prelude::*;

use super::vector::Vector;

/// Numbers that begin with a cache line, so that no vector of them lies in two.
#[repr(align(64))]
pub(super) struct Aligned<T, const N: usize>(pub(super) [T; N]);

/// Whether a vector is one register. With AVX2 it is two, and there are half as many registers.
#[cfg_attr(not(debug_assertions), inline(always))]
fn is_one_register<S: Simd>() -> bool {
    S::f64s::LEN >= 8
}

/// Writes `W·x + shift` of each row x; W is by columns. The rows are a multiple of 10.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(super) fn values<S: Simd, V: Vector<S>, const IN: usize, const OUT: usize>(
    simd: S,
    [w, shift]: [&[V::Element]; 2],
    x: &[V::Element],
    y: &mut [V::Element],
) {
    // As many sums as leave registers for a row of W and a factor: with fewer, the sums wait for each other.
    match OUT / V::LANES {
        _ if !is_one_register::<S>() => values_in_tiles::<S, V, 1, 5, IN, OUT>(simd, [w, shift], x, y),
        2 => values_in_tiles::<S, V, 2, 10, IN, OUT>(simd, [w, shift], x, y),
        _ => values_in_tiles::<S, V, 4, 5, IN, OUT>(simd, [w, shift], x, y),
    }
}

#[cfg_attr(not(debug_assertions), inline(always))]
fn values_in_tiles<
    S: Simd,
    V: Vector<S>,
    const WIDE: usize,
    const ROWS: usize,
    const IN: usize,
    const OUT: usize,
>(
    simd: S,
    [w, shift]: [&[V::Element]; 2],
    x: &[V::Element],
    y: &mut [V::Element],
) {
    let (x, y) = (x.as_chunks::<IN>().0, y.as_chunks_mut::<OUT>().0);
    for (x, y) in x.as_chunks::<ROWS>().0.iter().zip(y.as_chunks_mut::<ROWS>().0) {
        for first in (0..OUT).step_by(WIDE * V::LANES) {
            let mut sums = [vectors::<S, V, WIDE>(simd, &shift[first..]); ROWS];
            for (term, w) in w.as_chunks::<OUT>().0.iter().enumerate().take(IN) {
                let w = vectors::<S, V, WIDE>(simd, &w[first..]);
                for r in 0..ROWS {
                    let factor = V::splat(simd, x[r][term]);
                    for n in 0..WIDE {
                        sums[r][n] = factor.mul_add(w[n], sums[r][n]);
                    }
                }
            }
            for r in 0..ROWS {
                for n in 0..WIDE {
                    sums[r][n].store_slice(&mut y[r][first + n * V::LANES..][..V::LANES]);
                }
            }
        }
    }
}

/// Adds the gradient of W, `Σ y_bar·xᵀ` over the rows, by columns. x has a multiple of 8 entries.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(super) fn add_gradient<S: Simd, V: Vector<S>, const IN: usize, const OUT: usize>(
    simd: S,
    y_bar: &[V::Element],
    x: &[V::Element],
    w_bar: &mut [V::Element],
) {
    match OUT / V::LANES {
        _ if !is_one_register::<S>() => add_gradient_in_tiles::<S, V, 1, 4, IN, OUT>(simd, y_bar, x, w_bar),
        2 => add_gradient_in_tiles::<S, V, 2, 8, IN, OUT>(simd, y_bar, x, w_bar),
        _ => add_gradient_in_tiles::<S, V, 4, 4, IN, OUT>(simd, y_bar, x, w_bar),
    }
}

#[cfg_attr(not(debug_assertions), inline(always))]
fn add_gradient_in_tiles<
    S: Simd,
    V: Vector<S>,
    const WIDE: usize,
    const COLUMNS: usize,
    const IN: usize,
    const OUT: usize,
>(
    simd: S,
    y_bar: &[V::Element],
    x: &[V::Element],
    w_bar: &mut [V::Element],
) {
    let (y_bar, x) = (y_bar.as_chunks::<OUT>().0, x.as_chunks::<IN>().0);
    let columns = w_bar.as_chunks_mut::<OUT>().0.as_chunks_mut::<COLUMNS>().0;
    for (tile, w_bar) in columns.iter_mut().enumerate().take(IN / COLUMNS) {
        for first in (0..OUT).step_by(WIDE * V::LANES) {
            // Made before the sums: a call that is not inlined would put them all on the stack.
            let rows = x.iter().zip(y_bar);
            let mut sums = [[V::splat_of(simd, 0.0); WIDE]; COLUMNS];
            for c in 0..COLUMNS {
                sums[c] = vectors(simd, &w_bar[c][first..]);
            }
            for (x, y_bar) in rows {
                let y_bar = vectors::<S, V, WIDE>(simd, &y_bar[first..]);
                let x = &x.as_chunks::<COLUMNS>().0[tile];
                for c in 0..COLUMNS {
                    let factor = V::splat(simd, x[c]);
                    for n in 0..WIDE {
                        sums[c][n] = factor.mul_add(y_bar[n], sums[c][n]);
                    }
                }
            }
            for c in 0..COLUMNS {
                for n in 0..WIDE {
                    sums[c][n].store_slice(&mut w_bar[c][first + n * V::LANES..][..V::LANES]);
                }
            }
        }
    }
}

/// Adds the rows to `sum`.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(super) fn add_rows<S: Simd, V: Vector<S>>(simd: S, rows: &[V::Element], sum: &mut [V::Element]) {
    let width = sum.len();
    for first in (0..width).step_by(V::LANES) {
        let sum = &mut sum[first..][..V::LANES];
        let mut total = V::from_slice(simd, sum);
        for row in rows.chunks_exact(width) {
            total += V::from_slice(simd, &row[first..][..V::LANES]);
        }
        total.store_slice(sum);
    }
}

/// The first N vectors.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(super) fn vectors<S: Simd, V: Vector<S>, const N: usize>(simd: S, from: &[V::Element]) -> [V; N] {
    std::array::from_fn(
        #[cfg_attr(not(debug_assertions), inline(always))]
        |n| V::from_slice(simd, &from[n * V::LANES..][..V::LANES]),
    )
}
