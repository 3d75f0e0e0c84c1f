//! Many rows through a network's kernel: lanes of rows, on all cores.

use std::mem::take;

use voidgrad_real::{Element, Lanes};

use super::{NetworkError, Rows};
use crate::error::{ShapeMismatch, same_length};
use crate::kernel::transpose::{to_rows, to_rows_from, to_samples};
use crate::kernel::{CHUNK, Layout, Pass, Reduction, RowKernel, add_lanes, aligned};
use crate::lanes::{Float, Instructions, MOST_LANES, OnLanes, Work};
use crate::tasks;

/// Rows whose values are a task: few of a large network, so that all cores have some. They don't depend on each other.
fn rows_of_task<const E: usize>(layout: &Layout<E>) -> usize {
    /// Parameters of all rows together that are worth a task.
    const TASK: usize = 1 << 17;
    (TASK / layout.parameters.max(1)).next_multiple_of(MOST_LANES).clamp(MOST_LANES / 2, 2 * MOST_LANES)
}

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
    T::with_list(|numbers| {
        let numbers = numbers_of(network, numbers);
        let chunk = rows_of_task(&layout);
        tasks::run(y.chunks_mut(chunk * layout.y).enumerate().map(|(number, y)| {
            let given = Given { network, numbers, each, first: number * chunk };
            move || {
                T::with_buffers(|memory| T::on_lanes(Instructions::Best, Values { given, y, memory }));
            }
        }));
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
    each_bar: [&mut [T]; E],
) -> Result<(), NetworkError> {
    let layout = network.layout();
    same_length("parameters_bar", parameters_bar.len(), layout.parameters)?;
    f64::with_buffers(|[sums]| {
        let sums = aligned(sums, layout.parameters);
        let are_wanted = each_bar.iter().any(|bar| !bar.is_empty());
        let sum = |reduction: &Reduction<'_>, passes: Vec<Pass<'_, T>>, rows| {
            if rows > 0 {
                reduction.sum(passes, rows, sums);
            }
        };
        if backward(network, each, y_bar, (each_bar, are_wanted), sum)? == 0 {
            return Ok(());
        }
        add_sums(parameters_bar, sums)
    })
}

/// Writes `ȳ·∂y/∂x` of the arguments that are not empty, if any is wanted, and gives the passes that make the sums over the rows to `sum`. The result is how many rows there are.
pub(super) fn backward<K: RowKernel<E>, T: Float, const E: usize>(
    network: &K,
    each: &[Rows<'_, T>; E],
    y_bar: &[T],
    (mut each_bar, are_wanted): ([&mut [T]; E], bool),
    sum: impl FnOnce(&Reduction<'_>, Vec<Pass<'_, T>>, usize),
) -> Result<usize, NetworkError> {
    let layout = network.layout();
    let rows = count(&layout, each, "y_bar", y_bar.len())?;
    // The derivatives by rows that several share are added up at the end.
    let mut apart = [const { Vec::<T>::new() }; E];
    for (i, (name, entries)) in layout.each.iter().enumerate().filter(|(i, _)| !each_bar[*i].is_empty()) {
        same_length(name, each_bar[i].len(), each[i].numbers.len())?;
        if each[i].times > 1 {
            apart[i].resize(rows * entries, T::default());
        }
    }
    T::with_list(|numbers| {
        let given = Given { network, numbers: numbers_of(network, numbers), each, first: 0 };
        let mut bars = apart.each_mut().map(Vec::as_mut_slice);
        for (bar, own) in bars.iter_mut().zip(&mut each_bar).filter(|(bar, _)| bar.is_empty()) {
            *bar = own;
        }
        let chunks = chunks(&layout, y_bar, bars);
        let (kept, totals) = (layout.kept, network.totals());
        if are_wanted {
            let products = network.products();
            let reduction = Reduction { kept, products: products.as_ref(), totals: totals.as_ref() };
            sum(&reduction, chunks.map(|chunk| pass::<K, T, E, true>(given, chunk)).collect(), rows);
        } else {
            let products = network.products_of_parameters();
            let reduction = Reduction { kept, products: products.as_ref(), totals: totals.as_ref() };
            sum(&reduction, chunks.map(|chunk| pass::<K, T, E, false>(given, chunk)).collect(), rows);
        }
        for (i, (name, entries)) in layout.each.iter().enumerate() {
            if each[i].times > 1 {
                add_up(*entries, each[i].times, &apart[i], each_bar[i]);
            }
            if let Some((at, value)) = fault(each_bar[i]) {
                return Err(NetworkError::Derivative { name, row: at / entries, value });
            }
        }
        Ok(rows)
    })
}

/// Writes y of every row, and adds `Σ ȳ·∂y/∂w` over the rows to `parameters_bar`.
///
/// # Errors
/// If a length is wrong, or a value or a derivative is NaN or infinite.
pub fn rows_and_vjp<K: RowKernel<E>, T: Float, const E: usize>(
    network: &K,
    each: &[Rows<'_, T>; E],
    y_bar: &[T],
    y: &mut [T],
    parameters_bar: &mut [f64],
) -> Result<(), NetworkError> {
    let layout = network.layout();
    let rows = count(&layout, each, "y_bar", y_bar.len())?;
    same_length("y", y.len(), y_bar.len())?;
    same_length("parameters_bar", parameters_bar.len(), layout.parameters)?;
    if rows == 0 {
        return Ok(());
    }
    T::with_list(|numbers| {
        f64::with_buffers(|[sums]| {
            let given = Given { network, numbers: numbers_of(network, numbers), each, first: 0 };
            let sums = aligned(sums, layout.parameters);
            let parts = y_bar.chunks(CHUNK * layout.y).zip(y.chunks_mut(CHUNK * layout.y)).enumerate();
            let pass = |(number, (y_bar, y))| {
                let given = Given { first: number * CHUNK, ..given };
                Box::new(move |panels: &mut [T], sums: &mut [T]| {
                    T::with_buffers(|memory| {
                        let work = Both { given, y_bar, y, panels, sums, memory };
                        T::on_lanes(Instructions::Best, work);
                    });
                }) as Pass<'_, T>
            };
            let (products, totals) = (network.products_of_both(), network.totals());
            let (products, totals) = (products.as_ref(), totals.as_ref());
            Reduction { kept: layout.kept, products, totals }.sum(parts.map(pass).collect(), rows, sums);
            if let Some((at, value)) = fault(y) {
                return Err(NetworkError::Value { row: at / layout.y, value });
            }
            add_sums(parameters_bar, sums)
        })
    })
}

/// Adds sums, if all are finite then.
pub(super) fn add_sums(to: &mut [f64], sums: &[f64]) -> Result<(), NetworkError> {
    // Without a way out of the loop, so that it runs on vectors.
    let is_finite = |to: &[f64], sums: &[f64]| {
        to.iter().zip(sums).fold(true, |are_finite, (sum, more)| are_finite & (sum + more).is_finite())
    };
    if !tasks::all_shares(to, sums, is_finite) {
        let mut total = to.iter().zip(sums).map(|(sum, more)| sum + more).enumerate();
        let first = total.find(|(_, value)| !value.is_finite());
        let (entry, value) = first.expect("a share has a sum that is not finite");
        return Err(NetworkError::Sum { entry, value });
    }
    tasks::on_shares(to, sums, |to, sums| to.iter_mut().zip(sums).for_each(|(sum, more)| *sum += more));
    Ok(())
}

/// The backward pass through a chunk.
fn pass<'a, K: RowKernel<E>, T: Float, const E: usize, const BARS: bool>(
    given: Given<'a, K, T, E>,
    chunk: Chunk<'a, T, E>,
) -> Pass<'a, T> {
    let given = Given { first: chunk.first, ..given };
    Box::new(move |panels, sums| {
        T::with_buffers(|memory| {
            let work = Derivatives::<K, T, E, BARS> { given, chunk, panels, sums, memory };
            T::on_lanes(Instructions::Best, work);
        });
    })
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

/// What all rows share, in their numbers; `numbers` is empty.
fn numbers_of<'a, K: RowKernel<E>, T: Float, const E: usize>(
    network: &'a K,
    numbers: &'a mut Vec<T>,
) -> &'a [T] {
    // A copy of a large network takes a part of the time of a step.
    if let Some(own) = network.parameters_alone().and_then(T::of_doubles) {
        return own;
    }
    network.numbers(numbers);
    numbers
}

