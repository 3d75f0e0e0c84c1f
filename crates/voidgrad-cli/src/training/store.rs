//! The directory of a training's checkpoints.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock};
use std::time::{Duration, Instant};

use voidgrad::train::TrainerState;

use super::file::{self, Fingerprint};
use super::{Job, Problem};
use voidgrad_kit::error::Error;
use voidgrad_kit::output::{self, CONFIGURATION, EXTENSION};
use voidgrad_kit::terminal;

/// One file per run.
#[derive(Debug)]
pub(super) struct Checkpoints {
    directory: PathBuf,
    /// The configuration of the problem.
    configuration: String,
    /// The names of the rows.
    names: Vec<&'static str>,
    interval: Duration,
    /// Whether files are still written: not after the end, and not after one could not be written. Writers share the lock and wait for the
    /// disk together; closing waits for them.
    is_open: RwLock<bool>,
}

impl Checkpoints {
    /// The checkpoints of a training that begins. A file with its configuration is written at once.
    ///
    /// # Errors
    /// Returns an error if the directory can't be made, or the file can't be written.
    pub(super) fn begin(directory: PathBuf, problem: &impl Problem, interval: f64) -> Result<Self, Error> {
        let checkpoints = Self::new(directory, problem, interval);
        let Self { directory, configuration, .. } = &checkpoints;
        fs::create_dir_all(directory)
            .and_then(|()| output::sync_directory(directory.parent().unwrap_or(directory)))
            .and_then(|()| output::write_whole(directory, CONFIGURATION, configuration.as_bytes()))
            .map_err(Error::files("writing", directory))?;
        Ok(checkpoints)
    }

    /// The checkpoints of a training that was ended early.
    pub(super) fn resume(directory: PathBuf, problem: &impl Problem, interval: f64) -> Self {
        // What a killed process was writing is of no use.
        let entries = fs::read_dir(&directory).into_iter().flatten().flatten().map(|entry| entry.path());
        for half in entries.filter(|path| path.extension().is_some_and(|extension| extension == output::HALF))
        {
            let _ = fs::remove_file(half);
        }
        Self::new(directory, problem, interval)
    }

    fn new(directory: PathBuf, problem: &impl Problem, interval: f64) -> Self {
        Self {
            directory,
            configuration: problem.configuration(),
            names: problem.rows(),
            // A longer time than any run takes.
            interval: Duration::try_from_secs_f64(interval).unwrap_or(Duration::MAX),
            is_open: RwLock::new(true),
        }
    }

    /// Whether the next checkpoint of a run is due.
    pub(super) fn is_due(&self, last: Instant) -> bool {
        last.elapsed() >= self.interval
    }

    /// Writes the checkpoint of a run in place of the one before it. A run goes on without, if that is impossible, and the user is told once.
    pub(super) fn write(&self, job: Job, state: TrainerState) {
        let bytes = file::write(state, self.fingerprint(job)).map_err(io::Error::other);
        let is_open = self.is_open.read().unwrap_or_else(PoisonError::into_inner);
        if !*is_open {
            return;
        }
        let written = bytes.and_then(|bytes| output::write_whole(&self.directory, &self.name(job), &bytes));
        drop(is_open);
        if let Err(error) = written
            && self.close()
        {
            terminal::note(&format!(
                "checkpoints can't be written, so that this training can't be resumed: writing {}: {error}",
                self.directory.display()
            ));
        }
    }

    /// From now on nothing is written. The answer is whether anything was before.
    pub(super) fn close(&self) -> bool {
        std::mem::take(&mut *self.is_open.write().unwrap_or_else(PoisonError::into_inner))
    }

    /// The checkpoint of a run, if it has one.
    ///
    /// # Errors
    /// Returns an error if there is a file that is not a whole checkpoint of this run.
    pub(super) fn read(&self, job: Job) -> Result<Option<TrainerState>, Error> {
        let bytes = match fs::read(self.path(job)) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(self.refusal(job, &error)),
        };
        let state = file::read(&bytes, self.fingerprint(job));
        state.map(Some).map_err(|refusal| self.refusal(job, &refusal))
    }

    /// An error about the checkpoint of a run.
    pub(super) fn refusal(&self, job: Job, reason: &dyn std::fmt::Display) -> Error {
        Error::arguments(format!("cannot resume from {}: {reason}", self.path(job).display()))
    }

    /// Whether no run has written anything yet.
    pub(super) fn is_empty(&self) -> bool {
        let is_checkpoint = |path: &Path| path.extension().is_some_and(|extension| extension == EXTENSION);
        let mut entries = fs::read_dir(&self.directory).into_iter().flatten().flatten();
        !entries.any(|entry| is_checkpoint(&entry.path()))
    }

    fn name(&self, job: Job) -> String {
        format!("{}-{}.{EXTENSION}", self.names[job.row], job.repeat)
    }

    fn path(&self, job: Job) -> PathBuf {
        self.directory.join(self.name(job))
    }

    /// What tells the runs of all trainings apart.
    fn fingerprint(&self, job: Job) -> Fingerprint {
        Fingerprint::of(format!("{}\n{}", self.configuration, self.name(job)).as_bytes())
    }
}
