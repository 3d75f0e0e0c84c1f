//! Derivatives by matrices: outer products of many rows, as one product of two panels.
//!
//! A panel is an array of each of [`PANEL_ROWS`] rows, one row after the other. The derivative by a matrix is `Σ_n a_n·b_nᵀ`, and with the factors of
//! many rows in panels, a tile of sums stays in registers while all rows are added to it: each sum is read and written once for all of them.

use voidgrad_real::{Element, Lanes};

use super::chunk::aligned;
use super::transpose::to_samples;
use crate::lanes::Work;

/// The rows of a panel: few, so that all cores have some.
pub(crate) const PANEL_ROWS: usize = 32;

/// The rows over which a tile of a product is summed one after the other; their sums are added over a binary tree.
pub(crate) const LEAF_ROWS: usize = 64;

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
#[cfg_attr(not(debug_assertions), inline(always))]
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

/// Adds a product over the rows of chunks to the sums of some of its columns, from column `first` of the matrix on. [`LEAF_ROWS`] rows are added up one after the
/// other, and their sums over a binary tree: in the numbers of the rows, whose rounding errors grow with the rows of a leaf and the levels of the tree alone.
///
/// Rows of large panels lie far apart in memory. So the factors are copied to where a tile reads them one after the other: those of its columns once, those of
/// its rows once for all columns.
pub(crate) struct Columns<'a, T> {
    pub(crate) product: &'a PanelProduct,
    pub(crate) panels: Panels<'a, T>,
    pub(crate) first: usize,
    pub(crate) sums: &'a mut [f64],
    pub(crate) memory: &'a mut [Vec<T>; 2],
}

/// The panels of at most [`MOST_CHUNKS`] chunks.
#[derive(Clone, Copy)]
pub(crate) struct Panels<'a, T> {
    pub(crate) numbers: &'a [T],
    /// The numbers of a chunk.
    pub(crate) each: usize,
    /// The rows of all chunks: each has [`PANEL_ROWS`], but the last what is left.
    pub(crate) rows: usize,
}

/// Chunks whose factors are in memory together: a power of 2.
pub(crate) const MOST_CHUNKS: usize = 32;

/// Sums over [`LEAF_ROWS`] rows of all of them.
const MOST_LEAVES: usize = MOST_CHUNKS * PANEL_ROWS / LEAF_ROWS;

/// The most sums of a tile: 24 vectors of 16 numbers.
const TILE: usize = 24 * 16;

/// Sums of a tile over subtrees of 1, 2, 4 and so on leaves.
type Subtrees<T> = [[T; TILE]; MOST_LEAVES.ilog2() as usize + 1];

impl<T: Element> Panels<'_, T> {
    /// Copies `live` entries of an array from `first` on, and 0 up to `width`, for all rows.
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn copy(
        &self,
        (factor, entries): (usize, usize),
        (first, live): (usize, usize),
        width: usize,
        to: &mut [T],
    ) {
        let chunks = self.numbers.chunks(self.each).zip(to.chunks_mut(PANEL_ROWS * width));
        for (panels, to) in chunks {
            let rows = panels[factor * PANEL_ROWS..].chunks_exact(entries).zip(to.chunks_exact_mut(width));
            if live == width {
                // Of a constant length, which is a move or two.
                rows.for_each(|(from, to)| to.copy_from_slice(&from[first..][..width]));
            } else {
                for (from, to) in rows {
                    to[..live].copy_from_slice(&from[first..][..live]);
                    to[live..].fill(T::default());
                }
            }
        }
    }
}

impl<T: Element> Work<T> for Columns<'_, T> {
    type Output = ();

    const LARGE: bool = true;

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn on<R: Lanes<Element = T>>(self, hand: R) {
        let height = self.product.shape[0];
        if R::LANES > 1 && R::REGISTERS == 1 {
            // AVX-512, which has 32 registers: 24 sums and 3 vectors of a, as long as no single vector is left then.
            let Self { product, panels, first, sums, memory: [a, b] } = self;
            let mut tiles = Tiles::<T, 8>::new(product, panels, (first, sums), b);
            let left = |i: usize| height.saturating_sub(i).div_ceil(R::LANES);
            let mut i = 0;
            while left(i) == 3 || left(i) > 4 {
                tiles.strip::<R, 3>(hand, i, a);
                i += 3 * R::LANES;
            }
            while left(i) > 1 {
                tiles.strip::<R, 2>(hand, i, a);
                i += 2 * R::LANES;
            }
            if left(i) > 0 {
                tiles.strip::<R, 1>(hand, i, a);
            }
        } else {
            let Self { product, panels, first, sums, memory: [a, b] } = self;
            let mut tiles = Tiles::<T, 6>::new(product, panels, (first, sums), b);
            for i in (0..height).step_by(R::LANES) {
                tiles.strip::<R, 1>(hand, i, a);
            }
        }
    }
}

/// A product in tiles of J columns.
struct Tiles<'a, T, const J: usize> {
    product: &'a PanelProduct,
    panels: Panels<'a, T>,
    /// The factors of the columns: J for each row of the panels, then the next J.
    b: &'a [T],
    sums: &'a mut [f64],
    subtrees: Subtrees<T>,
}

