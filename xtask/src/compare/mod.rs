//! `cargo xtask compare`: all estimators at the same number of evaluations of f.

mod chart;
mod comparison;
mod files;
mod measurement;
mod problem;
mod table;
mod verdict;

use crate::cli::CompareArguments;
use crate::error::Error;
use crate::output::{self, Output};
use crate::progress::Steps;
use crate::terminal;
use comparison::Comparison;

pub(crate) use problem::Kind;

/// What it writes.
const FILES: output::Kind =
    output::Kind { default: "out/compare", files: &["compare.svg", "compare.json", "compare.csv"] };

/// Compares, writes the three files and prints the table, with one sentence below it.
pub(crate) fn run(arguments: &CompareArguments) -> Result<(), Error> {
    let comparison = Comparison::new(arguments)?;
    let output = Output::reserve(&FILES, arguments.out.as_deref(), arguments.force)?;

    let steps = if arguments.quiet {
        Steps::hidden()
    } else {
        terminal::note(&comparison.announcement());
        Steps::start("", comparison.steps())
    };
    let outcome = comparison.measure(&steps)?;
    steps.finish();

    let verdict = verdict::sentence(&comparison, &outcome.ranking);
    let directory = output.directory().to_path_buf();
    let written = output.write(&[
        ("compare.json", files::json(&comparison, &outcome, &verdict)?),
        ("compare.csv", files::csv(&outcome.ranking)?),
        ("compare.svg", chart::svg(&comparison, &outcome.ranking).into_bytes()),
    ]);
    if arguments.quiet {
        return written;
    }
    let place = match &written {
        Ok(()) => format!("written to {}: {}\n\n", directory.display(), FILES.files.join(", ")),
        Err(_) => String::new(),
    };
    terminal::print(&format!("{}\n\n{place}{verdict}\n", table::text(&comparison, &outcome)))?;
    written
}
