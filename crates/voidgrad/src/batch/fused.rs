//! The samples of a chunk through a control's kernel.

use super::chunk::{Chunk, Number, Precision};
use super::lane_sums::{LaneSums, total};
use super::{coordinates, one_by_one, samples};
use crate::control::Control;
use crate::error::are_finite;
use crate::estimator::EstimateError;
use crate::kernel::Kernel;

/// Adds the samples of a chunk, on lanes: what `#[control]` makes of [`Control::add_chunk`] for a control that has a
/// [`Kernel`].
///
/// A kernel multiplies in an order of its own, and in `f32` where that is asked for, so a product or a value may overflow that
/// does not as the control is written. A chunk in which a value or a sum is not finite is therefore estimated once more, one
/// sample after the other, from the same noise; that also makes the error. f is then evaluated twice.
///
/// # Errors
/// Where a value of the objective is NaN or infinite, or where a gradient is so as the control is written.
pub fn fused<C: Control + Kernel>(control: &C, chunk: &mut Chunk<'_>) -> Result<(), EstimateError> {
    guarded(control, chunk, |chunk| match chunk.precision {
        Precision::Double => run::<f64, C>(control, chunk),
        Precision::Single => run::<f32, C>(control, chunk),
    })
}

/// Adds the samples of a chunk by `run`, or one by one where logits are out of its range, where it meets a value that is not finite,
/// or where its sums are not.
pub(super) fn guarded(
    control: &impl Control,
    chunk: &mut Chunk<'_>,
    run: impl FnOnce(&mut Chunk<'_>) -> Option<()>,
) -> Result<(), EstimateError> {
    if !in_range(chunk) {
        return one_by_one(control, chunk);
    }
    let stream = chunk.stream.clone();
    if run(chunk).is_some() && chunk.sums.is_finite() {
        return Ok(());
    }
    chunk.stream = stream;
    let samples = chunk.sums.samples;
    chunk.sums.reset(chunk.bernoulli.len(), control.parameters());
    chunk.sums.samples = samples;
    one_by_one(control, chunk)
}

/// True where `e^±a` and its products with numbers up to 2⁵⁴ are finite for all logits.
fn in_range(chunk: &Chunk<'_>) -> bool {
    let largest = match chunk.precision {
        Precision::Single => 45.0,
        Precision::Double => 650.0,
    };
    chunk.bernoulli.logits().iter().all(|a| a.abs() <= largest)
}

/// Nothing where a value of f is not finite.
fn run<T: Number, C: Control + Kernel>(control: &C, chunk: &mut Chunk<'_>) -> Option<()> {
    // One variable has two states.
    let mut f = [0.0; 2];
    let is_one = chunk.bernoulli.len() == 1;
    if is_one {
        (chunk.values)(&[0.0, 1.0], &mut f);
        if !are_finite(&f) {
            // It depends on the states that are drawn whether that is an error.
            return None;
        }
    }
    let mut buffers = std::mem::take(T::buffers(chunk.memory));
    let mut sums = LaneSums::new(chunk.sums.variance_gradient.len(), std::mem::take(&mut buffers.sums));
    let outcome = if is_one {
        samples::add(control, chunk, f, &mut buffers.rows, &mut sums);
        let [gradient, square, f] = sums.moments.map(|lanes| total(&lanes));
        (chunk.sums.gradient[0], chunk.sums.square[0], chunk.sums.f) = (gradient, square, f);
        Some(())
    } else {
        coordinates::add(control, chunk, &mut buffers.rows, &mut sums)
    };
    buffers.sums = sums.finish(&mut chunk.sums.variance_gradient);
    control.chain(&Kernel::numbers(control), &mut chunk.sums.variance_gradient);
    *T::buffers(chunk.memory) = buffers;
    outcome
}
