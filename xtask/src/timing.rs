//! `timing.json`: what the runs took, the only results that are not the same the next time.

use serde::Serialize;

use crate::run::Run;
use xtask_kit::error::Error;

/// The file.
#[derive(Serialize)]
struct Timing {
    /// Threads that trained.
    threads: usize,
    runs: Vec<Row>,
}

/// One run. Times are without those of records and checkpoints.
#[derive(Serialize)]
struct Row {
    estimator: &'static str,
    repeat: u64,
    /// Steps that were made, those before an interruption included.
    steps: u64,
    seconds: f64,
    seconds_per_step: f64,
}

/// The times as JSON.
///
/// # Errors
/// Returns an error if it can't be written; in memory that does not happen.
pub(crate) fn json(threads: usize, runs: &[Run]) -> Result<Vec<u8>, Error> {
    let row = |run: &Run| Row {
        estimator: run.method.name,
        repeat: run.repeat,
        steps: run.time.steps,
        seconds: run.time.seconds,
        seconds_per_step: run.time.per_step(),
    };
    let timing = Timing { threads, runs: runs.iter().map(row).collect() };
    let mut text = serde_json::to_vec_pretty(&timing).map_err(Error::computation)?;
    text.push(b'\n');
    Ok(text)
}
