//! A part of a batch, and the memory that one is made in.

use super::{Draw, Sums};
use crate::bernoulli::Bernoulli;
use crate::control::Control;
use crate::estimator::{Estimate, EstimateError};
use crate::lanes::{Instructions, MOST_LANES, OnLanes};
use crate::noise::BlockStream;

/// What the lanes of a batch compute in. The sums of a chunk's lanes are in it too; those over chunks are in `f64`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Precision {
    /// `f32`, with noise of 24 bits. Values of f go through `f32`; a control without a [`Kernel`](crate::Kernel) computes in `f64`.
    Single,
    /// `f64`, with noise of 53 bits.
    #[default]
    Double,
}

/// Samples that are drawn together: their noise, f, and the sums that [`Control::add_chunk`] adds them to. What it holds is
/// for [`fused`](super::fused()) and [`one_by_one`](super::one_by_one), one of which an implementation calls.
pub struct Chunk<'a> {
    pub(super) bernoulli: &'a Bernoulli,
    pub(super) samples: usize,
    pub(super) precision: Precision,
    pub(super) instructions: Instructions,
    pub(super) stream: BlockStream,
    /// `f` of each row of b.
    pub(super) values: &'a (dyn Fn(&[f64], &mut [f64]) + Sync),
    pub(super) sums: &'a mut Sums,
    pub(super) memory: &'a mut Memory,
}

/// Buffers that are reused from chunk to chunk.
#[derive(Debug, Default)]
pub(super) struct Memory {
    pub(super) double: Buffers<f64>,
    pub(super) single: Buffers<f32>,
    /// b and f in double precision, where the lanes have another.
    pub(super) doubles: [Vec<f64>; 2],
    /// Noise of one sample, or of a block of samples of one variable.
    pub(super) noise: Vec<f64>,
    pub(super) estimate: Option<Estimate>,
}

/// Numbers of one type.
#[derive(Debug, Default)]
pub(super) struct Buffers<T> {
    /// The rows of the cells, or of a group of samples.
    pub(super) rows: Vec<T>,
    /// The lanes of the sums of φ.
    pub(super) sums: Vec<T>,
    /// What a kernel over arrays keeps from the way forward.
    pub(super) kept: Vec<T>,
    /// What all samples share: of the variables, and of a kernel over arrays.
    pub(super) shared: [Vec<T>; 2],
    /// u and v of a block of samples, one after the other.
    pub(super) noise: [Vec<T>; 2],
    /// The states of a group of samples, one after the other.
    pub(super) states: Vec<T>,
}

/// A number that batches are computed in.
pub(super) trait Number: OnLanes {
    /// The buffers of this type.
    fn buffers(memory: &mut Memory) -> &mut Buffers<Self>;

    /// `f` of each row of the states, which are in numbers of this type.
    fn values(
        values: &dyn Fn(&[f64], &mut [f64]),
        states: &[Self],
        scratch: &mut [Vec<f64>; 2],
        f: &mut [Self],
    );
}

impl Number for f64 {
    fn values(values: &dyn Fn(&[f64], &mut [f64]), states: &[Self], _: &mut [Vec<f64>; 2], f: &mut [Self]) {
        values(states, f);
    }

    fn buffers(memory: &mut Memory) -> &mut Buffers<Self> {
        &mut memory.double
    }
}

impl Number for f32 {
    #[allow(clippy::cast_possible_truncation)] // the nearest f32 is what is asked for
    fn values(
        values: &dyn Fn(&[f64], &mut [f64]),
        states: &[Self],
        [b, found]: &mut [Vec<f64>; 2],
        f: &mut [Self],
    ) {
        b.clear();
        b.extend(states.iter().map(|state| f64::from(*state)));
        found.resize(f.len(), 0.0);
        values(b, found);
        f.iter_mut().zip(found).for_each(|(f, found)| *f = *found as Self);
    }

    fn buffers(memory: &mut Memory) -> &mut Buffers<Self> {
        &mut memory.single
    }
}

/// How many samples of M variables a chunk has: enough to be worth a task, few enough to share them out, and in full lanes where
/// that is not many.
pub(super) fn samples(variables: usize) -> u64 {
    /// The most numbers that a chunk is filled up to.
    const FULL: u64 = 1 << 14;
    let variables = variables as u64;
    (4096 / variables).next_multiple_of(MOST_LANES as u64).min(FULL / variables).max(1)
}

/// A chunk's place in memory, with its result.
#[derive(Debug, Default)]
pub(super) struct Slot {
    pub(super) sums: Sums,
    memory: Memory,
    failure: Option<EstimateError>,
}

impl Slot {
    /// Draws chunk `number` of a batch.
    pub(super) fn run(
        &mut self,
        bernoulli: &Bernoulli,
        control: &(impl Control + ?Sized),
        values: &(dyn Fn(&[f64], &mut [f64]) + Sync),
        draw: &Draw,
        number: u64,
        samples: u64,
    ) {
        self.sums.reset(bernoulli.len(), control.parameters());
        self.sums.samples = samples;
        let mut chunk = Chunk {
            bernoulli,
            // A chunk has at most 4096 samples.
            samples: usize::try_from(samples).unwrap_or(usize::MAX),
            precision: draw.precision,
            instructions: draw.instructions,
            stream: BlockStream::new(draw.seed, draw.run, draw.row, number),
            values,
            sums: &mut self.sums,
            memory: &mut self.memory,
        };
        self.failure = control.add_chunk(&mut chunk).err();
    }

    /// Whether the chunk could be drawn.
    pub(super) fn outcome(&mut self) -> Result<(), EstimateError> {
        self.failure.take().map_or(Ok(()), Err)
    }
}
