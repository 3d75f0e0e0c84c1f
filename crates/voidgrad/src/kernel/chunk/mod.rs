//! A part of a batch as plain data, and the drivers that run a kernel on it.

mod array_samples;
mod cells;
pub(crate) mod conditional;
mod coordinates;
mod fused;
mod group;
mod lane_sums;
mod one_variable;
mod sums;
mod variables;

pub(crate) use array_samples::aligned;
pub use array_samples::arrays;
#[cfg(test)]
pub(crate) use array_samples::arrays_in_scalars;
pub use fused::fused;
#[cfg(all(test, feature = "lanes"))]
pub(crate) use fused::fused_at;
#[cfg(test)]
pub(crate) use fused::fused_in_scalars;
pub(crate) use lane_sums::lane_numbers;
pub use sums::Sums;

use crate::lanes::{Instructions, MOST_LANES, OnLanes};
use crate::noise::BlockStream;

/// What the lanes of a batch compute in. The sums of a chunk's lanes are in it too; those over chunks are in `f64`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Precision {
    /// `f32`, with noise of 24 bits. Values of f go through `f32`; a control without a `Kernel` computes in `f64`.
    Single,
    /// `f64`, with noise of 53 bits.
    #[default]
    Double,
}

/// Samples that are drawn together: their noise, f, and the sums that they are added to. Whoever draws a batch fills it in, and
/// `fused` or `arrays` runs it.
pub struct Chunk<'a> {
    /// The M logits.
    pub(crate) logits: &'a [f64],
    /// How many entries of z the control takes together: M, or 1 for a control of one z.
    pub(crate) part: usize,
    pub(crate) samples: usize,
    pub(crate) precision: Precision,
    pub(crate) instructions: Instructions,
    pub(crate) stream: BlockStream,
    /// `f` of each row of b. A value that can't be had is NaN.
    pub(crate) values: &'a dyn Fn(&[f64], &mut [f64]),
    pub(crate) sums: &'a mut Sums,
    pub(crate) memory: &'a mut Memory,
}

/// Buffers that are reused from chunk to chunk.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    pub(crate) double: Buffers<f64>,
    pub(crate) single: Buffers<f32>,
    /// b and f in double precision, if the lanes have another.
    doubles: [Vec<f64>; 2],
}

/// Numbers of one type.
#[derive(Debug, Default)]
pub(crate) struct Buffers<T> {
    /// The rows of the cells, or of a group of samples.
    pub(crate) rows: Vec<T>,
    /// The lanes of the sums of φ.
    pub(super) sums: Vec<T>,
    /// What a kernel over arrays keeps from the forward pass.
    pub(super) kept: Vec<T>,
    /// What all samples share: of the variables, and of a kernel over arrays.
    pub(super) shared: [Vec<T>; 2],
    /// u and v of a block of samples, one after the other.
    pub(super) noise: [Vec<T>; 2],
    /// The states of a group of samples, one after the other.
    pub(super) states: Vec<T>,
}

/// A number that batches are computed in.
pub(crate) trait Number: OnLanes {
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
pub(crate) use one_variable::BLOCK;

pub(crate) fn samples(variables: usize) -> u64 {
    /// The most numbers that a chunk is filled up to.
    const FULL: u64 = 1 << 14;
    let variables = variables as u64;
    (4096 / variables).next_multiple_of(MOST_LANES as u64).min(FULL / variables).max(1)
}
