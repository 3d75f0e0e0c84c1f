//! A chunk's place in memory, with its result.

use std::cell::RefCell;

use super::Options;
use super::scalar::OneByOne;
use crate::bernoulli::Bernoulli;
use crate::control::BatchControl;
use crate::error::EstimateError;
use crate::kernel::Sums;
use crate::kernel::chunk::{Chunk, Memory};
use crate::noise::BlockStream;
use crate::objective::{Objective, Points};

#[derive(Debug, Default)]
pub(super) struct Slot {
    pub(super) sums: Sums,
    memory: Memory,
    one_by_one: OneByOne,
    failure: Option<EstimateError>,
}

impl Slot {
    /// Draws `samples` samples, the chunk `number` of a batch.
    pub(super) fn run(
        &mut self,
        bernoulli: &Bernoulli,
        control: &dyn BatchControl,
        objective: &dyn Objective,
        options: &Options,
        (number, samples): (u64, u64),
    ) {
        // Lanes know numbers only: the error of the objective waits here, and its values are NaN.
        let failure = RefCell::new(None);
        let values = |b: &[f64], f: &mut [f64]| {
            if let Err(error) = objective.values(Points::rows(b, bernoulli.len()), f) {
                f.fill(f64::NAN);
                failure.borrow_mut().get_or_insert(error);
            }
        };
        let Self { sums, memory, one_by_one, failure: outcome } = self;
        let stream = BlockStream::new(options.seed, options.run, options.row, number);
        sums.reset(bernoulli.len(), control.parameters());
        sums.samples = samples;
        let mut chunk = Chunk {
            logits: bernoulli.logits(),
            part: control.dimension().unwrap_or(1),
            // A chunk has at most 4096 samples.
            samples: usize::try_from(samples).unwrap_or(usize::MAX),
            precision: options.precision,
            instructions: options.instructions,
            stream: stream.clone(),
            values: &values,
            sums,
            memory,
        };
        *outcome = None;
        if !control.chunk(&mut chunk) {
            chunk.sums.reset(bernoulli.len(), control.parameters());
            chunk.sums.samples = samples;
            chunk.stream = stream;
            // The first attempt may have met states that no sample of this one meets.
            failure.take();
            *outcome = one_by_one.add(control, bernoulli, &mut chunk).err();
        }
        if let Some(error) = failure.into_inner() {
            *outcome = Some(EstimateError::Failed(error));
        }
    }

    /// Whether the chunk could be drawn.
    pub(super) fn outcome(&mut self) -> Result<(), EstimateError> {
        self.failure.take().map_or(Ok(()), Err)
    }
}
