//! Many rows through a network's kernel: lanes of rows, on all cores.

use std::mem::take;

use rayon::prelude::*;
use voidgrad_real::{Element, Lanes};

use super::{NetworkError, Rows};
use crate::error::{ShapeMismatch, same_length};
use crate::kernel::transpose::{to_rows, to_samples};
use crate::kernel::{Layout, PANEL_ROWS, RowKernel, add_product, aligned};
use crate::lanes::{Float, Instructions, Work};

/// The rows of a chunk: a task for a thread, and a leaf of the tree that sums are taken over.
const CHUNK: usize = PANEL_ROWS;

/// Writes y of every row.
///
/// # Errors
/// If a length is wrong, or a value is NaN or infinite.
pub fn rows<K: RowKernel<E>, T: Float, const E: usize>(
    network: &K,
    each: &[Rows<'_, T>; E],
    y: &mut [T],
) -> Result<(), NetworkError> {
    let layout = network.layout();
    count(&layout, each, "y", y.len())?;
    let numbers = &numbers(network);
    let chunks = y.par_chunks_mut(CHUNK * layout.y).enumerate();
    chunks.for_each(|(chunk, y)| {
        let given = Given { network, numbers, each, first: chunk * CHUNK };
        T::with_buffers(|memory| T::on_lanes(Instructions::Best, Values { given, y, memory }));
    });
    match fault(y) {
        Some((at, value)) => Err(NetworkError::Value { row: at / layout.y, value }),
        None => Ok(()),
    }
}

/// Adds `Σ ȳ·∂y/∂w` over the rows to `parameters_bar`, and writes `ȳ·∂y/∂x` of the arguments that are not empty.
///
/// # Errors
/// If a length is wrong, or a derivative is NaN or infinite.
pub fn rows_vjp<K: RowKernel<E>, T: Float, const E: usize>(
    network: &K,
    each: &[Rows<'_, T>; E],
    y_bar: &[T],
    parameters_bar: &mut [f64],
    mut each_bar: [&mut [T]; E],
) -> Result<(), NetworkError> {
    let layout = network.layout();
    let rows = count(&layout, each, "y_bar", y_bar.len())?;
    same_length("parameters_bar", parameters_bar.len(), layout.parameters)?;
    // The derivatives by rows that several share are added up at the end.
    let mut apart: [Vec<T>; E] = std::array::from_fn(|_| Vec::new());
    for (i, (name, entries)) in layout.each.iter().enumerate().filter(|(i, _)| !each_bar[*i].is_empty()) {
        same_length(name, each_bar[i].len(), each[i].numbers.len())?;
        if each[i].times > 1 {
            apart[i].resize(rows * entries, T::default());
        }
    }
    if rows == 0 {
        return Ok(());
    }
    let numbers = &numbers(network);
    let given = Given { network, numbers, each, first: 0 };
    let mut all = apart.each_mut().map(Vec::as_mut_slice);
    for (all, bar) in all.iter_mut().zip(&mut each_bar).filter(|(all, _)| all.is_empty()) {
        *all = bar;
    }
    let mut sums = vec![0.0; layout.parameters];
    subtree(given, y_bar, all, &mut sums);
    for (i, (name, entries)) in layout.each.iter().enumerate() {
        if each[i].times > 1 {
            add_up(*entries, each[i].times, &apart[i], each_bar[i]);
        }
        if let Some((at, value)) = fault(each_bar[i]) {
            return Err(NetworkError::Derivative { name, row: at / entries, value });
        }
    }
    let added = |(sum, more): (&f64, &f64)| sum + more;
    let total = parameters_bar.iter().zip(&sums).map(added);
    if let Some((entry, value)) = total.enumerate().find(|(_, value)| !value.is_finite()) {
        return Err(NetworkError::Sum { entry, value });
    }
    parameters_bar.iter_mut().zip(&sums).for_each(|(sum, more)| *sum += more);
    Ok(())
}

/// How many rows there are, by the length of what has as many entries a row as y.
fn count<T, const E: usize>(
    layout: &Layout<E>,
    each: &[Rows<'_, T>; E],
    name: &'static str,
    length: usize,
) -> Result<usize, ShapeMismatch> {
    let rows = length / layout.y;
    same_length(name, length, rows * layout.y)?;
    for ((name, entries), given) in layout.each.iter().zip(each) {
        same_length(name, given.numbers.len().saturating_mul(given.times), rows.saturating_mul(*entries))?;
    }
    Ok(rows)
}

/// Adds up what belongs to one row, `times` rows in a row.
fn add_up<T: Element>(entries: usize, times: usize, apart: &[T], sums: &mut [T]) {
    let rows = sums.chunks_exact_mut(entries).zip(apart.chunks_exact(entries * times));
    for (sum, rows) in rows {
        sum.fill(T::default());
        for row in rows.chunks_exact(entries) {
            sum.iter_mut().zip(row).for_each(|(sum, more)| *sum = *sum + *more);
        }
    }
}

fn numbers<K: RowKernel<E>, T: Element, const E: usize>(network: &K) -> Vec<T> {
    let mut numbers = Vec::new();
    network.numbers(&mut numbers);
    numbers
}

/// The first entry that is not finite.
fn fault<T: Element>(entries: &[T]) -> Option<(usize, f64)> {
    let mut entries = entries.iter().map(|entry| Into::<f64>::into(*entry)).enumerate();
    entries.find(|(_, entry)| !entry.is_finite())
}

/// What a task is given of the rows.
struct Given<'a, K, T, const E: usize> {
    network: &'a K,
    numbers: &'a [T],
    /// Of all rows.
    each: &'a [Rows<'a, T>; E],
    /// The first row of the task.
    first: usize,
}

impl<K, T, const E: usize> Clone for Given<'_, K, T, E> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K, T, const E: usize> Copy for Given<'_, K, T, E> {}

impl<K: RowKernel<E>, T: Element, const E: usize> Given<'_, K, T, E> {
    /// Writes the arguments of `live` rows from `row` of the task on as rows of lanes, one argument after the other.
    #[inline(always)]
    fn load<R: Lanes<Element = T>>(
        &self,
        hand: R,
        (row, live): (usize, usize),
        to: &mut [T],
        apart: &mut Vec<T>,
    ) {
        let mut from = 0;
        for ((_, entries), given) in self.network.layout().each.iter().zip(self.each) {
            let first = self.first + row;
            let rows = if given.times == 1 {
                &given.numbers[first * entries..][..live * entries]
            } else {
                apart.clear();
                for row in first..first + live {
                    apart.extend_from_slice(&given.numbers[row / given.times * entries..][..*entries]);
                }
                &*apart
            };
            to_rows(hand, *entries, (rows, live), &mut to[from..][..entries * R::LANES]);
            from += entries * R::LANES;
        }
    }
}

