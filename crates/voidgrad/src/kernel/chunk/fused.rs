//! The samples of a chunk through a control's kernel.

use super::lane_sums::{LaneSums, total};
use super::{Chunk, Number, Precision, coordinates, one_variable};
use crate::error::are_finite;
use crate::kernel::Kernel;
#[cfg(all(test, feature = "lanes"))]
use crate::lanes::At;
use crate::lanes::Dispatch;
#[cfg(test)]
use crate::lanes::Scalars;

/// Adds the samples of a chunk, on lanes: what `#[control]` makes of [`BatchControl::chunk`](crate::BatchControl::chunk) for a control that has a
/// [`Kernel`].
///
/// A kernel multiplies in an order of its own, and in `f32` if that is asked for, so a product or a value may overflow that
/// does not overflow as the control is written. The result is false if a value or a sum is not finite, or if the logits are out of range. Then the sums
/// hold nothing of use, and the caller estimates the chunk once more, one sample after the other, from the same noise; that also makes the
/// error. f is then evaluated twice.
pub fn fused<C: Kernel>(control: &C, chunk: &mut Chunk<'_>) -> bool {
    guarded(chunk, |chunk| match chunk.precision {
        Precision::Double => run::<f64, C>(control, chunk, chunk.instructions),
        Precision::Single => run::<f32, C>(control, chunk, chunk.instructions),
    })
}

/// [`fused`] in `f64`, one number at a time, and compiled for nothing else.
#[cfg(test)]
pub(crate) fn fused_in_scalars<C: Kernel>(control: &C, chunk: &mut Chunk<'_>) -> bool {
    guarded(chunk, |chunk| run::<f64, C>(control, chunk, Scalars))
}

/// [`fused`] in `f64` with one instruction set.
#[cfg(all(test, feature = "lanes"))]
pub(crate) fn fused_at<C: Kernel>(control: &C, chunk: &mut Chunk<'_>, level: At) -> bool {
    guarded(chunk, |chunk| run::<f64, C>(control, chunk, level))
}

/// Runs a chunk; false if the logits are out of range, or if a value of f or a sum is not finite.
pub(super) fn guarded(chunk: &mut Chunk<'_>, run: impl FnOnce(&mut Chunk<'_>) -> Option<()>) -> bool {
    in_range(chunk) && run(chunk).is_some() && chunk.sums.is_finite()
}

/// Whether `e^±a` and its products with numbers up to 2⁵⁴ are finite for all logits.
fn in_range(chunk: &Chunk<'_>) -> bool {
    let largest = match chunk.precision {
        Precision::Single => 45.0,
        Precision::Double => 650.0,
    };
    chunk.logits.iter().all(|a| a.abs() <= largest)
}

/// Nothing if a value of f is not finite.
fn run<T: Number, C: Kernel>(
    control: &C,
    chunk: &mut Chunk<'_>,
    instructions: impl Dispatch<T>,
) -> Option<()> {
    // One variable has two states.
    let mut f = [0.0; 2];
    let is_one = chunk.logits.len() == 1;
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
        one_variable::add(control, chunk, instructions, f, &mut buffers.rows, &mut sums);
        let [gradient, square, f] = sums.moments.map(|lanes| total(&lanes));
        (chunk.sums.gradient[0], chunk.sums.square[0], chunk.sums.f) = (gradient, square, f);
        Some(())
    } else {
        coordinates::add(control, chunk, instructions, &mut buffers.rows, &mut sums)
    };
    buffers.sums = sums.finish(&mut chunk.sums.variance_gradient);
    control.chain(&Kernel::numbers(control), &mut chunk.sums.variance_gradient);
    *T::buffers(chunk.memory) = buffers;
    outcome
}
