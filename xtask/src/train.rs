//! `cargo xtask train`: the note's experiment from the first step to the report.

use crate::analysis::Analysis;
use crate::cli::TrainArguments;
use crate::error::Error;
use crate::experiment::Experiment;
use crate::output::{self, Output};
use crate::progress::Progress;
use crate::{metrics, report, summary, table, terminal};

/// What it writes.
const FILES: output::Kind =
    output::Kind { default: "out/train", files: &["report.html", "summary.json", "metrics.csv"] };

/// Runs the experiment, writes the three files and prints the table.
pub(crate) fn run(arguments: &TrainArguments) -> Result<(), Error> {
    let experiment = Experiment::new(arguments)?;
    let output = Output::reserve(&FILES, arguments.out.as_deref(), arguments.force)?;

    let names: Vec<&str> = experiment.methods.iter().map(|method| method.name).collect();
    let iterations = experiment.settings.iterations;
    let progress = Progress::start(&names, experiment.repeats, iterations, arguments.quiet);
    let runs = experiment.run(&progress)?;
    progress.close();

    let analyses = Analysis::of(&experiment, &runs);
    let directory = output.directory().to_path_buf();
    let written = output.write(&[
        ("metrics.csv", metrics::csv(&runs)?),
        ("summary.json", summary::json(&experiment, &runs)?),
        ("report.html", report::html(&experiment, &analyses)?.into_bytes()),
    ]);
    if arguments.quiet {
        return written;
    }
    let place = match &written {
        Ok(()) => format!("\nwritten to {}: {}\n", directory.display(), FILES.files.join(", ")),
        Err(_) => String::new(),
    };
    terminal::print(&format!("{}\n{place}", table::text(&experiment, &analyses)))?;
    written
}