/// Writes rows of lanes to the `live` rows that they are.
#[inline(always)]
fn store<R: Lanes>(
    hand: R,
    entries: usize,
    lanes: &[R::Element],
    (to, live): (&mut [R::Element], usize),
    last: &mut Vec<R::Element>,
) where
    R::Element: Element,
{
    if live == R::LANES {
        to_samples(hand, entries, lanes, |value| value, to);
    } else {
        last.resize(entries * R::LANES, R::Element::default());
        to_samples(hand, entries, lanes, |value| value, last);
        to.copy_from_slice(&last[..live * entries]);
    }
}

/// y of a chunk.
struct Values<'a, K, T, const E: usize> {
    given: Given<'a, K, T, E>,
    y: &'a mut [T],
    memory: &'a mut [Vec<T>; 4],
}

impl<K: RowKernel<E>, T: Element, const E: usize> Work<T> for Values<'_, K, T, E> {
    type Output = ();

    const LARGE: bool = true;

    #[inline(always)]
    fn on<R: Lanes<Element = T>>(self, hand: R) {
        let Self { given, y, memory: [each, lanes, kept, last] } = self;
        // Here and not at the call, so that lengths that are constants are constants.
        let layout = given.network.layout();
        let each = aligned(each, layout.width() * R::LANES);
        let lanes = aligned(lanes, layout.y * R::LANES);
        let kept = aligned(kept, layout.rows * R::LANES);
        for (group, y) in y.chunks_mut(R::LANES * layout.y).enumerate() {
            let live = y.len() / layout.y;
            given.load(hand, (group * R::LANES, live), each, last);
            given.network.forward(hand, given.numbers, each, lanes, kept);
            store(hand, layout.y, lanes, (y, live), last);
        }
    }
}

