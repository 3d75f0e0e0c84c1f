//! What a run needs to continue, as the arrays of a state.

use voidgrad::train::TrainerState;

use super::End;
use crate::problems::vae::records::{self, Record};
use crate::training::damaged;
use voidgrad_kit::error::Error;

/// The arrays beside those of the trainer.
const SECONDS: &str = "vae/seconds";
const END: &str = "vae/end";
/// Before the names of what the estimator has learned.
const ESTIMATOR: &str = "vae/estimator/";
/// The same of the second layer's.
const SECOND: &str = "vae/second/";
/// Before the names of what the learner of the control remembers.
const LEARNER: &str = "vae/learner/";

/// Everything that a run needs to continue.
pub(super) struct Checkpoint {
    /// The state of the trainer.
    pub(super) state: TrainerState,
    /// What the estimator has learned.
    pub(super) estimator: Vec<(String, Vec<f64>)>,
    /// What the estimator of the second layer has learned.
    pub(super) second: Vec<(String, Vec<f64>)>,
    /// What the learner of the control remembers.
    pub(super) learner: Vec<(String, Vec<f64>)>,
    /// What was recorded so far.
    pub(super) records: Vec<Record>,
    /// Seconds of all steps so far.
    pub(super) seconds: f64,
    /// What was found at the end, if the run has ended.
    pub(super) end: Option<End>,
}

impl Checkpoint {
    /// All of it as one state.
    pub(super) fn into_state(self) -> TrainerState {
        let Self { mut state, estimator, second, learner, records, seconds, end } = self;
        let extras = &mut state.extras;
        extras.insert(SECONDS.into(), vec![seconds]);
        if let Some(end) = end {
            extras.insert(END.into(), end.numbers());
        }
        for (prefix, arrays) in [(ESTIMATOR, estimator), (SECOND, second), (LEARNER, learner)] {
            extras.extend(arrays.into_iter().map(|(name, values)| (format!("{prefix}{name}"), values)));
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
        let seconds = arrays.remove(SECONDS).and_then(|values| values.first().copied());
        let seconds = seconds.ok_or_else(|| damaged(SECONDS))?;
        let end = match arrays.remove(END) {
            Some(numbers) => Some(End::of_numbers(&numbers).ok_or_else(|| damaged(END))?),
            None => None,
        };
        let records = records::take(&mut arrays).ok_or_else(|| damaged("its records are not complete"))?;
        let under = |prefix: &str| -> Vec<(String, Vec<f64>)> {
            let found = arrays.iter().filter_map(|(name, values)| Some((name.strip_prefix(prefix)?, values)));
            found.map(|(name, values)| (name.to_owned(), values.clone())).collect()
        };
        let [estimator, second, learner] = [ESTIMATOR, SECOND, LEARNER].map(under);
        Ok(Self { state, estimator, second, learner, records, seconds, end })
    }
}

/// Arrays by name.
pub(super) fn borrowed(arrays: &[(String, Vec<f64>)]) -> Vec<(&str, &[f64])> {
    arrays.iter().map(|(name, values)| (name.as_str(), values.as_slice())).collect()
}
