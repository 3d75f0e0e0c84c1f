//! What a run needs to continue, as the arrays of a state.

use voidgrad::train::TrainerState;

use super::records;
use super::run::Record;
use crate::training::damaged;
use voidgrad_kit::error::Error;

/// The arrays beside those of the training.
const SECONDS: &str = "train/seconds";
const STEPS_TO: &str = "train/steps-to";
const REINFORCE: &str = "train/reinforce";
const LOGITS: &str = "train/last/logits";
const PHI: &str = "train/last/phi";

/// Everything that a run needs to continue.
#[derive(Debug)]
pub(super) struct Checkpoint {
    /// The state of the training.
    pub(super) state: TrainerState,
    /// What was recorded so far.
    pub(super) records: Vec<Record>,
    /// The parameters of the last record.
    pub(super) last: Last,
    /// Seconds of all steps so far.
    pub(super) seconds: f64,
    /// The first step after which θ was close to its goal, if there was one.
    pub(super) steps_to: Option<u64>,
    /// What was found at the end, if the run has ended.
    pub(super) end: Option<End>,
}

/// The parameters at the last record, which may be earlier than the state.
#[derive(Debug)]
pub(super) struct Last {
    /// The logits.
    pub(super) logits: Vec<f64>,
    /// φ, if there is a control.
    pub(super) phi: Option<Vec<f64>>,
}

/// What is found at the end of a run.
#[derive(Debug, Clone, Copy)]
pub(super) struct End {
    /// REINFORCE's variance at the last record's θ.
    pub(super) reinforce: Option<f64>,
}

impl Checkpoint {
    /// All of it as one state.
    pub(super) fn into_state(self) -> TrainerState {
        let Self { mut state, records, last, seconds, steps_to, end } = self;
        let extras = &mut state.extras;
        extras.insert(SECONDS.into(), vec![seconds]);
        // Exact: there are at most 10¹⁰ steps.
        extras.insert(STEPS_TO.into(), steps_to.iter().map(|step| *step as f64).collect());
        extras.insert(LOGITS.into(), last.logits);
        if let Some(phi) = last.phi {
            extras.insert(PHI.into(), phi);
        }
        if let Some(End { reinforce }) = end {
            extras.insert(REINFORCE.into(), reinforce.into_iter().collect());
        }
        records::put(&records, extras);
        state
    }

    /// The parts of such a state.
    ///
    /// # Errors
    /// Returns an error if one is missing.
    pub(super) fn of_state(mut state: TrainerState) -> Result<Self, Error> {
        let mut arrays = std::mem::take(&mut state.extras);
        let mut take = |name: &str| arrays.remove(name).ok_or_else(|| damaged(name));
        let (seconds, steps_to, logits) = (take(SECONDS)?, take(STEPS_TO)?, take(LOGITS)?);
        let phi = arrays.remove(PHI);
        let end = arrays.remove(REINFORCE).map(|values| End { reinforce: values.first().copied() });
        let records = records::take(&mut arrays).ok_or_else(|| damaged("its records are not complete"))?;
        state.extras = arrays;
        Ok(Self {
            state,
            records,
            last: Last { logits, phi },
            seconds: seconds.first().copied().unwrap_or(0.0),
            steps_to: steps_to
                .first()
                .map(|step| records::whole(*step).ok_or_else(|| damaged(STEPS_TO)))
                .transpose()?,
            end,
        })
    }
}
