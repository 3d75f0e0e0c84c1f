//! Derivatives by matrices: outer products of many rows, as one product of two panels.
//!
//! A panel is an array of each of [`PANEL_ROWS`] rows, one row after the other. The derivative by a matrix is `Σ_n a_n·b_nᵀ`, and with the factors of
//! many rows in panels, a tile of sums stays in registers while all rows are added to it: each sum is read and written once for all of them.

use voidgrad_real::{Element, Lanes};

use super::transpose::to_samples;
use crate::lanes::Work;

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

/// Adds a product over the rows of chunks to the sums of some of its columns, from column `first` of the matrix on. Within a chunk they are added up in the
/// numbers of the rows, and from there on in `f64`, over a binary tree of the chunks.
pub(crate) struct Columns<'a, T> {
    pub(crate) product: &'a PanelProduct,
    pub(crate) panels: Panels<'a, T>,
    pub(crate) first: usize,
    pub(crate) sums: &'a mut [f64],
}

/// The panels of at most [`MOST_CHUNKS`] chunks. Behind the last there are numbers for as many lanes as there can be, of no meaning.
#[derive(Clone, Copy)]
pub(crate) struct Panels<'a, T> {
    pub(crate) numbers: &'a [T],
    /// The numbers of a chunk.
    pub(crate) each: usize,
    /// The rows of all chunks: each has [`PANEL_ROWS`], but the last what is left.
    pub(crate) rows: usize,
}

/// Chunks whose factors are in memory together: a power of 2.
pub(crate) const MOST_CHUNKS: usize = 16;

/// The most sums of a tile: 24 vectors of 16 numbers.
const TILE: usize = 24 * 16;

/// Sums of subtrees of the chunks: those of 1, 2, 4 and so on.
type Subtrees = [[f64; TILE]; LEVELS];

const LEVELS: usize = MOST_CHUNKS.ilog2() as usize + 1;

impl<T: Element> Work<T> for Columns<'_, T> {
    type Output = ();

    const LARGE: bool = true;

    #[inline(always)]
    fn on<R: Lanes<Element = T>>(mut self, hand: R) {
        let height = self.product.shape[0];
        let mut subtrees = [[0.0; TILE]; LEVELS];
        let mut i = 0;
        if R::LANES > 1 && R::REGISTERS == 1 {
            // AVX-512, which has 32 registers: 24 sums and 3 vectors of a, as long as no single vector is left then.
            let left = |i: usize| height.saturating_sub(i).div_ceil(R::LANES);
            while left(i) == 3 || left(i) > 4 {
                self.strip::<R, 3, 8>(hand, i, &mut subtrees);
                i += 3 * R::LANES;
            }
            while left(i) > 1 {
                self.strip::<R, 2, 8>(hand, i, &mut subtrees);
                i += 2 * R::LANES;
            }
        }
        while i < height {
            self.strip::<R, 1, 6>(hand, i, &mut subtrees);
            i += R::LANES;
        }
    }
}

