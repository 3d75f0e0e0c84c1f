//! Sums over many rows, of what a backward pass leaves: on all cores, over a fixed binary tree.

use voidgrad_real::{Element, Lanes};

use super::panel::{Columns, MOST_CHUNKS, PANEL_ROWS, PanelProduct, Panels};
use super::transpose::to_samples;
use crate::kernel::aligned;
use crate::lanes::{Float, Instructions, OnLanes, Slices};
use crate::tasks;
use crate::tree::Tree;

/// The rows of a chunk: a task for a thread, and a leaf of the tree that sums are taken over.
pub(crate) const CHUNK: usize = PANEL_ROWS;

/// Multiplications that are worth a task.
const TASK: usize = 1 << 18;

/// Entries of a flat sum that a backward pass adds to itself; in its own sums they stand one after the other.
#[derive(Debug, Clone, Copy)]
pub struct Total {
    /// The first entry of the flat sum.
    pub first: usize,
    /// How many there are.
    pub entries: usize,
}

/// What a backward pass leaves of its rows.
pub(crate) struct Reduction<'a> {
    /// How many numbers of a row are kept for the products.
    pub(crate) kept: usize,
    pub(crate) products: &'a [PanelProduct],
    pub(crate) totals: &'a [Total],
}

/// The backward pass through the rows of a chunk: writes its panels, and adds to its sums, which are 0 before.
pub(crate) type Pass<'a, T> = Box<dyn FnOnce(&mut [T], &mut [T]) + Send + 'a>;

impl Reduction<'_> {
    /// Makes the passes of all chunks, and writes the sums over their rows to `flat`.
    pub(crate) fn sum<T: Float>(&self, mut passes: Vec<Pass<'_, T>>, rows: usize, flat: &mut [f64]) {
        if passes.len() <= MOST_CHUNKS {
            return self.sum_of_block(passes, rows, flat);
        }
        // The largest power of 2 of chunks, and the rest, side by side.
        let half = passes.len().next_power_of_two() / 2;
        let right = passes.split_off(half);
        let behind = rows - half * CHUNK;
        let mut more = vec![0.0; flat.len()];
        let left = || self.sum(passes, rows - behind, flat);
        let right = || self.sum(right, behind, &mut more);
        tasks::run([Box::new(left) as Box<dyn FnOnce() + Send>, Box::new(right)]);
        flat.iter_mut().zip(more).for_each(|(sum, more)| *sum += more);
    }

    /// So few chunks that all their factors are in memory.
    fn sum_of_block<T: Float>(&self, passes: Vec<Pass<'_, T>>, rows: usize, flat: &mut [f64]) {
        let own: usize = self.totals.iter().map(|total| total.entries).sum();
        // Chunks of no numbers at all would be no chunks.
        let (each, own) = ((self.kept * PANEL_ROWS).max(1), own.max(1));
        T::with_buffers(|[panels, sums]| {
            let panels = aligned(panels, each * passes.len());
            let sums = aligned(sums, own * passes.len());
            sums.fill(T::default());
            let memory = panels.chunks_mut(each).zip(sums.chunks_mut(own));
            tasks::run(
                passes.into_iter().zip(memory).map(|(pass, (panels, sums))| move || pass(panels, sums)),
            );
            self.fill_between_products(flat);
            match T::slices([&*panels], &mut []) {
                Slices::Double([numbers], _) => self.write_products(Panels { numbers, each, rows }, flat),
                Slices::Single([numbers], _) => self.write_products(Panels { numbers, each, rows }, flat),
            }
            // Last: an entry of a matrix may be used by itself, too.
            self.add_totals(sums.chunks_exact(own), flat);
        });
    }

    /// Writes 0 to the entries that are in no product.
    fn fill_between_products(&self, flat: &mut [f64]) {
        let mut taken: Vec<_> = self
            .products
            .iter()
            .map(|PanelProduct { first, shape: [height, width], .. }| (*first, height * width))
            .collect();
        taken.sort_unstable();
        let mut from = 0;
        for (first, entries) in taken {
            // A matrix that has two products is there twice.
            flat[from.min(first)..first].fill(0.0);
            from = first + entries;
        }
        flat[from..].fill(0.0);
    }

    /// Adds the chunks' own sums.
    fn add_totals<'a, T: Float>(&self, chunks: impl Iterator<Item = &'a [T]>, flat: &mut [f64]) {
        let add = |left: &mut Vec<f64>, right: &Vec<f64>| {
            left.iter_mut().zip(right).for_each(|(left, right)| *left += right);
        };
        let mut tree: Tree<Vec<f64>> = Tree::default();
        for sums in chunks {
            let copy = |part: &mut Vec<f64>| {
                part.clear();
                part.extend(sums.iter().map(|sum| Into::<f64>::into(*sum)));
            };
            tree.push(copy, add);
        }
        let Some(mut sums) = tree.finish(add).map(Vec::as_slice) else { return };
        for Total { first, entries } in self.totals {
            let (own, rest) = sums.split_at(*entries);
            flat[*first..][..*entries].iter_mut().zip(own).for_each(|(sum, more)| *sum += more);
            sums = rest;
        }
    }

    /// Makes the products of some chunks, each shared out among all cores by its columns: writes the first one of a matrix, and adds the others.
    fn write_products<T: OnLanes>(&self, panels: Panels<'_, T>, flat: &mut [f64]) {
        for (number, product) in self.products.iter().enumerate() {
            let is_first = self.products[..number].iter().all(|before| before.first != product.first);
            let [height, width] = product.shape;
            let sums = &mut flat[product.first..][..height * width];
            // Whole tiles of columns.
            let columns = (TASK / (height * panels.rows).max(1)).next_multiple_of(24).min(width).max(1);
            tasks::run(sums.chunks_mut(height * columns).enumerate().map(|(task, sums)| {
                move || {
                    if is_first {
                        sums.fill(0.0);
                    }
                    T::with_buffers(|memory| {
                        let first = task * columns;
                        T::on_lanes(Instructions::Best, Columns { product, panels, first, sums, memory });
                    });
                }
            }));
        }
    }
}

/// Adds up the lanes of each row. `apart` is memory.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(crate) fn add_lanes<R: Lanes<Element: Element>>(
    hand: R,
    rows: &[R::Element],
    sums: &mut [R::Element],
    apart: &mut Vec<R::Element>,
) {
    let count = sums.len();
    let apart = aligned(apart, count * R::LANES);
    to_samples(hand, count, rows, |row| row, apart);
    for lane in apart.chunks_exact(count) {
        sums.iter_mut().zip(lane).for_each(|(sum, entry)| *sum = *sum + *entry);
    }
}
