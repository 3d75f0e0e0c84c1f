//! `cargo xtask train`: the note's experiment from the first step to the report.

use std::sync::Arc;

use crate::analysis::Analysis;
use crate::cli::TrainArguments;
use crate::experiment::Experiment;
use crate::{metrics, report, summary, table};
use xtask_kit::error::Error;
use xtask_kit::output::{self, Output};
use xtask_kit::progress::Progress;
use xtask_kit::work::Collected;
use xtask_kit::{number, terminal};

/// What it writes.
const FILES: output::Kind =
    output::Kind { default: "out/train", files: &["report.html", "summary.json", "metrics.csv"] };

/// Runs the experiment, writes the three files and prints the table.
pub(crate) fn run(arguments: &TrainArguments) -> Result<(), Error> {
    let experiment = Arc::new(Experiment::new(arguments)?);
    let output = Output::reserve(&FILES, arguments.out.as_deref(), arguments.force)?;
    let directory = output.directory().display().to_string();

    let names: Vec<&str> = experiment.methods.iter().map(|method| method.name).collect();
    let iterations = experiment.settings.iterations;
    let progress = Arc::new(Progress::start(&names, experiment.repeats, iterations, arguments.quiet));
    let Collected { results: runs, end } = experiment.run(&progress);
    progress.close();
    if runs.is_empty() {
        return end.early(None);
    }

    let analyses = Analysis::of(&experiment, &runs);
    let mut files =
        vec![("metrics.csv", metrics::csv(&runs)?), ("summary.json", summary::json(&experiment, &runs)?)];
    // The numbers are kept, whatever becomes of the pictures.
    let report =
        report::html(&experiment, &analyses).map(|html| files.push(("report.html", html.into_bytes())));
    let names: Vec<&str> = files.iter().rev().map(|(name, _)| *name).collect();
    let written = output.write(&files);
    if !arguments.quiet {
        let place = match &written {
            Ok(()) => format!("\nwritten to {directory}: {}\n", names.join(", ")),
            Err(_) => String::new(),
        };
        terminal::print(&format!("{}\n{place}", table::text(&analyses)))?;
    }
    written?;
    let (complete, all) = (runs.len(), number::grouped(experiment.runs()));
    end.early(Some(&format!("{complete} of {all} runs were complete and are kept in {directory}")))?;
    report?;
    all_diverged(&analyses, &directory)
}

/// # Errors
/// Where an estimator has no run that came to its end.
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
