//! Batches: many samples of one distribution, or many examples with a distribution each, on SIMD lanes and all cores.
//!
//! [`Batch`] gives the sums of `ĝ`, `ĝ²` and `(2/M)(∂ĝ/∂φ)ᵀ ĝ` over many samples. [`Plate`] asks and tells for many examples at once.
//!
//! A batch is cut into chunks of a size that depends on M alone. Each chunk draws its own noise, named by
//! `(seed, run, row, chunk)`, and the chunks are added over a fixed binary tree of their numbers, so the result has the same bits for every number of
//! threads. Inside a chunk, the fused kernel of the control runs on lanes: of samples for one variable, of
//! coordinates for more of them, or of samples for a kernel over arrays. Controls without a kernel, and logits that are out of range for its formulas, are
//! estimated one sample after the other from the same noise. [The guide](crate::guide::batches) says more.

mod plate;
mod scalar;
mod slot;
#[cfg(test)]
pub(crate) mod tests;

use std::ops::Range;

use rayon::prelude::*;

pub use crate::kernel::{Precision, Sums};
pub use crate::lanes::Instructions;
pub use crate::tasks::on_one_thread;
pub use plate::Plate;

use crate::bernoulli::Bernoulli;
use crate::control::BatchControl;
use crate::error::EstimateError;
use crate::estimator::suits;
use crate::kernel::chunk;
use crate::objective::Objective;
use crate::ranks::{self, Exchange, Inbox, Ranks, exchange};
use crate::tree::{Tree, subtrees};
use slot::Slot;

/// How many samples a batch has, the name of their noise, and what computes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
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

impl Options {
    /// So many samples in `f64`, with the best instructions there are; run and row are 0.
    #[must_use]
    pub fn new(samples: u64, seed: u64) -> Self {
        Self { samples, seed, run: 0, row: 0, precision: Precision::Double, instructions: Instructions::Best }
    }
}

/// Memory for batches, of M variables and a control of N parameters each; a second batch of the same M and N allocates nothing.
///
/// ```
/// use voidgrad::Bernoulli;
/// use voidgrad::batch::{Batch, Options};
/// use voidgrad::controls::Rebar;
/// use voidgrad::toy::MeanQuadratic;
/// let bernoulli = Bernoulli::from_probabilities(&[0.3])?;
/// let objective = MeanQuadratic { target: 0.499 };
/// let control = Rebar::new(0.3, 1.0, 0.499)?;
/// let mut batch = Batch::new();
/// let sums = batch.estimate(&bernoulli, &objective, &control, &Options::new(100_000, 1))?;
/// // The standard error of the mean is 4e-4.
/// assert!((sums.mean()[0] - objective.gradient(&bernoulli)[0]).abs() < 2e-3);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Default)]
pub struct Batch {
    slots: Vec<Slot>,
    tree: Tree<Sums>,
    total: Sums,
}

impl Batch {
    /// Memory that is allocated when it is first needed.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Estimates at many samples, and returns the sums. The same options give the same bits for every number of threads.
    ///
    /// f has to be a function of b alone: of one variable it is evaluated at both states, once a chunk, and not at every sample.
    ///
    /// # Errors
    /// Returns an error if there is no sample, if the control is made for another dimension, if the objective fails, or if a value, a gradient or a sum is
    /// NaN or infinite. The sum of `ĝ²` is infinite if `ĝ` is beyond 1e154.
    pub fn estimate(
        &mut self,
        bernoulli: &Bernoulli,
        objective: &(dyn Objective + Sync),
        control: &(dyn BatchControl + Sync),
        options: &Options,
    ) -> Result<&Sums, EstimateError> {
        let chunks = chunks(bernoulli, control, options)?;
        self.draw(bernoulli, objective, control, options, 0..chunks)?;
        self.add_up((bernoulli.len(), control.parameters()));
        // A sum that is not finite stays so.
        self.total.check(bernoulli.logits())?;
        Ok(&self.total)
    }

