//! The table that `train` ends with.

use crate::problems::quadratic::analysis::Analysis;
use crate::statistics::Quartiles;
use crate::trained::Trained;
use voidgrad_kit::{number, terminal};

/// The column heads.
pub(crate) const HEADS: [&str; 8] = [
    "estimator",
    "evaluations",
    "converged",
    "final θ",
    "final loss",
    "variance",
    "vs REINFORCE",
    "time per step",
];

/// So many of the first columns are the same every time; the report's table has them alone.
pub(crate) const REPRODUCIBLE: usize = 7;

/// The name of an estimator, with a mark where its mean is not the gradient.
pub(crate) fn marked(method: &Trained) -> String {
    if method.is_biased() { format!("{} (biased)", method.name()) } else { method.name().to_owned() }
}

/// One row of [`HEADS`], as plain text: medians over the runs that did not diverge, θ with its quartiles.
pub(crate) fn row(analysis: &Analysis<'_>) -> [String; 8] {
    let median = |quartiles: Option<Quartiles>| quartiles.map(|quartiles| quartiles.median);
    let show = |value: Option<f64>, format: fn(f64) -> String| value.map_or_else(|| "–".to_owned(), format);
    let theta = analysis.theta.map_or_else(
        || "–".to_owned(),
        |Quartiles { lower, median, upper }| format!("{median:.3} ({lower:.3}–{upper:.3})"),
    );
    [
        marked(&analysis.method),
        evaluations(analysis),
        converged(analysis),
        theta,
        show(median(analysis.loss), number::loss),
        show(median(analysis.variance), number::short),
        show(median(analysis.ratio), number::ratio),
        show(median(analysis.seconds_per_step), number::duration),
    ]
}

/// Evaluations of f in an estimate: the mean, if it is not always as often.
fn evaluations(analysis: &Analysis<'_>) -> String {
    let Some(run) = analysis.runs.first() else { return "–".to_owned() };
    let rounds: u64 = run.choices.iter().map(|choice| choice.rounds).sum();
    if rounds == 0 {
        return run.evaluations.to_string();
    }
    number::short(run.last().evaluations as f64 / rounds as f64)
}

/// `19 of 20`, and how many diverged, if any did.
fn converged(analysis: &Analysis<'_>) -> String {
    let runs = analysis.runs.len();
    let converged = analysis.converged.map_or_else(|| "–".to_owned(), |count| format!("{count} of {runs}"));
    match analysis.diverged() {
        0 => converged,
        diverged => format!("{converged}, {diverged} diverged"),
    }
}

/// What the columns mean.
fn legend(analyses: &[Analysis<'_>]) -> String {
    format!(
        "evaluations of f in an estimate; converged: the loss is within a tenth of the way from its\n\
         minimum to its maximum; medians over the runs, θ with its quartiles; variance with respect\n\
         to the logit, {}, and its ratio to REINFORCE's at the same θ",
        origin(analyses)
    )
}

/// Where the final variances are from: `exact`, `from 4,000 samples`, or both.
pub(crate) fn origin(analyses: &[Analysis<'_>]) -> String {
    let samples =
        || analyses.iter().flat_map(Analysis::settled).filter_map(|run| Some(run.last().moments?.samples));
    let sampled = || samples().filter(|&samples| samples > 0);
    let exact = if samples().any(|samples| samples == 0) { "exact or " } else { "" };
    match (sampled().min(), sampled().max()) {
        (Some(least), Some(most)) if least == most => {
            format!("{exact}from {} samples", number::grouped(most))
        }
        (Some(least), Some(most)) => {
            format!("{exact}from {} to {} samples", number::grouped(least), number::grouped(most))
        }
        _ => "exact".to_owned(),
    }
}

/// The whole table, aligned.
pub(crate) fn text(analyses: &[Analysis<'_>]) -> String {
    let rows: Vec<[String; 8]> =
        std::iter::once(HEADS.map(str::to_owned)).chain(analyses.iter().map(row)).collect();
    let widths: [usize; 8] =
        std::array::from_fn(|column| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0));
    let mut lines: Vec<String> = rows
        .iter()
        .map(|row| {
            let cells: Vec<String> =
                row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}")).collect();
            cells.join("  ").trim_end().to_owned()
        })
        .collect();
    lines.push(legend(analyses));
    lines.extend(analyses.iter().filter_map(Analysis::choices).map(|choices| terminal::wrapped(&choices)));
    for run in analyses.iter().flat_map(|analysis| &analysis.runs) {
        if let Some(divergence) = &run.diverged {
            lines.push(format!("{} run {}: {}", run.method.name(), run.repeat, divergence.message));
        }
    }
    lines.join("\n")
}
