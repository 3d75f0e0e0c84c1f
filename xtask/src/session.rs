//! A training with its place among the files: begun, or resumed.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use serde::Deserialize;

use crate::checkpoint::Checkpoints;
use crate::cli::{TrainArguments, config};
use crate::experiment::Experiment;
use crate::run::{Execution, Job, Run};
use xtask_kit::error::Error;
use xtask_kit::output::{CONFIGURATION, Kind, Output, Standing};
use xtask_kit::progress::Done;
use xtask_kit::terminal;

/// What `train` writes.
const FILES: Kind = Kind {
    default: "out/train",
    files: &["report.html", "summary.json", "metrics.csv", "timing.json", CONFIGURATION],
};

/// A training, and how far it is.
pub(crate) struct Session {
    /// What is trained.
    pub(crate) experiment: Arc<Experiment>,
    /// The directory of its results.
    pub(crate) output: Output,
    /// The checkpoints of its runs.
    pub(crate) checkpoints: Arc<Checkpoints>,
    /// Runs that had ended before.
    pub(crate) ended: Vec<Run>,
    /// The others.
    pub(crate) left: Vec<Job>,
    /// What was done before, by estimator.
    pub(crate) done: Vec<Done>,
}

impl Session {
    /// Begins a training, or resumes the one that the arguments name.
    ///
    /// # Errors
    /// Returns an error if the arguments or the checkpoints can't be used, or if the destination is taken.
    pub(crate) fn new(arguments: &TrainArguments) -> Result<Self, Error> {
        match &arguments.resume {
            None => Self::begin(arguments),
            Some(directory) => Self::resume(directory, arguments),
        }
    }

    fn begin(arguments: &TrainArguments) -> Result<Self, Error> {
        let experiment = Arc::new(Experiment::new(arguments)?);
        let output = Output::reserve(&FILES, arguments.out.as_deref(), arguments.force)?;
        if let Some(passed) = output.passed().filter(|_| !arguments.quiet) {
            terminal::note(&format!(
                "{0} has checkpoints of a training that was ended early: --resume {0} continues it",
                passed.display()
            ));
        }
        let checkpoints = Checkpoints::begin(output.checkpoints(), &experiment, arguments.checkpoint)?;
        let done = vec![Done::default(); experiment.methods.len()];
        let (checkpoints, left) = (Arc::new(checkpoints), experiment.jobs().collect());
        Ok(Self { experiment, output, checkpoints, ended: Vec::new(), left, done })
    }

    fn resume(directory: &Path, arguments: &TrainArguments) -> Result<Self, Error> {
        let output = Output::resume(&FILES, directory, arguments.force, standing)?;
        let place = output.checkpoints();
        let experiment = Arc::new(Experiment::new(&config::read(&place.join(CONFIGURATION))?)?);
        let checkpoints = Checkpoints::resume(place, &experiment, arguments.checkpoint);
        let (mut ended, mut left) = (Vec::new(), Vec::new());
        let mut done = vec![Done::default(); experiment.methods.len()];
        for job in experiment.jobs() {
            let Some(execution) = resumed(&experiment, job, &checkpoints)? else {
                left.push(job);
                continue;
            };
            let done = &mut done[job.row];
            done.steps += execution.steps();
            if execution.has_ended() {
                done.runs += 1;
                ended.push(execution.into_run());
            } else {
                // It is read again when its turn comes: many large runs need not be in memory at once.
                left.push(job);
            }
        }
        Ok(Self { experiment, output, checkpoints: Arc::new(checkpoints), ended, left, done })
    }
}

/// A run as it was at its last checkpoint, if it has one.
///
/// # Errors
/// Returns an error if the checkpoint can't be used.
pub(crate) fn resumed<'a>(
    experiment: &'a Experiment,
    job: Job,
    checkpoints: &Checkpoints,
) -> Result<Option<Execution<'a>>, Error> {
    let Some(checkpoint) = checkpoints.read(job)? else { return Ok(None) };
    let mut execution = Execution::new(experiment, job)?;
    execution.restore(checkpoint).map_err(|error| checkpoints.refusal(job, &error))?;
    Ok(Some(execution))
}

/// Whose results are in a directory, seen from a training with these checkpoints.
fn standing(results: &Path, checkpoints: &Path) -> Standing {
    #[derive(Deserialize)]
    struct Summary {
        interrupted: bool,
    }
    let read = |directory: &Path| fs::read(directory.join(CONFIGURATION)).ok();
    let summary = fs::read(results.join("summary.json")).ok();
    let summary = summary.and_then(|text| serde_json::from_slice::<Summary>(&text).ok());
    match summary {
        Some(Summary { interrupted }) if read(results) == read(checkpoints) => {
            if interrupted {
                Standing::Partial
            } else {
                Standing::Complete
            }
        }
        _ => Standing::Foreign,
    }
}
