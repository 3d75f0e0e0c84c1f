//! Checkpoints: the state of a run as a file, from which the run continues with the same bits.

mod file;
mod records;
mod store;

use voidgrad::train::TrainerState;

use crate::run::Record;

pub(crate) use store::Checkpoints;

/// Everything that a run needs to continue.
#[derive(Debug)]
pub(crate) struct Checkpoint {
    /// The state of the training.
    pub(crate) state: TrainerState,
    /// What was recorded so far.
    pub(crate) records: Vec<Record>,
    /// The parameters of the last record.
    pub(crate) last: Last,
    /// Seconds of all steps so far.
    pub(crate) seconds: f64,
    /// What was found at the end, if the run has ended.
    pub(crate) end: Option<End>,
}

/// The parameters at the last record, which may be earlier than the state.
#[derive(Debug)]
pub(crate) struct Last {
    /// The logits.
    pub(crate) logits: Vec<f64>,
    /// φ, if there is a control.
    pub(crate) phi: Option<Vec<f64>>,
}

/// What is found at the end of a run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct End {
    /// REINFORCE's variance at the last record's θ.
    pub(crate) reinforce: Option<f64>,
}