impl<T: Element> Columns<'_, T> {
    /// The sums of I vectors of rows from row `i` on, J columns at a time.
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn strip<R: Lanes<Element = T>, const I: usize, const J: usize>(
        &mut self,
        hand: R,
        i: usize,
        subtrees: &mut Subtrees,
    ) {
        let width = self.sums.len() / self.product.shape[0];
        let tiles = width / J * J;
        for j in (0..tiles).step_by(J) {
            self.tile::<R, I, J>(hand, [i, j], subtrees);
        }
        for j in tiles..width {
            self.tile::<R, I, 1>(hand, [i, j], subtrees);
        }
    }

    // Loops over iterators would keep the tile in memory.
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn tile<R: Lanes<Element = T>, const I: usize, const J: usize>(
        &mut self,
        hand: R,
        [i, j]: [usize; 2],
        subtrees: &mut Subtrees,
    ) {
        const { assert!(I * J * R::LANES <= TILE, "a tile with more sums than there is memory for") };
        let Self { product: PanelProduct { shape: [height, width], factors, .. }, panels, first, sums } =
            self;
        let length = I * J * R::LANES;
        let (mut chunks, mut left) = (0_usize, panels.rows);
        while left > 0 {
            let rows = left.min(PANEL_ROWS);
            let [a, b] = factors.map(|factor| &panels.numbers[chunks * panels.each + factor * PANEL_ROWS..]);
            // What a vector reads behind a row is added to sums of no meaning.
            let (a, b) = (&a[i..], &b[*first + j..]);
            let mut tile = [[hand; I]; J];
            for n in 0..rows {
                let (a, b) = (&a[n * height..][..I * R::LANES], &b[n * width..][..J]);
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
            let mut narrow = [T::default(); TILE];
            for n in 0..J {
                for m in 0..I {
                    tile[n][m].store(&mut narrow[(n * I + m) * R::LANES..][..R::LANES]);
                }
            }
            let mut leaf = [0.0; TILE];
            leaf[..length].iter_mut().zip(&narrow).for_each(|(to, from)| *to = (*from).into());
            // The subtrees that this chunk completes.
            let complete = chunks.trailing_ones() as usize;
            for subtree in &subtrees[..complete] {
                leaf[..length].iter_mut().zip(subtree).for_each(|(sum, before)| *sum = before + *sum);
            }
            subtrees[complete][..length].copy_from_slice(&leaf[..length]);
            chunks += 1;
            left -= rows;
        }
        // What is left of the tree is added from right to left.
        let smallest = chunks.trailing_zeros() as usize;
        let mut total = subtrees[smallest];
        for (level, subtree) in subtrees.iter().enumerate().skip(smallest + 1) {
            if chunks >> level & 1 == 1 {
                total[..length].iter_mut().zip(subtree).for_each(|(sum, before)| *sum = before + *sum);
            }
        }
        let live = (I * R::LANES).min(*height - i);
        for (column, total) in
            sums[j * *height..].chunks_exact_mut(*height).zip(total.chunks_exact(I * R::LANES)).take(J)
        {
            column[i..][..live].iter_mut().zip(total).for_each(|(sum, more)| *sum += more);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lanes::{Dispatch, Instructions, MOST_LANES};

    // Whole numbers, whose sums are exact: fewer rows than lanes, whole strips of three vectors, what is left of both, and several chunks.
    #[test]
    fn a_product_of_panels_is_a_sum_of_outer_products() {
        for (height, width, rows) in
            [(1, 1, 1_usize), (3, 5, 7), (8, 6, 64), (29, 17, 33), (51, 8, 64), (20, 9, 64 * 5 + 3)]
        {
            let number = |i: usize| ((i * 7919) % 31) as f64 - 15.0;
            let each = PANEL_ROWS * (height + width);
            let numbers: Vec<f64> = (0..each * rows.div_ceil(PANEL_ROWS) + MOST_LANES).map(number).collect();
            let product = PanelProduct { shape: [height, width], factors: [0, height], first: 2 };
            let panels = Panels { numbers: &numbers, each, rows };
            let at = |first: usize, entries: usize, n: usize, i: usize| {
                number(n / PANEL_ROWS * each + first * PANEL_ROWS + n % PANEL_ROWS * entries + i)
            };
            for (instructions, first) in
                [(Instructions::Best, 0), (Instructions::Scalar, 0), (Instructions::Best, width / 2)]
            {
                let mut sums: Vec<f64> = (0..height * (width - first)).map(number).collect();
                Dispatch::<f64>::run(
                    instructions,
                    Columns { product: &product, panels, first, sums: &mut sums },
                );
                for (i, j) in (0..height).flat_map(|i| (first..width).map(move |j| (i, j))) {
                    let place = i + height * (j - first);
                    let terms = (0..rows).map(|n| at(0, height, n, i) * at(height, width, n, j));
                    let expected = number(place) + terms.sum::<f64>();
                    assert_eq!(sums[place], expected, "{height} × {width}, {rows} rows");
                }
            }
        }
    }
}
