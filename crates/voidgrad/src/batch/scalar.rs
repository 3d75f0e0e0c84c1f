//! One sample after the other, for controls without a kernel.

use super::chunk::{Chunk, Number};
use super::samples::BLOCK;
use crate::control::Control;
use crate::estimator::{Estimate, EstimateError};
use crate::noise::Noise;

/// Adds the samples of a chunk; their noise is that of the lanes, in numbers of `T`.
pub(super) fn run<T: Number>(
    at_hand: T,
    control: &(impl Control + ?Sized),
    chunk: &mut Chunk<'_>,
) -> Result<(), EstimateError> {
    let variables = chunk.bernoulli.len();
    let mut estimate = chunk
        .memory
        .estimate
        .take()
        .filter(|estimate| estimate.b.len() == variables)
        .unwrap_or_else(|| Estimate::new(variables));
    let values = chunk.values;
    let objective = |b: &[f64]| {
        let mut f = [0.0];
        values(b, &mut f);
        f[0]
    };
    // One variable draws the noise of a block of samples together.
    let rows = if variables == 1 { BLOCK } else { 1 };
    let mut plain = std::mem::take(&mut T::buffers(chunk.memory).rows);
    plain.resize(rows * variables, T::default());
    let mut noise = std::mem::take(&mut chunk.memory.noise);
    noise.resize(2 * rows * variables, 0.0);
    let mut remaining = chunk.samples;
    while remaining > 0 {
        let count = rows.min(remaining) * variables;
        for half in noise.chunks_exact_mut(rows * variables) {
            chunk.stream.fill(at_hand, &mut plain[..count]);
            half.iter_mut().zip(&plain).for_each(|(number, plain)| *number = (*plain).into());
        }
        let (u, v) = noise.split_at(rows * variables);
        let samples = u.chunks_exact(variables).zip(v.chunks_exact(variables));
        for (u, v) in samples.take(remaining) {
            estimate.update(chunk.bernoulli, &objective, control, Noise::trusted(u, v))?;
            chunk.sums.f += estimate.f;
            for (m, g) in estimate.gradient.iter().enumerate() {
                chunk.sums.gradient[m] += g;
                chunk.sums.square[m] += g * g;
            }
            estimate.add_variance_gradient(control, &mut chunk.sums.variance_gradient);
        }
        remaining = remaining.saturating_sub(rows);
    }
    T::buffers(chunk.memory).rows = plain;
    chunk.memory.noise = noise;
    chunk.memory.estimate = Some(estimate);
    Ok(())
}
