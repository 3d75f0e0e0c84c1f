//! A training with its place among the files: begun, or resumed.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Deserialize;

use super::store::Checkpoints;
use super::{Execution, Job, Problem};
use crate::cli::{TrainArguments, config};
use crate::problems::Row;
use voidgrad_kit::error::Error;
use voidgrad_kit::output::{CONFIGURATION, Kind, Output, Standing};
use voidgrad_kit::progress::Done;
use voidgrad_kit::terminal;

/// What `train` writes.
pub(super) const FILES: Kind = Kind {
    default: "out/train",
    files: &["report.html", "summary.json", "metrics.csv", "timing.json", "seconds.svg", CONFIGURATION],
};

/// A training whose problem is known: it begins, or its destination is reserved, to go on.
pub(crate) struct Opened<'a> {
    /// The command line.
    pub(super) given: &'a TrainArguments,
    /// The name of this program.
    pub(super) program: &'static str,
    /// The destination, and the options that the training was begun with.
    resumed: Option<(Output, TrainArguments)>,
}

impl<'a> Opened<'a> {
    /// The training that the arguments are about.
    ///
    /// # Errors
    /// Returns an error if there is no training to resume, although that is asked for, or if its configuration can't be used.
    pub(super) fn new(given: &'a TrainArguments, program: &'static str) -> Result<Self, Error> {
        let resume = |directory: &PathBuf| -> Result<(Output, TrainArguments), Error> {
            let output = Output::resume(&FILES, directory, given.force, standing)?;
            let described = config::read(&output.checkpoints().join(CONFIGURATION))?;
            Ok((output, described))
        };
        Ok(Self { given, program, resumed: given.resume.as_ref().map(resume).transpose()? })
    }

    /// What is trained.
    pub(super) fn problem(&self) -> &'static Row {
        self.resumed.as_ref().map_or(self.given.problem, |(_, described)| described.problem)
    }
}

/// A training, and how far it is.
pub(super) struct Session<P: Problem> {
    /// What is trained.
    pub(super) problem: Arc<P>,
    /// The directory of its results.
    pub(super) output: Output,
    /// The checkpoints of its runs.
    pub(super) checkpoints: Arc<Checkpoints>,
    /// Runs that had ended before.
    pub(super) ended: Vec<(Job, P::Run)>,
    /// The others.
    pub(super) left: Vec<Job>,
    /// What was done before, by row.
    pub(super) done: Vec<Done>,
}

impl<P: Problem> Session<P> {
    /// Begins the training that was opened, or goes on with it.
    ///
    /// # Errors
    /// Returns an error if the arguments or the checkpoints can't be used, or if the destination is taken.
    pub(super) fn new(opened: Opened<'_>) -> Result<Self, Error> {
        let Opened { given, resumed, .. } = opened;
        match resumed {
            None => Self::begin(given),
            Some((output, described)) => Self::resume(output, &described, given),
        }
    }

    fn begin(arguments: &TrainArguments) -> Result<Self, Error> {
        let problem = Arc::new(P::new(arguments)?);
        let output = Output::reserve(&FILES, arguments.out.as_deref(), arguments.force)?;
        if let Some(passed) = output.passed().filter(|_| !arguments.quiet) {
            terminal::note(&format!(
                "{0} has checkpoints of a training that was ended early: --resume {0} continues it",
                passed.display()
            ));
        }
        let checkpoints = Checkpoints::begin(output.checkpoints(), &*problem, arguments.checkpoint)?;
        let done = vec![Done::default(); problem.rows().len()];
        let (checkpoints, left) = (Arc::new(checkpoints), jobs(&*problem).collect());
        Ok(Self { problem, output, checkpoints, ended: Vec::new(), left, done })
    }

    fn resume(output: Output, described: &TrainArguments, given: &TrainArguments) -> Result<Self, Error> {
        let problem = Arc::new(P::new(described)?);
        let checkpoints = Checkpoints::resume(output.checkpoints(), &*problem, given.checkpoint);
        let (mut ended, mut left) = (Vec::new(), Vec::new());
        let mut done = vec![Done::default(); problem.rows().len()];
        for job in jobs(&*problem) {
            let Some(execution) = resumed(&*problem, job, &checkpoints)? else {
                left.push(job);
                continue;
            };
            let done = &mut done[job.row];
            done.steps += execution.steps();
            if execution.has_ended() {
                done.runs += 1;
                ended.push((job, execution.into_run()));
            } else {
                // It is read again when its turn comes: many large runs need not be in memory at once.
                left.push(job);
            }
        }
        Ok(Self { problem, output, checkpoints: Arc::new(checkpoints), ended, left, done })
    }
}

/// All runs, row by row.
fn jobs<P: Problem>(problem: &P) -> impl Iterator<Item = Job> + use<P> {
    let (rows, repeats) = (problem.rows().len(), problem.repeats());
    (0..rows).flat_map(move |row| (0..repeats).map(move |repeat| Job { row, repeat }))
}

/// How many runs there are.
pub(super) fn runs<P: Problem>(problem: &P) -> u64 {
    problem.rows().len() as u64 * problem.repeats()
}

/// A run as it was at its last checkpoint, if it has one.
///
/// # Errors
/// Returns an error if the checkpoint can't be used.
pub(super) fn resumed<'a, P: Problem>(
    problem: &'a P,
    job: Job,
    checkpoints: &Checkpoints,
) -> Result<Option<P::Execution<'a>>, Error> {
    let Some(state) = checkpoints.read(job)? else { return Ok(None) };
    let mut execution = problem.begin(job)?;
    execution.restore(state).map_err(|error| checkpoints.refusal(job, &error))?;
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
