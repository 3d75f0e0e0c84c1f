//! Why a trainer refuses a state.

use std::error::Error;

use thiserror::Error;

use crate::optimise::OptimiserStateError;

/// A [`TrainerState`](super::TrainerState) that can't be restored, read or written.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StateError {
    /// The state has another version.
    #[error("the state has version {found}, and this is a reader of version {expected}")]
    Version {
        /// The version of the state.
        found: u32,
        /// The version that is understood.
        expected: u32,
    },
    /// A block of the trainer is not in the state.
    #[error("the state has no block `{block}`")]
    MissingBlock {
        /// The name of the block.
        block: String,
    },
    /// A block of the state is not in the trainer.
    #[error("the state has a block `{block}`, which the trainer does not have")]
    UnknownBlock {
        /// The name of the block.
        block: String,
    },
    /// The state has a block twice.
    #[error("the state has two blocks `{block}`")]
    SameBlock {
        /// The name of the block.
        block: String,
    },
    /// A block has another number of parameters.
    #[error("block `{block}` has {found} parameters in the state, and {expected} in the trainer")]
    Length {
        /// The name of the block.
        block: String,
        /// How many the state has.
        found: usize,
        /// How many the trainer has.
        expected: usize,
    },
    /// A number that a trainer can't have.
    #[error("{name} of the state is {value}, which is not {allowed}")]
    Value {
        /// What it is, such as `encoder/parameters[3]`.
        name: String,
        /// The value, as text.
        value: String,
        /// What would have been accepted, in words.
        allowed: &'static str,
    },
    /// An optimiser refuses its part of the state.
    #[error("block `{block}`: {source}")]
    Optimiser {
        /// The name of the block.
        block: String,
        /// What the optimiser refuses.
        source: OptimiserStateError,
    },
    /// An estimator, a distribution or a control refuses its part of the state.
    #[error(transparent)]
    Refused {
        /// What it refuses.
        source: Box<dyn Error + Send + Sync>,
    },
    /// There are no extra values of this name.
    #[error("the state has no extra values `{name}`")]
    MissingExtra {
        /// The name.
        name: String,
    },
    /// A name that a file can't hold.
    #[error(
        "the name {name:?} can't be written: it is empty, it has a control character, or a `/` where none may be"
    )]
    Name {
        /// The name.
        name: String,
    },
    /// The file is not what its format says: damaged, cut off, or something else.
    #[error("the file is not a whole safetensors file: {source}")]
    Unreadable {
        /// What the reader says.
        source: Box<dyn Error + Send + Sync>,
    },
    /// The state is larger than the format allows.
    #[error("the state can't be written as a safetensors file: {source}")]
    Unwritable {
        /// What the writer says.
        source: Box<dyn Error + Send + Sync>,
    },
    /// The file's metadata are not those of a trainer.
    #[error("the file is no state of a trainer: its metadata entry `voidgrad` {problem}")]
    Metadata {
        /// What is wrong with it.
        problem: String,
    },
    /// A tensor is missing.
    #[error("the file has no tensor `{name}`")]
    MissingTensor {
        /// The name of the tensor.
        name: String,
    },
    /// A tensor that is no part of a state.
    #[error("the file has a tensor `{name}`, which is no part of the state")]
    UnknownTensor {
        /// The name of the tensor.
        name: String,
    },
    /// A tensor of another type or shape.
    #[error("the tensor `{name}` is {found} where {expected} is needed")]
    Tensor {
        /// The name of the tensor.
        name: String,
        /// Its type and shape.
        found: String,
        /// What is needed, in words.
        expected: &'static str,
    },
}
