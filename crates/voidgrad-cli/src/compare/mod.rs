//! `compare`: all estimators at the same number of evaluations of f.

mod chart;
mod comparison;
mod files;
mod measurement;
mod problem;
mod size;
mod table;
mod verdict;

use std::process::ExitCode;
use std::sync::Arc;

use crate::choice::Refusal;
use crate::cli::CompareArguments;
use crate::problems::models::COMPARE_VAE;
use crate::program::{Missing, Program};
use comparison::Comparison;
use problem::Kind;
use voidgrad_kit::error::Error;
use voidgrad_kit::output::{self, Output};
use voidgrad_kit::progress::Steps;
use voidgrad_kit::terminal;

pub(crate) use files::LeftOut;
pub(crate) use problem::Compared;
pub(crate) use table::left_out;

/// What it writes.
pub(crate) const FILES: output::Kind =
    output::Kind { default: "out/compare", files: &["compare.svg", "compare.json", "compare.csv"] };

/// `compare`. If this program was built without the problem, it says what then.
///
/// # Errors
/// Returns an error if the arguments can't be used, if nothing can be compared, or if the results can't be written.
pub(crate) fn run(arguments: &CompareArguments, program: &Program) -> Result<ExitCode, Error> {
    match (arguments.problem.kind(), COMPARE_VAE) {
        (Some(kind), _) => estimates(kind, arguments)?,
        (None, Some(compare)) => compare(arguments)?,
        (None, None) => {
            return program.without(Missing::Models);
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Compares estimates of one gradient, writes the three files and prints the table, with one sentence below it.
fn estimates(kind: Kind, arguments: &CompareArguments) -> Result<(), Error> {
    let comparison = Arc::new(Comparison::new(kind, arguments)?);
    let output = Output::reserve(&FILES, arguments.out.as_deref(), arguments.force)?;
    let directory = output.directory().display().to_string();

    if !arguments.quiet {
        terminal::note(&comparison.announcement());
    }
    let steps = Arc::new(Steps::start("", comparison.steps(), arguments.quiet));
    let (outcome, end) = comparison.measure(&steps);
    steps.finish();
    if outcome.ranking.is_empty() {
        end.early(None)?;
        return Err(none_is_left(&outcome.left_out));
    }

    let verdict = verdict::sentence(&comparison, &outcome.ranking);
    let written = output.write(&[
        ("compare.json", files::json(&comparison, &outcome, &verdict)?),
        ("compare.csv", files::csv(&outcome.ranking)?),
        ("compare.svg", chart::svg(&comparison, &outcome.ranking).into_bytes()),
    ]);
    if !arguments.quiet {
        let place = match &written {
            Ok(()) => format!("written to {directory}: {}\n\n", FILES.files.join(", ")),
            Err(_) => String::new(),
        };
        terminal::print(&format!("{}\n\n{place}{verdict}\n", table::text(&comparison, &outcome)))?;
    }
    written?;
    let (measured, all) = (outcome.ranking.len(), comparison.steps());
    end.early(Some(&format!("{measured} of {all} estimators were measured and are kept in {directory}")))
}

/// Every estimator had a reason; one of them is enough for a line.
fn none_is_left(left_out: &[Refusal]) -> Error {
    let reason = left_out.first().map(Refusal::to_string).unwrap_or_default();
    Error::computation(format!(
        "none of the estimators can be compared here, {} in all; {reason}",
        left_out.len()
    ))
}