/// The derivatives of a chunk: by the arguments of the rows, too, or by the parameters alone.
struct Derivatives<'a, K, T, const E: usize, const BARS: bool> {
    given: Given<'a, K, T, E>,
    y_bar: &'a [T],
    each_bar: [&'a mut [T]; E],
    sums: &'a mut [T],
    memory: &'a mut [Vec<T>; 6],
}

impl<K: RowKernel<E>, T: Element, const E: usize, const BARS: bool> Work<T>
    for Derivatives<'_, K, T, E, BARS>
{
    type Output = ();

    const LARGE: bool = true;

    #[inline(always)]
    fn on<R: Lanes<Element = T>>(self, hand: R) {
        let Self { given, y_bar, mut each_bar, sums, memory } = self;
        let [each, lanes, kept, last, y, panels] = memory;
        let network = given.network;
        let layout = network.layout();
        let each = aligned(each, layout.width() * R::LANES);
        let lanes = aligned(lanes, layout.width() * R::LANES);
        let y = aligned(y, layout.y * R::LANES);
        let kept = aligned(kept, layout.rows * R::LANES);
        let panels = aligned(panels, layout.kept * PANEL_ROWS);
        for (group, y_bar) in y_bar.chunks(R::LANES * layout.y).enumerate() {
            let (row, live) = (group * R::LANES, y_bar.len() / layout.y);
            given.load(hand, (row, live), each, last);
            to_rows(hand, layout.y, (y_bar, live), y);
            // Lanes without a row have the weight 0.
            y.chunks_exact_mut(R::LANES).for_each(|lanes| lanes[live..].fill(T::default()));
            let numbers = given.numbers;
            if !BARS {
                network.backward_of_parameters(hand, numbers, each, y, kept, (panels, row), sums);
                continue;
            }
            network.backward(hand, numbers, each, y, lanes, kept, (panels, row), sums);
            let mut from = 0;
            for ((_, entries), bar) in layout.each.iter().zip(&mut each_bar) {
                if !bar.is_empty() {
                    let to = &mut bar[row * entries..][..live * entries];
                    store(hand, *entries, &lanes[from..][..entries * R::LANES], (to, live), last);
                }
                from += entries * R::LANES;
            }
        }
        let rows = (y_bar.len() / layout.y).next_multiple_of(R::LANES);
        // Products whose lengths are constants are code of their own: nothing here may hide them.
        if BARS {
            for product in network.products().as_ref() {
                add_product(hand, product, (panels, rows), sums);
            }
        } else {
            for product in network.products_of_parameters().as_ref() {
                add_product(hand, product, (panels, rows), sums);
            }
        }
    }
}

/// Writes the sums over the rows of these chunks: those of the largest power of 2 of them, and the rest, side by side.
fn subtree<K: RowKernel<E>, T: Float, const E: usize>(
    given: Given<'_, K, T, E>,
    y_bar: &[T],
    mut each_bar: [&mut [T]; E],
    total: &mut [f64],
) {
    let layout = given.network.layout();
    let rows = y_bar.len() / layout.y;
    if rows <= CHUNK {
        return T::with_buffers(|[sums, memory @ ..]: &mut [Vec<T>; 7]| {
            sums.clear();
            sums.resize(layout.parameters, T::default());
            if each_bar.iter().any(|bar| !bar.is_empty()) {
                let work = Derivatives::<K, T, E, true> { given, y_bar, each_bar, sums, memory };
                T::on_lanes(Instructions::Best, work);
            } else {
                let work = Derivatives::<K, T, E, false> { given, y_bar, each_bar, sums, memory };
                T::on_lanes(Instructions::Best, work);
            }
            total.iter_mut().zip(sums).for_each(|(total, sum)| *total = (*sum).into());
        });
    }
    let half = rows.div_ceil(CHUNK).next_power_of_two() / 2 * CHUNK;
    let (left, right) = y_bar.split_at(half * layout.y);
    let mut right_bar: [&mut [T]; E] = std::array::from_fn(|_| Default::default());
    for (((_, entries), bar), right) in layout.each.iter().zip(&mut each_bar).zip(&mut right_bar) {
        if !bar.is_empty() {
            (*bar, *right) = take(bar).split_at_mut(half * entries);
        }
    }
    let behind = Given { first: given.first + half, ..given };
    let mut more = vec![0.0; total.len()];
    rayon::join(|| subtree(given, left, each_bar, total), || subtree(behind, right, right_bar, &mut more));
    total.iter_mut().zip(more).for_each(|(sum, more)| *sum += more);
}
