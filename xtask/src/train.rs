//! `cargo xtask train`: estimators compared on the toy problem of REBAR and RELAX, from the first step to the report.

use std::sync::Arc;

use crate::analysis::Analysis;
use crate::cli::TrainArguments;
use crate::experiment::Experiment;
use crate::run::Run;
use crate::session::Session;
use crate::{metrics, report, summary, table, timing};
use xtask_kit::error::Error;
use xtask_kit::output::{CONFIGURATION, Checkpoints};
use xtask_kit::progress::Progress;
use xtask_kit::work::{Collected, End};
use xtask_kit::{number, terminal};

/// Runs the experiment, or what is left of it, writes its files and prints the table.
pub(crate) fn run(arguments: &TrainArguments) -> Result<(), Error> {
    let threads = threads(arguments)?;
    let Session { experiment, output, checkpoints, ended, left, done } = Session::new(arguments)?;
    let directory = output.directory().display().to_string();

    let names: Vec<&str> = experiment.methods.iter().map(|method| method.name).collect();
    let iterations = experiment.settings.iterations;
    let progress = Arc::new(Progress::start(&names, experiment.repeats, iterations, &done, arguments.quiet));
    let Collected { results, end } = experiment.run(left, &checkpoints, threads, &progress);
    progress.close();
    checkpoints.close();
    let mut runs = ended;
    runs.extend(results);
    runs.sort_by_key(|run| (experiment.row(run.method), run.repeat));
    let resume = format!("cargo xtask train --resume {directory}");
    if runs.is_empty() {
        if matches!(end, End::Failed(_)) && checkpoints.is_empty() {
            output.abandon();
            return end.early(None);
        }
        let force = if output.replaces() { " --force" } else { "" };
        return end
            .early(Some(&format!("no run was complete, and nothing is written; {resume}{force} goes on")));
    }

    let analyses = Analysis::of(&experiment, &runs);
    let (files, report) = files(&experiment, &runs, &analyses, threads)?;
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
        terminal::print(&format!("{}\n{place}", table::text(&analyses)))?;
    }
    written?;
    let (complete, all) = (number::grouped(runs.len() as u64), number::grouped(experiment.runs()));
    end.early(Some(&format!(
        "{complete} of {all} runs were complete and are kept in {directory}; {resume} goes on"
    )))?;
    report?;
    all_diverged(&analyses, &directory)
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

/// Files, each with its name, those that a person wants to see first at the end.
type Files = Vec<(&'static str, Vec<u8>)>;

/// The files, and what became of the report, which is one of them: the numbers are kept, whatever becomes of the pictures.
///
/// # Errors
/// Returns an error if the numbers can't be written; in memory that does not happen.
fn files(
    experiment: &Experiment,
    runs: &[Run],
    analyses: &[Analysis<'_>],
    threads: usize,
) -> Result<(Files, Result<(), Error>), Error> {
    let mut files = vec![
        (CONFIGURATION, experiment.configuration().into_bytes()),
        ("timing.json", timing::json(threads, runs)?),
        ("metrics.csv", metrics::csv(runs)?),
        ("summary.json", summary::json(experiment, runs)?),
    ];
    let report =
        report::html(experiment, analyses).map(|html| files.push(("report.html", html.into_bytes())));
    Ok((files, report))
}

/// # Errors
/// Returns an error if an estimator has no run that came to its end.
fn all_diverged(analyses: &[Analysis<'_>], directory: &str) -> Result<(), Error> {
    let names: Vec<&str> = analyses
        .iter()
        .filter(|analysis| analysis.settled().next().is_none())
        .map(|analysis| analysis.method.name)
        .collect();
    match names[..] {
        [] => Ok(()),
        _ => Err(Error::computation(format!(
            "every run of {} diverged; the results are in {directory}",
            names.join(", ")
        ))),
    }
}
