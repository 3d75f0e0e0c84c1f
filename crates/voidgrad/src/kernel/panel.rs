//! Derivatives by matrices: outer products of many rows, as one product of two panels.
//!
//! A panel is an array of each of [`PANEL_ROWS`] rows, one row after the other. The derivative by a matrix is `Σ_n a_n·b_nᵀ`, and with the factors of
//! many rows in panels, a tile of sums stays in registers while all rows are added to it: each sum is read and written once for all of them.

use voidgrad_real::{Element, Lanes};

use super::transpose::to_samples;
use crate::lanes::MOST_LANES;

/// The rows of a panel.
pub(crate) const PANEL_ROWS: usize = 64;

/// `Σ_n a_n·b_nᵀ` over the rows, added to the sums of a matrix.
#[derive(Debug, Clone, Copy)]
pub struct PanelProduct {
    /// The rows and columns of the matrix.
    pub shape: [usize; 2],
    /// The places of a and b among the numbers that are kept of a row.
    pub factors: [usize; 2],
    /// The first of the sums, which stand column by column.
    pub first: usize,
}

/// Writes an array of `entries` rows of lanes to its panel, as that of the rows from `row` on. The panel is the one that begins at entry `first`
/// of what is kept of a row.
#[inline(always)]
pub fn keep<R: Lanes>(
    hand: R,
    entries: usize,
    array: &[R::Element],
    panels: &mut [R::Element],
    (first, row): (usize, usize),
) {
    let place = first * PANEL_ROWS + row * entries;
    to_samples(hand, entries, array, |value| value, &mut panels[place..][..entries * R::LANES]);
}

/// Adds a product over the first `rows` rows of the panels.
#[inline(always)]
pub(crate) fn add_product<R: Lanes<Element: Element>>(
    hand: R,
    product: &PanelProduct,
    (panels, rows): (&[R::Element], usize),
    sums: &mut [R::Element],
) {
    let PanelProduct { shape: [height, width], factors: [a, b], first } = *product;
    let factors = Factors {
        a: &panels[a * PANEL_ROWS..][..rows * height],
        b: &panels[b * PANEL_ROWS..][..rows * width],
        shape: [height, width],
    };
    let sums = &mut sums[first..][..height * width];
    let whole = height / R::LANES * R::LANES;
    let mut i = 0;
    if R::LANES > 1 && R::REGISTERS == 1 {
        // AVX-512, which has 32 registers: 24 sums, 3 vectors of a.
        while i + 3 * R::LANES <= whole {
            factors.strip::<R, 3, 8>(hand, i, sums);
            i += 3 * R::LANES;
        }
    }
    while i < whole {
        factors.strip::<R, 1, 6>(hand, i, sums);
        i += R::LANES;
    }
    factors.rest(whole, sums);
}

/// The two panels of a product.
struct Factors<'a, T> {
    a: &'a [T],
    b: &'a [T],
    /// How many entries a and b have, which is the rows and columns of the matrix.
    shape: [usize; 2],
}

impl<T: Element> Factors<'_, T> {
    /// The sums of I vectors of rows from row `i` on, J columns at a time.
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn strip<R: Lanes<Element = T>, const I: usize, const J: usize>(
        &self,
        hand: R,
        i: usize,
        sums: &mut [T],
    ) {
        let [_, width] = self.shape;
        let tiles = width / J * J;
        for j in (0..tiles).step_by(J) {
            self.tile::<R, I, J>(hand, [i, j], sums);
        }
        for j in tiles..width {
            self.tile::<R, I, 1>(hand, [i, j], sums);
        }
    }

    // Loops over iterators would keep the tile in memory.
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn tile<R: Lanes<Element = T>, const I: usize, const J: usize>(
        &self,
        hand: R,
        [i, j]: [usize; 2],
        sums: &mut [T],
    ) {
        let [height, width] = self.shape;
        let mut tile = [[hand; I]; J];
        for (a, b) in self.a.chunks_exact(height).zip(self.b.chunks_exact(width)) {
            let (a, b) = (&a[i..][..I * R::LANES], &b[j..][..J]);
            let mut at = [hand; I];
            for m in 0..I {
                at[m] = hand.load(&a[m * R::LANES..][..R::LANES]);
            }
            for n in 0..J {
                let b = hand.splat(b[n]);
                for m in 0..I {
                    tile[n][m] = at[m].mul_add(b, tile[n][m]);
                }
            }
        }
        for n in 0..J {
            for m in 0..I {
                let place = &mut sums[(j + n) * height + i + m * R::LANES..][..R::LANES];
                (hand.load(place) + tile[n][m]).store(place);
            }
        }
    }

    /// The sums of the rows from `first` on, fewer than lanes.
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn rest(&self, first: usize, sums: &mut [T]) {
        let [height, width] = self.shape;
        let count = height - first;
        if count == 0 {
            return;
        }
        let mut column = [T::default(); MOST_LANES];
        let column = &mut column[..count];
        for (j, sums) in sums.chunks_exact_mut(height).enumerate() {
            column.copy_from_slice(&sums[first..]);
            for (a, b) in self.a.chunks_exact(height).zip(self.b.chunks_exact(width)) {
                for (sum, a) in column.iter_mut().zip(&a[first..]) {
                    *sum = a.mul_add(b[j], *sum);
                }
            }
            sums[first..].copy_from_slice(column);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lanes::{Dispatch, Instructions, Work};

    struct Outer<'a> {
        product: PanelProduct,
        panels: &'a [f64],
        rows: usize,
        sums: &'a mut [f64],
    }

    impl Work<f64> for Outer<'_> {
        type Output = ();

        fn on<R: Lanes<Element = f64>>(self, hand: R) {
            add_product(hand, &self.product, (self.panels, self.rows), self.sums);
        }
    }

    // Whole numbers, whose sums are exact: fewer rows than lanes, whole strips of three vectors, and what is left of both.
    #[test]
    fn a_product_of_panels_is_a_sum_of_outer_products() {
        for (height, width, rows) in [(1, 1, 1), (3, 5, 7), (8, 6, 64), (29, 17, 33), (51, 8, 64)] {
            let number = |i: usize| ((i * 7919) % 31) as f64 - 15.0;
            let panels: Vec<f64> = (0..PANEL_ROWS * (height + width)).map(number).collect();
            let product = PanelProduct { shape: [height, width], factors: [0, height], first: 2 };
            let at = |first: usize, entries: usize, n: usize, i: usize| {
                panels[first * PANEL_ROWS + n * entries + i]
            };
            for instructions in [Instructions::Best, Instructions::Scalar] {
                let mut sums: Vec<f64> = (0..2 + height * width).map(number).collect();
                Dispatch::<f64>::run(instructions, Outer { product, panels: &panels, rows, sums: &mut sums });
                for (i, j) in (0..height).flat_map(|i| (0..width).map(move |j| (i, j))) {
                    let place = 2 + i + height * j;
                    let terms = (0..rows).map(|n| at(0, height, n, i) * at(height, width, n, j));
                    assert_eq!(
                        sums[place],
                        number(place) + terms.sum::<f64>(),
                        "{height} × {width}, {rows} rows"
                    );
                }
                assert_eq!(sums[..2], [number(0), number(1)]);
            }
        }
    }
}