    /// The same on several [ranks]: each draws a range of the chunks, and all of them have the sums, with the bits of
    /// [`estimate`](Self::estimate). All ranks have to make the call, with the same arguments.
    ///
    /// A rank sends the sums of the whole subtrees of chunks in its range: `2M + N + 2` numbers for each of a few subtrees, of one if the numbers of chunks and ranks are powers of 2.
    ///
    /// ```
    /// use voidgrad::batch::{Batch, Options};
    /// use voidgrad::controls::Zero;
    /// use voidgrad::ranks::in_process;
    /// use voidgrad::Bernoulli;
    /// let bernoulli = Bernoulli::from_logits(&[0.3, -1.0])?;
    /// let (f, options) = (|b: &[f64]| b[0] - 2.0 * b[1], Options::new(50_000, 7));
    /// let alone = Batch::new().estimate(&bernoulli, &f, &Zero, &options)?.clone();
    /// let of_ranks = in_process(2, |ranks| Batch::new().estimate_on(ranks, &bernoulli, &f, &Zero, &options).cloned());
    /// assert_eq!(of_ranks, [Ok(alone.clone()), Ok(alone)]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`estimate`](Self::estimate), if it is this rank's share that fails. Returns [`EstimateError::Ranks`] if that of another rank does, if a rank cannot be reached, or if ranks have
    /// other numbers of variables or parameters.
    pub fn estimate_on(
        &mut self,
        ranks: &(impl Ranks + ?Sized),
        bernoulli: &Bernoulli,
        objective: &(dyn Objective + Sync),
        control: &(dyn BatchControl + Sync),
        options: &Options,
    ) -> Result<&Sums, EstimateError> {
        let chunks = chunks(bernoulli, control, options);
        let count = *chunks.as_ref().unwrap_or(&0);
        let own = ranks::range(count, 1, (ranks.rank(), ranks.count()));
        let drawn = chunks.and_then(|_| self.draw(bernoulli, objective, control, options, own));
        let lengths = (bernoulli.len(), control.parameters());
        let mut sums = OfRanks { batch: self, chunks: count, ranks: ranks.count(), lengths };
        let exchanged = exchange(ranks, drawn.is_err(), &mut sums);
        drawn?;
        exchanged?;
        self.total.check(bernoulli.logits())?;
        Ok(&self.total)
    }

    /// The total of all chunks.
    fn add_up(&mut self, (variables, parameters): (usize, usize)) {
        self.total.reset(variables, parameters);
        if let Some(total) = self.tree.finish(Sums::add) {
            self.total.add(total);
        }
    }

    /// Draws a range of the chunks, and adds them to the tree.
    fn draw(
        &mut self,
        bernoulli: &Bernoulli,
        objective: &(dyn Objective + Sync),
        control: &(dyn BatchControl + Sync),
        options: &Options,
        chunks: Range<u64>,
    ) -> Result<(), EstimateError> {
        let (variables, parameters) = (bernoulli.len(), control.parameters());
        let size = chunk::samples(variables);
        let Range { start: mut first, end } = chunks;
        self.tree.start(first);
        let wave = wave(variables + parameters).min(usize::try_from(end - first).unwrap_or(usize::MAX));
        self.slots.resize_with(wave.max(self.slots.len()), Slot::default);
        while first < end {
            let count = usize::try_from(end - first).unwrap_or(wave).min(wave);
            let slots = &mut self.slots[..count];
            let run = |(index, slot): (usize, &mut Slot)| {
                let number = first + index as u64;
                let samples = size.min(options.samples - number * size);
                slot.run(bernoulli, control, objective, options, (number, samples));
            };
            if count == 1 {
                slots.iter_mut().enumerate().for_each(run);
            } else {
                slots.par_iter_mut().enumerate().for_each(run);
            }
            for slot in slots {
                slot.outcome()?;
                self.tree.push(|sums| sums.copy(&slot.sums), Sums::add);
            }
            first += count as u64;
        }
        Ok(())
    }
}

/// How many chunks a batch has.
fn chunks(
    bernoulli: &Bernoulli,
    control: &(dyn BatchControl + Sync),
    options: &Options,
) -> Result<u64, EstimateError> {
    suits(control, bernoulli.len())?;
    if options.samples == 0 {
        return Err(EstimateError::EmptyBatch);
    }
    Ok(options.samples.div_ceil(chunk::samples(bernoulli.len())))
}

/// The sums of a batch on their way to rank 0 and back.
struct OfRanks<'a> {
    batch: &'a mut Batch,
    chunks: u64,
    ranks: usize,
    /// M and N.
    lengths: (usize, usize),
}

impl Exchange for OfRanks<'_> {
    fn write(&self, message: &mut Vec<u64>) {
        self.batch.tree.parts().for_each(|sums| sums.write(message));
    }

    fn read(&mut self, from: Range<usize>, message: &mut Inbox<'_>) {
        let (variables, parameters) = self.lengths;
        let cut = |rank| ranks::range(self.chunks, 1, (rank, self.ranks));
        for size in subtrees(cut(from.start).start..cut(from.end - 1).end) {
            let read = |sums: &mut Sums| sums.read(variables, parameters, message);
            self.batch.tree.push_subtree(size, read, Sums::add);
        }
    }

    fn finish(&mut self, message: &mut Vec<u64>) {
        self.batch.add_up(self.lengths);
        self.batch.total.write(message);
    }

    fn take(&mut self, message: &mut Inbox<'_>) {
        let (variables, parameters) = self.lengths;
        self.batch.total.read(variables, parameters, message);
    }
}

/// How many chunks are in memory between two additions to the total. The sums do not depend on it.
fn wave(size: usize) -> usize {
    /// Chunks of this many numbers are worth a task each, however few of them there are.
    const LARGE: usize = 1 << 14;
    let threads = rayon::current_num_threads();
    if size > LARGE { threads } else { 8 * threads }
}
