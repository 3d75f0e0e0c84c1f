//! The product of a matrix with one of 64 columns.

use fearless_simd::Simd;

use super::vector::Vector;

/// Units of a layer.
pub(super) const H: usize = 64;

/// The left matrix: `a[row, term]` stands at `row·by_row + term·by_term`.
#[derive(Clone, Copy)]
pub(super) struct Rows<'a, T> {
    pub(super) values: &'a [T],
    pub(super) by_row: usize,
    pub(super) by_term: usize,
}

/// Rows that are computed together, so that a row of `b` is read once for all of them.
const TOGETHER: usize = 2;

/// Adds `Σ_term a[row, term]·b[term, ·]` to each of so many rows of `c`, an even number.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(super) fn product<S: Simd, V: Vector<S>>(
    simd: S,
    a: Rows<'_, V::Element>,
    b: &[V::Element],
    c: &mut [V::Element],
    rows: usize,
) {
    let vectors = H / V::LANES;
    for row in (0..rows).step_by(TOGETHER) {
        let c = &mut c[row * H..(row + TOGETHER) * H];
        let mut sums = [[V::splat_of(simd, 0.0); H / 8]; TOGETHER];
        for r in 0..TOGETHER {
            for n in 0..vectors {
                sums[r][n] = V::from_slice(simd, &c[r * H + n * V::LANES..][..V::LANES]);
            }
        }
        for (term, b) in b.chunks_exact(H).enumerate() {
            for r in 0..TOGETHER {
                let factor = V::splat(simd, a.values[(row + r) * a.by_row + term * a.by_term]);
                for n in 0..vectors {
                    sums[r][n] =
                        factor.mul_add(V::from_slice(simd, &b[n * V::LANES..][..V::LANES]), sums[r][n]);
                }
            }
        }
        for r in 0..TOGETHER {
            for n in 0..vectors {
                sums[r][n].store_slice(&mut c[r * H + n * V::LANES..][..V::LANES]);
            }
        }
    }
}
