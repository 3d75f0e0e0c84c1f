//! What `train` does for every problem: files, checkpoints, progress, threads and Ctrl-C.
//!
//! A [`Problem`] gives the runs. [`train`] makes them, resumes those that were cut short, and writes what the problem makes of them.

mod drive;
mod execution;
mod file;
mod session;
mod store;
mod timing;

use voidgrad::train::TrainerState;

use crate::cli::TrainArguments;
use voidgrad_kit::error::Error;

pub(crate) use drive::{run, train};
pub(crate) use session::Opened;
pub(crate) use timing::{Row as TimingRow, Time, json as timing};

/// What is trained: rows (estimators, as a rule) with the same number of runs, each of the same number of steps.
///
/// The results may depend on [`configuration`](Self::configuration) alone: a run that is resumed gives the same bytes as one that was never cut short, for
/// every number of threads.
pub(crate) trait Problem: Sized + Send + Sync + 'static {
    /// A run that has ended.
    type Run: Send + 'static;
    /// A run under way.
    type Execution<'a>: Execution<Run = Self::Run>;

    /// Whether runs are made side by side, each on one thread. If not, they are made one after the other, and each has all threads.
    const SIDE_BY_SIDE: bool;

    /// The problem that the arguments describe. A missing option has the problem's own default.
    ///
    /// # Errors
    /// Returns an error if a value can't be used.
    fn new(arguments: &TrainArguments) -> Result<Self, Error>;

    /// `config.toml`: all that the results depend on, as `--config` and `--resume` read it.
    fn configuration(&self) -> String;

    /// The names of the rows. Checkpoints and progress bars are called by them.
    fn rows(&self) -> Vec<&'static str>;

    /// Runs of each row.
    fn repeats(&self) -> u64;

    /// Steps of each run.
    fn steps(&self) -> u64;

    /// A run before its first step.
    ///
    /// # Errors
    /// Returns an error if the run can't begin.
    fn begin(&self, job: Job) -> Result<Self::Execution<'_>, Error>;

    /// What is written and printed of the runs that have ended, in the order of their jobs. There is at least one; some are missing if the training was ended early.
    ///
    /// # Errors
    /// Returns an error if the numbers can't be written; in memory that does not happen.
    fn results(&self, runs: &[Self::Run], threads: usize) -> Result<Results, Error>;
}

/// A run under way.
pub(crate) trait Execution {
    /// The run when it has ended.
    type Run;

    /// Steps made so far.
    fn steps(&self) -> u64;

    /// Makes at most this many steps, and at least one. Where the steps are cut changes no result.
    ///
    /// # Errors
    /// Returns an error if the whole training can't go on.
    fn advance(&mut self, most: u64) -> Result<Outcome, Error>;

    /// What is found at the end, after the last step.
    fn end(&mut self);

    /// Whether it has [ended](Self::end).
    fn has_ended(&self) -> bool;

    /// Everything that is needed to continue, in blocks and in extras. Names that begin with `train/` and end with `version`, `configuration` or `checksum`
    /// belong to the checkpoint.
    fn state(&self) -> TrainerState;

    /// Continues from such a state, to the bit.
    ///
    /// # Errors
    /// Returns an error if the state does not fit; [`damaged`] makes one.
    fn restore(&mut self, state: TrainerState) -> Result<(), Error>;

    /// The run, which has ended or diverged.
    fn into_run(self) -> Self::Run;
}

/// What came of some steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// They are made.
    Made,
    /// The run can't go on, and says so itself. It has no checkpoint of its end: continued from the last one it diverges again.
    Diverged,
}

/// Which run of a training. Runs are in the order of their rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Job {
    /// The number of the row.
    pub(crate) row: usize,
    /// The number of the run, from 0.
    pub(crate) repeat: u64,
}

/// What a problem makes of its runs.
pub(crate) struct Results {
    /// The files of [`FILES`](session::FILES), each with its name, those that a person wants to see first at the end. `summary.json` has an entry
    /// `interrupted`: whether runs are missing. `timing.json` and `seconds.svg` alone may differ from one training to the next.
    pub(crate) files: Vec<(&'static str, Vec<u8>)>,
    /// Whether the report could be drawn. If not, it is not among the files.
    pub(crate) report: Result<(), Error>,
    /// What is printed at the end.
    pub(crate) table: String,
    /// In what way the training failed, if it did although its results are written.
    pub(crate) failure: Option<String>,
}

/// An error about a checkpoint of which a part is missing or has changed.
pub(crate) fn damaged(what: &str) -> Error {
    Error::arguments(format!("it is damaged: {what}"))
}

/// A number for some bytes: equal ones have equal numbers, and different ones do not meet by accident.
pub(crate) fn fingerprint(bytes: &[u8]) -> u64 {
    file::Fingerprint::of(bytes).number()
}