impl<'a, T: Element, const J: usize> Tiles<'a, T, J> {
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn new(
        product: &'a PanelProduct,
        panels: Panels<'a, T>,
        (first, sums): (usize, &'a mut [f64]),
        memory: &'a mut Vec<T>,
    ) -> Self {
        let PanelProduct { shape: [height, width], factors, .. } = *product;
        let columns = sums.len() / height;
        let length = J * panels.rows;
        let b = aligned(memory, columns.div_ceil(J) * length);
        for (tile, b) in b.chunks_exact_mut(length).enumerate() {
            let live = J.min(columns - tile * J);
            panels.copy((factors[1], width), (first + tile * J, live), J, b);
        }
        Self { product, panels, b, sums, subtrees: [[T::default(); _]; _] }
    }

    /// The sums of I vectors of rows from row `i` on.
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn strip<R: Lanes<Element = T>, const I: usize>(&mut self, hand: R, i: usize, memory: &mut Vec<T>) {
        let PanelProduct { shape: [height, _], factors, .. } = *self.product;
        let (width, rows) = (I * R::LANES, self.panels.rows);
        let a = aligned(memory, width * rows);
        let live = width.min(height - i);
        self.panels.copy((factors[0], height), (i, live), width, a);
        for (tile, b) in self.b.chunks_exact(J * rows).enumerate() {
            let total = tile_of::<R, I, J>(hand, (a, b), &mut self.subtrees);
            let columns = self.sums[tile * J * height..].chunks_exact_mut(height);
            for (column, total) in columns.zip(total.chunks_exact(width)).take(J) {
                let entries = column[i..][..live].iter_mut().zip(total);
                entries.for_each(|(sum, more)| *sum += Into::<f64>::into(*more));
            }
        }
    }
}

/// The sums of a tile.
// Loops over iterators would keep the tile in memory.
#[cfg_attr(not(debug_assertions), inline(always))]
fn tile_of<'a, R: Lanes<Element: Element>, const I: usize, const J: usize>(
    hand: R,
    (a, b): (&[R::Element], &[R::Element]),
    subtrees: &'a mut Subtrees<R::Element>,
) -> &'a [R::Element] {
    const { assert!(I * J * R::LANES <= TILE, "a tile with more sums than there is memory for") };
    let (width, length) = (I * R::LANES, I * J * R::LANES);
    let mut leaves = 0_usize;
    for (a, b) in a.chunks(LEAF_ROWS * width).zip(b.chunks(LEAF_ROWS * J)) {
        let mut tile = [[hand; I]; J];
        for (a, b) in a.chunks_exact(width).zip(b.chunks_exact(J)) {
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
        // The subtrees that this leaf completes.
        let complete = leaves.trailing_ones() as usize;
        for subtree in &subtrees[..complete] {
            tile = sum(hand, &subtree[..length], tile);
        }
        store(tile, &mut subtrees[complete][..length]);
        leaves += 1;
    }
    // What is left of the tree is added from right to left.
    let smallest = leaves.trailing_zeros() as usize;
    let mut total = smallest;
    for level in smallest + 1..subtrees.len() {
        if leaves >> level & 1 == 1 {
            let [behind, before] = subtrees.get_disjoint_mut([total, level]).expect("two levels");
            let entries = before[..length].iter_mut().zip(&behind[..length]);
            entries.for_each(|(sum, more)| *sum = *sum + *more);
            total = level;
        }
    }
    &subtrees[total][..length]
}

/// A tile and the one before it.
#[cfg_attr(not(debug_assertions), inline(always))]
#[expect(clippy::needless_range_loop, reason = "an iterator would keep the tile in memory")]
fn sum<R: Lanes<Element: Element>, const I: usize, const J: usize>(
    hand: R,
    before: &[R::Element],
    mut tile: [[R; I]; J],
) -> [[R; I]; J] {
    for n in 0..J {
        for m in 0..I {
            let place = (n * I + m) * R::LANES;
            tile[n][m] = hand.load(&before[place..][..R::LANES]) + tile[n][m];
        }
    }
    tile
}

#[cfg_attr(not(debug_assertions), inline(always))]
fn store<R: Lanes<Element: Element>, const I: usize, const J: usize>(
    tile: [[R; I]; J],
    to: &mut [R::Element],
) {
    for n in 0..J {
        for m in 0..I {
            tile[n][m].store(&mut to[(n * I + m) * R::LANES..][..R::LANES]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lanes::{Dispatch, Instructions};

    #[test]
    fn a_product_of_panels_is_a_sum_of_outer_products() {
        check(Instructions::Best);
        check(Instructions::Scalar);
    }

    // The tiles differ between instruction sets.
    #[cfg(feature = "lanes")]
    #[test]
    fn it_is_with_all_instructions() {
        crate::lanes::At::all().into_iter().for_each(check);
    }

    // Whole numbers, whose sums are exact: fewer rows than lanes, whole strips of three vectors, what is left of both, and several chunks.
    fn check(instructions: impl Dispatch<f64>) {
        for (height, width, rows) in
            [(1, 1, 1_usize), (3, 5, 7), (8, 6, 64), (29, 17, 33), (51, 8, 64), (20, 9, 64 * 5 + 3)]
        {
            let number = |i: usize| ((i * 7919) % 31) as f64 - 15.0;
            let each = PANEL_ROWS * (height + width);
            let numbers: Vec<f64> = (0..each * rows.div_ceil(PANEL_ROWS)).map(number).collect();
            let product = PanelProduct { shape: [height, width], factors: [0, height], first: 2 };
            let panels = Panels { numbers: &numbers, each, rows };
            let at = |first: usize, entries: usize, n: usize, i: usize| {
                number(n / PANEL_ROWS * each + first * PANEL_ROWS + n % PANEL_ROWS * entries + i)
            };
            for first in [0, width / 2] {
                let mut sums: Vec<f64> = (0..height * (width - first)).map(number).collect();
                let memory = &mut Default::default();
                instructions.run(Columns { product: &product, panels, first, sums: &mut sums, memory });
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
