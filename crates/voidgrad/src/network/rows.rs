//! Many rows through a network's kernel: lanes of rows, on all cores.

use std::marker::PhantomData;
use std::mem::take;

use rayon::prelude::*;
use voidgrad_real::{Element, Lanes};

use super::{NetworkError, Rows};
use crate::error::{ShapeMismatch, same_length};
use crate::kernel::transpose::{to_rows, to_samples};
use crate::kernel::{PANEL_ROWS, RowKernel, add_product, aligned};
use crate::lanes::{Float, Instructions, Work};

/// The rows of a chunk: a task for a thread, and a leaf of the tree that sums are taken over.
const CHUNK: usize = PANEL_ROWS;

/// Writes y of every row.
///
/// # Errors
/// If a length is wrong, or a value is NaN or infinite.
pub fn rows<K: RowKernel, T: Float>(
    network: &K,
    each: &[Rows<'_, T>],
    y: &mut [T],
) -> Result<(), NetworkError> {
    count::<K, T>(each, "y", y.len())?;
    let numbers = &numbers(network);
    let chunks = y.par_chunks_mut(CHUNK * K::Y).enumerate();
    chunks.for_each(|(chunk, y)| {
        let given = Given { network: PhantomData::<K>, numbers, each, first: chunk * CHUNK };
        T::with_buffers(|memory| T::on_lanes(Instructions::Best, Values { given, y, memory }));
    });
    match fault(y) {
        Some((at, value)) => Err(NetworkError::Value { row: at / K::Y, value }),
        None => Ok(()),
    }
}

/// Adds `Σ ȳ·∂y/∂w` over the rows to `parameters_bar`, and writes `ȳ·∂y/∂x` of the arguments that are not empty.
///
/// # Errors
/// If a length is wrong, or a derivative is NaN or infinite.
pub fn rows_vjp<K: RowKernel, T: Float, const E: usize>(
    network: &K,
    each: &[Rows<'_, T>; E],
    y_bar: &[T],
    parameters_bar: &mut [f64],
    mut each_bar: [&mut [T]; E],
) -> Result<(), NetworkError> {
    let rows = count::<K, T>(each, "y_bar", y_bar.len())?;
    same_length("parameters_bar", parameters_bar.len(), K::PARAMETERS)?;
    // The derivatives by rows that several share are added up at the end.
    let mut apart: [Vec<T>; E] = std::array::from_fn(|_| Vec::new());
    for (i, (name, entries)) in K::EACH.iter().enumerate().filter(|(i, _)| !each_bar[*i].is_empty()) {
        same_length(name, each_bar[i].len(), each[i].numbers.len())?;
        if each[i].times > 1 {
            apart[i].resize(rows * entries, T::default());
        }
    }
    if rows == 0 {
        return Ok(());
    }
    let numbers = &numbers(network);
    let given = Given { network: PhantomData::<K>, numbers, each, first: 0 };
    let mut all = apart.each_mut().map(Vec::as_mut_slice);
    for (all, bar) in all.iter_mut().zip(&mut each_bar).filter(|(all, _)| all.is_empty()) {
        *all = bar;
    }
    let mut sums = vec![0.0; K::PARAMETERS];
    subtree(given, y_bar, all, &mut sums);
    for (i, (name, entries)) in K::EACH.iter().enumerate() {
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
fn count<K: RowKernel, T>(
    each: &[Rows<'_, T>],
    name: &'static str,
    length: usize,
) -> Result<usize, ShapeMismatch> {
    let rows = length / K::Y;
    same_length(name, length, rows * K::Y)?;
    for ((name, entries), given) in K::EACH.iter().zip(each) {
        same_length(name, given.numbers.len().saturating_mul(given.times), rows * entries)?;
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

fn numbers<K: RowKernel, T: Element>(network: &K) -> Vec<T> {
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
struct Given<'a, K, T> {
    network: PhantomData<K>,
    numbers: &'a [T],
    /// Of all rows.
    each: &'a [Rows<'a, T>],
    /// The first row of the task.
    first: usize,
}

impl<K, T> Clone for Given<'_, K, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K, T> Copy for Given<'_, K, T> {}

impl<K: RowKernel, T: Element> Given<'_, K, T> {
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
        for ((_, entries), given) in K::EACH.iter().zip(self.each) {
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

/// How many entries the arguments of a row have together.
fn width<K: RowKernel>() -> usize {
    K::EACH.iter().map(|(_, entries)| entries).sum()
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
struct Values<'a, K, T> {
    given: Given<'a, K, T>,
    y: &'a mut [T],
    memory: &'a mut [Vec<T>; 4],
}

impl<K: RowKernel, T: Element> Work<T> for Values<'_, K, T> {
    type Output = ();

    const LARGE: bool = true;

    #[inline(always)]
    fn on<R: Lanes<Element = T>>(self, hand: R) {
        let Self { given, y, memory: [each, lanes, kept, last] } = self;
        let each = aligned(each, width::<K>() * R::LANES);
        let lanes = aligned(lanes, K::Y * R::LANES);
        let kept = aligned(kept, K::ROWS * R::LANES);
        for (group, y) in y.chunks_mut(R::LANES * K::Y).enumerate() {
            let live = y.len() / K::Y;
            given.load(hand, (group * R::LANES, live), each, last);
            K::forward(hand, given.numbers, each, lanes, kept);
            store(hand, K::Y, lanes, (y, live), last);
        }
    }
}

/// The derivatives of a chunk: by the arguments of the rows, too, or by the parameters alone.
struct Derivatives<'a, K, T, const E: usize, const BARS: bool> {
    given: Given<'a, K, T>,
    y_bar: &'a [T],
    each_bar: [&'a mut [T]; E],
    sums: &'a mut [T],
    memory: &'a mut [Vec<T>; 6],
}

impl<K: RowKernel, T: Element, const E: usize, const BARS: bool> Work<T> for Derivatives<'_, K, T, E, BARS> {
    type Output = ();

    const LARGE: bool = true;

    #[inline(always)]
    fn on<R: Lanes<Element = T>>(self, hand: R) {
        let Self { given, y_bar, mut each_bar, sums, memory } = self;
        let [each, lanes, kept, last, y, panels] = memory;
        let each = aligned(each, width::<K>() * R::LANES);
        let lanes = aligned(lanes, width::<K>() * R::LANES);
        let y = aligned(y, K::Y * R::LANES);
        let kept = aligned(kept, K::ROWS * R::LANES);
        let panels = aligned(panels, K::KEPT * PANEL_ROWS);
        for (group, y_bar) in y_bar.chunks(R::LANES * K::Y).enumerate() {
            let (row, live) = (group * R::LANES, y_bar.len() / K::Y);
            given.load(hand, (row, live), each, last);
            to_rows(hand, K::Y, (y_bar, live), y);
            // Lanes without a row have the weight 0.
            y.chunks_exact_mut(R::LANES).for_each(|lanes| lanes[live..].fill(T::default()));
            let numbers = given.numbers;
            if !BARS {
                K::backward_of_parameters(hand, numbers, each, y, kept, (panels, row), sums);
                continue;
            }
            K::backward(hand, numbers, each, y, lanes, kept, (panels, row), sums);
            let mut from = 0;
            for ((_, entries), bar) in K::EACH.iter().zip(&mut each_bar) {
                if !bar.is_empty() {
                    let to = &mut bar[row * entries..][..live * entries];
                    store(hand, *entries, &lanes[from..][..entries * R::LANES], (to, live), last);
                }
                from += entries * R::LANES;
            }
        }
        let rows = (y_bar.len() / K::Y).next_multiple_of(R::LANES);
        for product in if BARS { K::PRODUCTS } else { K::PRODUCTS_OF_PARAMETERS } {
            add_product(hand, product, (panels, rows), sums);
        }
    }
}

/// Writes the sums over the rows of these chunks: those of the largest power of 2 of them, and the rest, side by side.
fn subtree<K: RowKernel, T: Float, const E: usize>(
    given: Given<'_, K, T>,
    y_bar: &[T],
    mut each_bar: [&mut [T]; E],
    total: &mut [f64],
) {
    let rows = y_bar.len() / K::Y;
    if rows <= CHUNK {
        return T::with_buffers(|[sums, memory @ ..]: &mut [Vec<T>; 7]| {
            sums.clear();
            sums.resize(K::PARAMETERS, T::default());
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
    let (left, right) = y_bar.split_at(half * K::Y);
    let mut right_bar: [&mut [T]; E] = std::array::from_fn(|_| Default::default());
    for (((_, entries), bar), right) in K::EACH.iter().zip(&mut each_bar).zip(&mut right_bar) {
        if !bar.is_empty() {
            (*bar, *right) = take(bar).split_at_mut(half * entries);
        }
    }
    let behind = Given { first: given.first + half, ..given };
    let mut more = vec![0.0; total.len()];
    rayon::join(|| subtree(given, left, each_bar, total), || subtree(behind, right, right_bar, &mut more));
    total.iter_mut().zip(more).for_each(|(sum, more)| *sum += more);
}