/// The first entry that is not finite.
fn fault<T: Element>(entries: &[T]) -> Option<(usize, f64)> {
    let is_finite = |entry: &T| Into::<f64>::into(*entry).is_finite();
    // Without a way out of the loop, so that it runs on vectors.
    if entries.iter().fold(true, |are_finite, entry| are_finite & is_finite(entry)) {
        return None;
    }
    entries.iter().map(|entry| Into::<f64>::into(*entry)).enumerate().find(|(_, entry)| !entry.is_finite())
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
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn load<R: Lanes<Element = T>>(&self, hand: R, (row, live): (usize, usize), to: &mut [T]) {
        let mut from = 0;
        for ((_, entries), given) in self.network.layout().each.iter().zip(self.each) {
            let first = self.first + row;
            let to = &mut to[from..][..entries * R::LANES];
            from += entries * R::LANES;
            if given.times == 1 {
                to_rows(hand, *entries, (&given.numbers[first * entries..][..live * entries], live), to);
            } else {
                let place = |lane: usize| (first + lane) / given.times * entries;
                to_rows_from(
                    hand,
                    *entries,
                    given.numbers,
                    |lane| place(if lane < live { lane } else { 0 }),
                    to,
                );
            }
        }
    }
}

/// Writes rows of lanes to the `live` rows that they are.
#[cfg_attr(not(debug_assertions), inline(always))]
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
        let last = aligned(last, entries * R::LANES);
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

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn on<R: Lanes<Element = T>>(self, hand: R) {
        let Self { given, y, memory: [each, lanes, kept, last] } = self;
        // Here and not at the call, so that lengths that are constants are constants.
        let layout = given.network.layout();
        let each = aligned(each, layout.width() * R::LANES);
        let lanes = aligned(lanes, layout.y * R::LANES);
        let kept = aligned(kept, layout.rows * R::LANES);
        for (group, y) in y.chunks_mut(R::LANES * layout.y).enumerate() {
            let live = y.len() / layout.y;
            given.load(hand, (group * R::LANES, live), each);
            given.network.forward(hand, given.numbers, each, lanes, kept);
            store(hand, layout.y, lanes, (y, live), last);
        }
    }
}

