//! The samples of a chunk through a control's kernel.

use super::cells::Cells;
use super::chunk::{Buffers, Chunk, Number, Precision};
use super::draw::Draw;
use super::one_by_one;
use super::pass::{Forward, LaneSums, Pass, Weights, total};
use crate::control::Control;
use crate::estimator::EstimateError;
use crate::kernel::Kernel;
use crate::lanes::MOST_LANES;

/// How many samples of one variable are drawn together: their rows stay in the first cache.
pub(super) const BLOCK: usize = 256;

/// Adds the samples of a chunk, on lanes: what `#[control]` makes of [`Control::add_chunk`] for a control that has a
/// [`Kernel`].
///
/// # Errors
/// Where a value of the objective is NaN or infinite.
pub fn fused<C: Control + Kernel>(control: &C, chunk: &mut Chunk<'_>) -> Result<(), EstimateError> {
    if !in_range(chunk) {
        return one_by_one(control, chunk);
    }
    match chunk.precision {
        Precision::Double => run::<f64, C>(control, chunk),
        Precision::Single => run::<f32, C>(control, chunk),
    }
}

/// True where `e^±a` and its products with numbers up to 2⁵⁴ are finite for all logits.
fn in_range(chunk: &Chunk<'_>) -> bool {
    let largest = match chunk.precision {
        Precision::Single => 45.0,
        Precision::Double => 650.0,
    };
    chunk.bernoulli.logits().iter().all(|a| a.abs() <= largest)
}

fn run<T: Number, C: Control + Kernel>(control: &C, chunk: &mut Chunk<'_>) -> Result<(), EstimateError> {
    let Buffers { mut rows, sums } = std::mem::take(T::buffers(chunk.memory));
    let mut sums = LaneSums { moments: [[T::default(); MOST_LANES]; 3], phi: sums };
    sums.reset(chunk.sums.variance_gradient.len());
    let outcome = if chunk.bernoulli.len() == 1 {
        samples(control, chunk, &mut rows, &mut sums)
    } else {
        coordinates(control, chunk, &mut rows, &mut sums)
    };
    for (sum, lanes) in chunk.sums.variance_gradient.iter_mut().zip(sums.phi.chunks_exact(MOST_LANES)) {
        *sum = total(lanes);
    }
    control.chain(&mut chunk.sums.variance_gradient);
    *T::buffers(chunk.memory) = Buffers { rows, sums: sums.phi };
    outcome
}

/// One variable: cells are samples.
fn samples<T: Number, C: Kernel>(
    control: &C,
    chunk: &mut Chunk<'_>,
    rows: &mut Vec<T>,
    sums: &mut LaneSums<T>,
) -> Result<(), EstimateError> {
    let numbers = control.numbers::<T>();
    let one = Some(chunk.bernoulli.logits()[0]);
    let cells = &mut Cells::new(BLOCK, rows);
    let mut remaining = chunk.samples;
    while remaining > 0 {
        cells.count = remaining.min(BLOCK);
        T::on_lanes(chunk.instructions, Draw { stream: &mut chunk.stream, one, cells });
        let (states, f) = (&cells.b[..cells.count], &mut cells.g[..cells.count]);
        T::values(chunk.values, states, &mut chunk.memory.doubles, f);
        finite(states, f, 1)?;
        let pass = Pass::<C, T> { numbers: &numbers, cells, weights: Weights::OfSamples, sums };
        T::on_lanes(chunk.instructions, pass);
        remaining -= cells.count;
    }
    let [gradient, square, f] = sums.moments.map(|lanes| total(&lanes));
    (chunk.sums.gradient[0], chunk.sums.square[0], chunk.sums.f) = (gradient, square, f);
    Ok(())
}

/// Refuses values that are NaN or infinite.
fn finite<T: Number>(states: &[T], values: &[T], variables: usize) -> Result<(), EstimateError> {
    // 0·f is 0 or no number, and a sum of such terms needs no branch.
    let zero = T::default();
    let mut checks = [zero; MOST_LANES];
    for values in values.chunks(MOST_LANES) {
        checks.iter_mut().zip(values).for_each(|(check, value)| *check = *check + *value * zero);
    }
    if checks.iter().all(|check| *check == zero) {
        return Ok(());
    }
    let is_finite = |value: &T| Into::<f64>::into(*value).is_finite();
    let at = values.iter().position(|value| !is_finite(value)).unwrap_or_default();
    let b = states[at * variables..][..variables].iter().map(|state| (*state).into()).collect();
    Err(EstimateError::Objective { value: values[at].into(), b })
}

/// Many variables: cells are the coordinates of one sample.
///
/// `ĝ` takes the mean of c over all coordinates, and the way back takes all of `ĝ`, so each sample is gone over twice. The
/// second pass goes forward once more: residuals of so many coordinates would cost more to store than to make.
fn coordinates<T: Number, C: Kernel>(
    control: &C,
    chunk: &mut Chunk<'_>,
    rows: &mut Vec<T>,
    sums: &mut LaneSums<T>,
) -> Result<(), EstimateError> {
    let numbers = control.numbers::<T>();
    let bernoulli = chunk.bernoulli;
    let logits = bernoulli.logits();
    let cells = &mut Cells::new(logits.len(), rows);
    cells.a.iter_mut().zip(logits).for_each(|(cell, a)| *cell = cell.constant(*a));
    // c is the mean over the coordinates.
    let mean = 1.0 / logits.len() as f64;
    for _ in 0..chunk.samples {
        T::on_lanes(chunk.instructions, Draw { stream: &mut chunk.stream, one: None, cells });
        let states = &cells.b[..cells.count];
        let mut value = [T::default()];
        T::values(chunk.values, states, &mut chunk.memory.doubles, &mut value);
        finite(states, &value, states.len())?;
        let f: f64 = value[0].into();
        chunk.sums.f += f;
        let c = mean * T::on_lanes(chunk.instructions, Forward::<C, T> { numbers: &numbers, cells });
        let advantage = f - c;
        let mut c_bar = 0.0;
        for m in 0..logits.len() {
            let (score, rest): (f64, f64) = (cells.score[m].into(), cells.g[m].into());
            let g = advantage * score + mean * rest;
            chunk.sums.gradient[m] += g;
            chunk.sums.square[m] += g * g;
            c_bar -= 2.0 * mean * g * score;
            cells.g[m] = T::default().constant(g);
        }
        let weights = Weights::OfCoordinates { slope: 2.0 * mean * mean, c_bar: mean * c_bar };
        T::on_lanes(chunk.instructions, Pass::<C, T> { numbers: &numbers, cells, weights, sums });
    }
    Ok(())
}
