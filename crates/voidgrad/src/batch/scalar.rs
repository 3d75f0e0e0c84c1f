//! One sample after the other, for controls without a kernel.

use crate::bernoulli::Bernoulli;
use crate::control::Control;
use crate::error::EstimateError;
use crate::estimators::Estimate;
use crate::kernel::Precision;
use crate::kernel::chunk::{BLOCK, Chunk, Number};
use crate::noise::Noise;

/// Memory of one chunk after the other.
#[derive(Debug, Default)]
pub(super) struct OneByOne {
    /// u and v of one sample, or of a block of samples of one variable.
    noise: Vec<f64>,
    estimate: Option<Estimate>,
}

impl OneByOne {
    /// Adds the samples of a chunk to its sums, in double precision: what kernels are held against.
    pub(super) fn add(
        &mut self,
        control: &dyn Control,
        bernoulli: &Bernoulli,
        chunk: &mut Chunk<'_>,
    ) -> Result<(), EstimateError> {
        match chunk.precision {
            Precision::Double => self.run(0.0_f64, control, bernoulli, chunk),
            Precision::Single => self.run(0.0_f32, control, bernoulli, chunk),
        }
    }

    /// The noise is that of the lanes, in numbers of `T`.
    fn run<T: Number>(
        &mut self,
        zero: T,
        control: &dyn Control,
        bernoulli: &Bernoulli,
        chunk: &mut Chunk<'_>,
    ) -> Result<(), EstimateError> {
        let variables = bernoulli.len();
        let estimate = self.estimate.take().filter(|estimate| estimate.b.len() == variables);
        let mut estimate = estimate.unwrap_or_else(|| Estimate::new(variables));
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
        self.noise.resize(2 * rows * variables, 0.0);
        let mut remaining = chunk.samples;
        while remaining > 0 {
            let count = rows.min(remaining) * variables;
            for half in self.noise.chunks_exact_mut(rows * variables) {
                chunk.stream.fill(zero, &mut plain[..count]);
                half.iter_mut().zip(&plain).for_each(|(number, plain)| *number = (*plain).into());
            }
            let (u, v) = self.noise.split_at(rows * variables);
            let samples = u.chunks_exact(variables).zip(v.chunks_exact(variables));
            for (u, v) in samples.take(remaining) {
                estimate.update(bernoulli, &objective, control, Noise::trusted(u, v))?;
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
        self.estimate = Some(estimate);
        Ok(())
    }
}
