//! `cargo xtask train`: the note's experiment from the first step to the report.

use crate::analysis::Analysis;
use crate::cli::TrainArguments;
use crate::error::Error;
use crate::experiment::Experiment;
use crate::output::Output;
use crate::progress::Progress;
use crate::{metrics, report, summary, table, terminal};

/// Runs the experiment, writes the three files and prints the table.
pub(crate) fn run(arguments: &TrainArguments) -> Result<(), Error> {
    let experiment = Experiment::new(arguments)?;
    let output = Output::prepare("out/train", arguments.out.as_deref(), arguments.force)?;

    let names: Vec<&str> = experiment.methods.iter().map(|method| method.name).collect();
    let iterations = experiment.settings.iterations;
    let progress = Progress::start(&names, experiment.repeats, iterations, arguments.quiet);
    let runs = experiment.run(&progress)?;
    progress.close();

    let analyses = Analysis::of(&experiment, &runs);
    output.write(&[
        ("metrics.csv", metrics::csv(&runs)?),
        ("summary.json", summary::json(&experiment, &runs)?),
        ("report.html", report::html(&experiment, &analyses)?.into_bytes()),
    ])?;
    if arguments.quiet {
        return Ok(());
    }
    terminal::print(&format!(
        "{}\n\nwritten to {}: report.html, summary.json, metrics.csv\n",
        table::text(&experiment, &analyses),
        output.directory().display()
    ))
}
