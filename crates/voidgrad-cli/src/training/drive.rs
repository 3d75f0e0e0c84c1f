//! A training from its arguments to its files.

use std::process::ExitCode;
use std::sync::Arc;

use rayon::prelude::*;

use super::execution;
use super::session::{self, Opened, Session};
use super::store;
use super::{Job, Problem, Results};
use crate::cli::TrainArguments;
use crate::program::{Missing, Program};
use voidgrad_kit::error::Error;
use voidgrad_kit::output::Checkpoints;
use voidgrad_kit::progress::Progress;
use voidgrad_kit::work::{self, Collected, End, Sink};
use voidgrad_kit::{number, terminal};

/// `train`: trains the problem that the arguments name, or that of the training that is resumed. If this program was built without the problem, it says what then.
///
/// # Errors
/// Returns an error if the arguments can't be used, if the training is ended early or fails, or if its results can't be written.
pub(crate) fn run(arguments: &TrainArguments, program: &Program) -> Result<ExitCode, Error> {
    let opened = Opened::new(arguments, program.name)?;
    if let Some(train) = opened.problem().train {
        return train(opened).map(|()| ExitCode::SUCCESS);
    }
    // Another program may open it.
    drop(opened);
    program.without(Missing::Models)
}

/// Makes the runs of a problem, or what is left of them, writes its files and prints its table.
///
/// # Errors
/// As [`run`].
pub(crate) fn train<P: Problem>(opened: Opened<'_>) -> Result<(), Error> {
    let (arguments, program) = (opened.given, opened.program);
    let threads = threads(arguments)?;
    let Session { problem, output, checkpoints, ended, left, done } = Session::<P>::new(opened)?;
    let directory = output.directory().display().to_string();

    let (names, repeats) = (problem.rows(), problem.repeats());
    let progress = Arc::new(Progress::start(&names, repeats, problem.steps(), &done, arguments.quiet));
    let Collected { results, end } = make(&problem, left, &checkpoints, threads, &progress);
    progress.close();
    checkpoints.close();
    let mut runs = ended;
    runs.extend(results);
    runs.sort_by_key(|(job, _)| *job);
    let runs: Vec<P::Run> = runs.into_iter().map(|(_, run)| run).collect();
    let resume = format!("{program} train --resume {directory}");
    if runs.is_empty() {
        if matches!(end, End::Failed(_)) && checkpoints.is_empty() {
            output.abandon();
            return end.early(None);
        }
        let force = if output.replaces() { " --force" } else { "" };
        return end
            .early(Some(&format!("no run was complete, and nothing is written; {resume}{force} goes on")));
    }

    let Results { files, report, table, failure } = problem.results(&runs, threads)?;
    let names: Vec<&str> = files.iter().rev().map(|(name, _)| *name).collect();
    let after = match (&end, arguments.keep_checkpoints) {
        (End::Interrupted | End::Failed(_), _) => Checkpoints::Stay,
        (End::Complete, true) => Checkpoints::Published,
        (End::Complete, false) => Checkpoints::Discarded,
    };
    let written = output.write_with(&files, after);
    if !arguments.quiet {
        let place = match &written {
            Ok(()) => format!("\nwritten to {directory}: {}\n", names.join(", ")),
            Err(_) => String::new(),
        };
        terminal::print(&format!("{table}\n{place}"))?;
    }
    written?;
    let (complete, all) = (number::grouped(runs.len() as u64), number::grouped(session::runs(&*problem)));
    end.early(Some(&format!(
        "{complete} of {all} runs were complete and are kept in {directory}; {resume} goes on"
    )))?;
    report?;
    match failure {
        Some(failure) => Err(Error::computation(format!("{failure}; the results are in {directory}"))),
        None => Ok(()),
    }
}

/// How many threads there are, for the training as for the report.
///
/// # Errors
/// Returns an error if the system does not give so many.
fn threads(arguments: &TrainArguments) -> Result<usize, Error> {
    if let Some(threads) = arguments.threads {
        let threads = usize::try_from(threads).map_err(Error::arguments)?;
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build_global();
        pool.map_err(Error::computation)?;
    }
    Ok(rayon::current_num_threads())
}

/// Makes the runs that are `left`, or those that are complete when it ends early; the same for every number of threads. A run that
/// diverges is complete: it says so itself.
fn make<P: Problem>(
    problem: &Arc<P>,
    left: Vec<Job>,
    checkpoints: &Arc<store::Checkpoints>,
    threads: usize,
    progress: &Arc<Progress>,
) -> Collected<(Job, P::Run)> {
    let (problem, shown) = (Arc::clone(problem), Arc::clone(progress));
    let written = Arc::clone(checkpoints);
    let work = move |runs: &Sink<(Job, P::Run)>| {
        // Threads of its own: after Ctrl-C they are busy until the end, and the report needs some.
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        let make = |runs: &mut Sink<(Job, P::Run)>, job: Job| -> Result<(), Error> {
            let execution = match session::resumed(&*problem, job, &written)? {
                Some(execution) => execution,
                None => problem.begin(job)?,
            };
            let run = execution::complete(execution, job, problem.steps(), &shown, &written)?;
            runs.put((job, run));
            Ok(())
        };
        pool.map_err(Error::computation)?.install(|| {
            if P::SIDE_BY_SIDE {
                left.into_par_iter().try_for_each_with(runs.clone(), make)
            } else {
                left.into_iter().try_for_each(|job| make(&mut runs.clone(), job))
            }
        })
    };
    work::collect(work, || progress.line())
}
