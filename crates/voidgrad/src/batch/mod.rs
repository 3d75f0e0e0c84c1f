//! Batches of many samples: the sums of `ĝ`, `ĝ²` and `(2/M)(∂ĝ/∂φ)ᵀ ĝ`, on SIMD lanes and all cores.
//!
//! A batch is cut into chunks of a size that depends on M alone. Each chunk draws its own noise, named by
//! `(seed, run, row, chunk)`, and the chunks are added in their order, so the result has the same bits for every number of
//! threads. Inside a chunk, the control's [`Kernel`](crate::Kernel) runs on lanes: of samples where there is one variable, of
//! coordinates where there are more. An [`ArrayKernel`](crate::ArrayKernel) runs on lanes of samples. Controls without a kernel, and logits that are out of range for its formulas, are
//! estimated one sample after the other from the same noise. [The guide](crate::guide::batches) says more.

mod arrays;
mod cells;
mod chunk;
pub(crate) mod conditional;
mod coordinates;
mod fused;
mod group;
mod lane_sums;
mod samples;
mod scalar;
mod sums;
#[cfg(test)]
pub(crate) mod tests;
mod transpose;
mod variables;

use rayon::prelude::*;

pub use crate::lanes::Instructions;
pub use arrays::arrays;
pub use chunk::{Chunk, Precision};
pub use fused::fused;
pub use sums::Sums;

use crate::bernoulli::Bernoulli;
use crate::control::Control;
use crate::estimator::{EstimateError, suits};
use crate::objective::Objective;
use chunk::Slot;

/// How to draw a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Draw {
    /// How many samples, at least 1.
    pub samples: u64,
    /// The name of the noise, first part.
    pub seed: u64,
    /// The name of the noise, second part.
    pub run: u64,
    /// The name of the noise, third part.
    pub row: u64,
    /// What the lanes compute in.
    pub precision: Precision,
    /// Whether there are lanes.
    pub instructions: Instructions,
}

impl Draw {
    /// So many samples in `f64`, with the best instructions there are; run and row are 0.
    #[must_use]
    pub fn new(samples: u64, seed: u64) -> Self {
        Self { samples, seed, run: 0, row: 0, precision: Precision::Double, instructions: Instructions::Best }
    }
}

/// Memory for batches, of M variables and a control of N parameters each; a second batch of the same M and N allocates nothing.
///
/// ```
/// use voidgrad::batch::{Batches, Draw};
/// use voidgrad::{Bernoulli, MeanQuadratic, Rebar};
/// let bernoulli = Bernoulli::from_probabilities(&[0.3])?;
/// let objective = MeanQuadratic { target: 0.499 };
/// let control = Rebar::new(0.3, 1.0, 0.499)?;
/// let mut batches = Batches::new();
/// let sums = batches.draw(&bernoulli, &objective, &control, &Draw::new(100_000, 1))?;
/// // The standard error of the mean is 4e-4.
/// assert!((sums.mean()[0] - objective.gradient(&bernoulli)[0]).abs() < 2e-3);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Default)]
pub struct Batches {
    slots: Vec<Slot>,
    total: Sums,
}

impl Batches {
    /// Memory that is allocated when it is first needed.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Draws a batch and returns its sums. The same draw gives the same bits for every number of threads.
    ///
    /// f has to be a function of b alone: of one variable it is evaluated at both states, once a chunk, and not at every sample.
    ///
    /// # Errors
    /// Returns an error if there is no sample, if the control is made for another dimension, or if a value, a gradient or a sum is NaN or
    /// infinite. The sum of `ĝ²` is infinite where `ĝ` is beyond 1e154.
    pub fn draw(
        &mut self,
        bernoulli: &Bernoulli,
        objective: &(impl Objective + Sync + ?Sized),
        control: &(impl Control + Sync + ?Sized),
        draw: &Draw,
    ) -> Result<&Sums, EstimateError> {
        let (variables, parameters) = (bernoulli.len(), control.parameters());
        suits(control, variables)?;
        if draw.samples == 0 {
            return Err(EstimateError::EmptyBatch);
        }
        let size = chunk::samples(variables);
        let chunks = draw.samples.div_ceil(size);
        self.total.reset(variables, parameters);
        let wave = wave(variables + parameters).min(usize::try_from(chunks).unwrap_or(usize::MAX));
        self.slots.resize_with(wave.max(self.slots.len()), Slot::default);
        let values = |b: &[f64], f: &mut [f64]| objective.values(variables, b, f);
        let mut first = 0;
        while first < chunks {
            let count = usize::try_from(chunks - first).unwrap_or(wave).min(wave);
            let slots = &mut self.slots[..count];
            let run = |(index, slot): (usize, &mut Slot)| {
                let number = first + index as u64;
                let samples = size.min(draw.samples - number * size);
                slot.run(bernoulli, control, &values, draw, number, samples);
            };
            if count == 1 {
                slots.iter_mut().enumerate().for_each(run);
            } else {
                slots.par_iter_mut().enumerate().for_each(run);
            }
            for slot in slots {
                slot.outcome()?;
                self.total.add(&slot.sums);
            }
            // A sum that is not finite stays so.
            self.total.check(bernoulli.logits())?;
            first += count as u64;
        }
        Ok(&self.total)
    }
}

/// How many chunks are in memory between two additions to the total. The sums do not depend on it: they are added in the
/// order of the chunks.
fn wave(size: usize) -> usize {
    /// Chunks of this many numbers are worth a task each, however few of them there are.
    const LARGE: usize = 1 << 14;
    let threads = rayon::current_num_threads();
    if size > LARGE { threads } else { 8 * threads }
}

/// Adds the samples of a chunk one after the other, in double precision: what [`fused`] is held against.
///
/// # Errors
/// Where a value of the objective or a gradient is NaN or infinite.
pub fn one_by_one<C: Control + ?Sized>(control: &C, chunk: &mut Chunk<'_>) -> Result<(), EstimateError> {
    match chunk.precision {
        Precision::Double => scalar::run(0.0_f64, control, chunk),
        Precision::Single => scalar::run(0.0_f32, control, chunk),
    }
}