/// The derivatives of a chunk: by the arguments of the rows, too, or by the parameters alone.
struct Derivatives<'a, 'b, K, T, const E: usize, const BARS: bool> {
    given: Given<'a, K, T, E>,
    chunk: Chunk<'a, T, E>,
    panels: &'b mut [T],
    sums: &'b mut [T],
    memory: &'b mut [Vec<T>; 6],
}

/// Rows of a backward pass.
struct Chunk<'a, T, const E: usize> {
    /// The first of all rows.
    first: usize,
    y_bar: &'a [T],
    /// Empty where the derivatives are not wanted.
    each_bar: [&'a mut [T]; E],
}

impl<K: RowKernel<E>, T: Element, const E: usize, const BARS: bool> Work<T>
    for Derivatives<'_, '_, K, T, E, BARS>
{
    type Output = ();

    const LARGE: bool = true;

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn on<R: Lanes<Element = T>>(self, hand: R) {
        let Self { given, chunk, panels, sums, memory } = self;
        let [each, lanes, kept, last, y, totals] = memory;
        let Chunk { y_bar, mut each_bar, .. } = chunk;
        let network = given.network;
        let layout = network.layout();
        let each = aligned(each, layout.width() * R::LANES);
        let lanes = aligned(lanes, layout.width() * R::LANES);
        let y = aligned(y, layout.y * R::LANES);
        let kept = aligned(kept, layout.rows * R::LANES);
        let totals = aligned(totals, sums.len() * R::LANES);
        totals.fill(T::default());
        for (group, y_bar) in y_bar.chunks(R::LANES * layout.y).enumerate() {
            let (row, live) = (group * R::LANES, y_bar.len() / layout.y);
            given.load(hand, (row, live), each);
            to_rows(hand, layout.y, (y_bar, live), y);
            // Lanes without a row have the weight 0.
            y.chunks_exact_mut(R::LANES).for_each(|lanes| lanes[live..].fill(T::default()));
            let numbers = given.numbers;
            if !BARS {
                network.backward_of_parameters(hand, numbers, each, y, kept, (panels, row), totals);
                continue;
            }
            network.backward(hand, numbers, each, y, lanes, kept, (panels, row), totals);
            let mut from = 0;
            for ((_, entries), bar) in layout.each.iter().zip(&mut each_bar) {
                if !bar.is_empty() {
                    let to = &mut bar[row * entries..][..live * entries];
                    store(hand, *entries, &lanes[from..][..entries * R::LANES], (to, live), last);
                }
                from += entries * R::LANES;
            }
        }
        add_lanes(hand, totals, sums, last);
    }
}

