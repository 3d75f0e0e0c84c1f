//! Why a trainer cannot be made, or a step of it.

use std::error::Error;

use thiserror::Error;

use crate::error::{InvalidParameter, ShapeMismatch};
use crate::optimise::{OptimiserStateError, StepError};

/// What a [`Trainer`](super::Trainer) refuses.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TrainerError {
    /// A name that a block or a term can't have.
    #[error("the name {name:?} of a {of} is not {allowed}")]
    Name {
        /// What has the name: a block or a term.
        of: &'static str,
        /// The name.
        name: String,
        /// What would have been accepted, in words.
        allowed: &'static str,
    },
    /// A second block or term of the same name.
    #[error("there is a {of} `{name}` already")]
    SameName {
        /// What has the name: a block or a term.
        of: &'static str,
        /// The name.
        name: String,
    },
    /// A setting of a block outside its domain.
    #[error("block `{block}`: {source}")]
    Setting {
        /// The name of the block.
        block: String,
        /// The setting.
        source: InvalidParameter,
    },
    /// A first parameter of a block is NaN or infinite.
    #[error("block `{block}`: parameter {index} is {value}, which is not a finite number")]
    Parameter {
        /// The name of the block.
        block: String,
        /// Which parameter, from 0.
        index: usize,
        /// The parameter.
        value: f64,
    },
    /// Parameters of another number than the block has.
    #[error("block `{block}`: {source}")]
    Shape {
        /// The name of the block.
        block: String,
        /// How many there are.
        source: ShapeMismatch,
    },
    /// There is no such block.
    #[error("there is no block {key}; the blocks are {}", list(known))]
    UnknownBlock {
        /// The key, in words.
        key: String,
        /// The names of all blocks.
        known: Vec<String>,
    },
    /// A block is asked for twice in one call.
    #[error("block `{block}` is asked for twice at once")]
    SameBlock {
        /// The name of the block.
        block: String,
    },
    /// The schedule of a block gives no learning rate.
    #[error(
        "iteration {iteration}: the schedule of block `{block}` makes {base:?} to the learning rate {rate:?}, which is not a number in [0, ∞)"
    )]
    Rate {
        /// The step that could not be made, from 1.
        iteration: u64,
        /// The name of the block.
        block: String,
        /// The base learning rate.
        base: f64,
        /// Its product with the factor of the schedule.
        rate: f64,
    },
    /// A term could not be added.
    #[error("iteration {iteration}: the term `{term}`: {source}")]
    Term {
        /// The step that could not be made, from 1.
        iteration: u64,
        /// The name of the term.
        term: String,
        /// The error of the term's function.
        source: Box<dyn Error + Send + Sync>,
    },
    /// A gradient is NaN or infinite, or an optimiser could not make the step.
    #[error("iteration {iteration}: block `{block}`: {source}")]
    Step {
        /// The step that could not be made, from 1.
        iteration: u64,
        /// The name of the block.
        block: String,
        /// Why not.
        source: StepError,
    },
    /// After a failed step an optimiser refused its own state from before the step. The blocks are not as they were.
    #[error(
        "iteration {iteration}: after a failed step the optimiser of block `{block}` refuses its own state: {source}"
    )]
    Undo {
        /// The step that could not be made, from 1.
        iteration: u64,
        /// The name of the block.
        block: String,
        /// What the optimiser refuses.
        source: OptimiserStateError,
    },
}

fn list(names: &[String]) -> String {
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}
