//! `timing.json`: what the runs took, the only results that are not the same the next time.

use serde::Serialize;

use voidgrad_kit::error::Error;
use voidgrad_kit::output;

/// The time of a run, without the time spent on records and checkpoints.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Time {
    /// Steps that were made.
    pub(crate) steps: u64,
    /// Seconds of all of them.
    pub(crate) seconds: f64,
}

impl Time {
    /// Seconds per step.
    pub(crate) fn per_step(self) -> f64 {
        self.seconds / self.steps.max(1) as f64
    }
}

/// The file.
#[derive(Serialize)]
struct Timing {
    /// Threads that trained.
    threads: usize,
    runs: Vec<Row>,
}

/// One run. Times are without those of records and checkpoints.
#[derive(Serialize)]
pub(crate) struct Row {
    estimator: &'static str,
    repeat: u64,
    /// Steps that were made, those before an interruption included.
    steps: u64,
    seconds: f64,
    seconds_per_step: f64,
    step_ms: f64,
}

impl Row {
    /// The time of this run of an estimator.
    pub(crate) fn new(estimator: &'static str, repeat: u64, time: Time) -> Self {
        Self {
            estimator,
            repeat,
            steps: time.steps,
            seconds: time.seconds,
            seconds_per_step: time.per_step(),
            step_ms: 1e3 * time.per_step(),
        }
    }
}

/// The times as JSON.
///
/// # Errors
/// Returns an error if it can't be written; in memory that does not happen.
pub(crate) fn json(threads: usize, runs: impl Iterator<Item = Row>) -> Result<Vec<u8>, Error> {
    let timing = Timing { threads, runs: runs.collect() };
    output::json(&timing)
}
