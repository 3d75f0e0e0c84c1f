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
use crate::output::Output;
use crate::progress::Steps;
use crate::terminal;
use comparison::Comparison;

pub(crate) use problem::Kind;

/// Compares, writes the three files and prints the table, with one sentence below it.
pub(crate) fn run(arguments: &CompareArguments) -> Result<(), Error> {
    let comparison = Comparison::new(arguments)?;
    let output = Output::prepare("out/compare", arguments.out.as_deref(), arguments.force)?;

    let steps = if arguments.quiet {
        Steps::hidden()
    } else {
        terminal::note(&comparison.announcement());
        Steps::start("", comparison.steps())
    };
    let outcome = comparison.measure(&steps)?;
    steps.finish();

    let verdict = verdict::sentence(&comparison, &outcome.ranking);
    output.write(&[
        ("compare.json", files::json(&comparison, &outcome, &verdict)?),
        ("compare.csv", files::csv(&outcome.ranking)?),
        ("compare.svg", chart::svg(&comparison, &outcome.ranking).into_bytes()),
    ])?;
    if arguments.quiet {
        return Ok(());
    }
    terminal::print(&format!(
        "{}\n\nwritten to {}: compare.svg, compare.json, compare.csv\n\n{verdict}\n",
        table::text(&comparison, &outcome),
        output.directory().display()
    ))
}
