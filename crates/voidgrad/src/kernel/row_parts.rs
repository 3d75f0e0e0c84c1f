//! The sums over some rows of many, as sums over whole subtrees.

use std::ops::Range;

use super::panel::{LEAF_ROWS, MOST_CHUNKS, PANEL_ROWS, PanelProduct};
use super::reduction::{Pass, Reduction, Total};
use crate::lanes::{Float, Slices};
use crate::ranks::Inbox;
use crate::tree::{Tree, subtrees};

/// The rows of a leaf: no sum of fewer is apart.
pub(crate) const LEAF: usize = LEAF_ROWS;

/// The leaves of a block, over which products are summed in the numbers of the rows.
const BLOCK: u64 = (MOST_CHUNKS * PANEL_ROWS / LEAF_ROWS) as u64;

/// Chunks of a leaf.
const CHUNKS: u64 = (LEAF_ROWS / PANEL_ROWS) as u64;

/// What [`Reduction::sum`] makes of all rows, for those who have a range of them: the sums of the largest whole subtrees, in the order of the same tree. They are put together
/// with those of the other ranges to the same bits.
///
/// The sum over a block of 1,024 rows is a flat sum in `f64`. Inside of a block, sums of products are in the numbers of the rows, and an entry may be in several products and totals, which are
/// added up for the whole block. So a part of a block keeps them apart.
#[derive(Debug, Default)]
pub(crate) struct RowParts {
    tree: Tree<Part>,
    shape: Shape,
}

/// The sum over a subtree, or what is left of one on the right.
#[derive(Debug, Default)]
struct Part {
    leaves: u64,
    /// Flat if there is a block of leaves, apart if there are fewer.
    numbers: Vec<f64>,
}

/// The places of the sums.
#[derive(Debug, Default)]
struct Shape {
    /// The products, and their places in the flat sum; apart, they stand one after the other.
    products: Vec<PanelProduct>,
    /// The totals; apart, they stand behind the products.
    totals: Vec<Total>,
    /// How many sums there are, flat and apart.
    lengths: [usize; 2],
    /// How many sums of products there are, apart.
    of_products: usize,
    /// Whether the rows are in `f32`.
    is_single: bool,
}

impl RowParts {
    /// Makes the passes of a range of the leaves of all rows, which have `rows` rows.
    pub(crate) fn sum<T: Float>(
        &mut self,
        reduction: &Reduction<'_>,
        mut passes: Vec<Pass<'_, T>>,
        (leaves, mut rows): (Range<u64>, usize),
        length: usize,
    ) {
        self.shape = Shape::new::<T>(reduction, length);
        let Self { tree, shape } = self;
        let (products, totals) = shape.apart();
        let apart = Reduction { kept: reduction.kept, products: &products, totals: &totals };
        tree.start(leaves.start);
        for size in subtrees(leaves) {
            let chunks = usize::try_from(size * CHUNKS).unwrap_or(usize::MAX).min(passes.len());
            let behind = passes.split_off(chunks);
            let own = std::mem::replace(&mut passes, behind);
            let of_own = rows.min(chunks * PANEL_ROWS);
            rows -= of_own;
            let make = |part: &mut Part| {
                part.leaves = size;
                part.numbers.clear();
                part.numbers.resize(shape.length(size), 0.0);
                let reduction = if size < BLOCK { &apart } else { reduction };
                reduction.sum(own, of_own, &mut part.numbers);
            };
            tree.push_subtree(size, make, |left, right| shape.add(left, right));
        }
    }

    /// Adds the parts to a message to another rank.
    pub(crate) fn write(&self, message: &mut Vec<u64>) {
        let numbers = self.tree.parts().flat_map(|part| &part.numbers);
        message.extend(numbers.map(|number| number.to_bits()));
    }

    /// Reads the parts of the next leaves.
    pub(crate) fn read(&mut self, leaves: Range<u64>, message: &mut Inbox<'_>) {
        let Self { tree, shape } = self;
        for size in subtrees(leaves) {
            let read = |part: &mut Part| {
                part.leaves = size;
                part.numbers.clear();
                part.numbers.extend(message.numbers(shape.length(size)));
            };
            tree.push_subtree(size, read, |left, right| shape.add(left, right));
        }
    }

    /// The flat sum over all rows, if all parts are there; nothing if there is no row.
    pub(crate) fn finish(&mut self) -> Option<Vec<f64>> {
        let Self { tree, shape } = self;
        tree.finish(|left, right| shape.add(left, right)).map(|part| shape.flat(part))
    }
}

impl Shape {
    fn new<T: Float>(reduction: &Reduction<'_>, length: usize) -> Self {
        let (products, totals) = (reduction.products.to_vec(), reduction.totals.to_vec());
        let of_products = products.iter().map(|product| product.shape[0] * product.shape[1]).sum();
        let of_totals: usize = totals.iter().map(|total| total.entries).sum();
        let is_single = matches!(T::slices([], &mut []), Slices::Single::<0>(..));
        Self { products, totals, lengths: [length, of_products + of_totals], of_products, is_single }
    }

    /// The products and totals at their places apart.
    fn apart(&self) -> (Vec<PanelProduct>, Vec<Total>) {
        let mut next = 0;
        let mut place = |entries: usize| {
            next += entries;
            next - entries
        };
        let products = self
            .products
            .iter()
            .map(|product| PanelProduct { first: place(product.shape[0] * product.shape[1]), ..*product });
        let products = products.collect();
        let totals = self.totals.iter().map(|total| Total { first: place(total.entries), ..*total });
        (products, totals.collect())
    }

    /// How many sums there are over so many leaves.
    fn length(&self, leaves: u64) -> usize {
        self.lengths[usize::from(leaves < BLOCK)]
    }

    /// Adds a part to the one before it.
    fn add(&self, left: &mut Part, right: &Part) {
        let add = |left: &mut [f64], right: &[f64]| {
            left.iter_mut().zip(right).for_each(|(left, right)| *left += right);
        };
        if left.leaves < BLOCK && right.leaves < BLOCK {
            add(&mut left.numbers, &right.numbers);
            if self.is_single {
                // The sum of two f32 in f64, rounded, is their sum in f32.
                #[expect(clippy::cast_possible_truncation, reason = "it is a sum in f32")]
                left.numbers[..self.of_products].iter_mut().for_each(|sum| *sum = f64::from(*sum as f32));
            }
            left.leaves += right.leaves;
            if left.leaves >= BLOCK {
                left.numbers = self.flat_of_apart(&left.numbers);
            }
        } else {
            // The one before is a block or several: parts of blocks are on the right only.
            add(&mut left.numbers, &self.flat(right));
            left.leaves += right.leaves;
        }
    }

    fn flat(&self, part: &Part) -> Vec<f64> {
        if part.leaves < BLOCK { self.flat_of_apart(&part.numbers) } else { part.numbers.clone() }
    }

    /// Adds up what an entry is in, in the order of [`Reduction::sum`].
    fn flat_of_apart(&self, apart: &[f64]) -> Vec<f64> {
        let mut flat = vec![0.0; self.lengths[0]];
        let products =
            self.products.iter().map(|product| (product.first, product.shape[0] * product.shape[1]));
        let totals = self.totals.iter().map(|total| (total.first, total.entries));
        let mut rest = apart;
        for (first, entries) in products.chain(totals) {
            let (own, behind) = rest.split_at(entries);
            flat[first..][..entries].iter_mut().zip(own).for_each(|(sum, more)| *sum += more);
            rest = behind;
        }
        flat
    }
}