/// Values and derivatives of a chunk, whose weights are known before its values.
struct Both<'a, 'b, K, T, const E: usize> {
    given: Given<'a, K, T, E>,
    y_bar: &'a [T],
    y: &'a mut [T],
    panels: &'b mut [T],
    sums: &'b mut [T],
    memory: &'b mut [Vec<T>; 6],
}

impl<K: RowKernel<E>, T: Element, const E: usize> Work<T> for Both<'_, '_, K, T, E> {
    type Output = ();

    const LARGE: bool = true;

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn on<R: Lanes<Element = T>>(self, hand: R) {
        let Self { given, y_bar, y, panels, sums, memory } = self;
        let [each, weights, kept, last, values, totals] = memory;
        let network = given.network;
        let layout = network.layout();
        let each = aligned(each, layout.width() * R::LANES);
        let weights = aligned(weights, layout.y * R::LANES);
        let values = aligned(values, layout.y * R::LANES);
        let kept = aligned(kept, layout.rows * R::LANES);
        let totals = aligned(totals, sums.len() * R::LANES);
        totals.fill(T::default());
        let length = R::LANES * layout.y;
        for (group, (y_bar, y)) in y_bar.chunks(length).zip(y.chunks_mut(length)).enumerate() {
            let (row, live) = (group * R::LANES, y_bar.len() / layout.y);
            given.load(hand, (row, live), each);
            to_rows(hand, layout.y, (y_bar, live), weights);
            // Lanes without a row have the weight 0.
            weights.chunks_exact_mut(R::LANES).for_each(|lanes| lanes[live..].fill(T::default()));
            network.both(hand, given.numbers, each, weights, values, kept, (panels, row), totals);
            store(hand, layout.y, values, (y, live), last);
        }
        add_lanes(hand, totals, sums, last);
    }
}

/// The chunks of the rows, each with its part of the derivatives.
fn chunks<'a, T, const E: usize>(
    layout: &Layout<E>,
    y_bar: &'a [T],
    mut each_bar: [&'a mut [T]; E],
) -> impl Iterator<Item = Chunk<'a, T, E>> {
    let parts = y_bar.chunks(CHUNK * layout.y).enumerate();
    parts.map(move |(number, y_bar)| {
        let rows = y_bar.len() / layout.y;
        let mut own: [&mut [T]; E] = std::array::from_fn(|_| Default::default());
        for (((_, entries), bar), own) in layout.each.iter().zip(&mut each_bar).zip(&mut own) {
            if !bar.is_empty() {
                (*own, *bar) = take(bar).split_at_mut(rows * entries);
            }
        }
        Chunk { first: number * CHUNK, y_bar, each_bar: own }
    })
}
