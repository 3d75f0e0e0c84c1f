//! The table of the baselines, for the terminal and the report.

use super::experiment::Bandit;
use super::run::{ESTIMATES, Run};
use crate::problems::cart_pole::Kind;
use crate::statistics::Quartiles;
use voidgrad_kit::number;

/// The column heads.
pub(super) const HEADS: [&str; 6] =
    ["baseline", "best arm", "reward / optimum", "variance", "deviation", "time of a run"];

/// The runs with a baseline.
pub(super) fn of_baseline(runs: &[Run], baseline: Kind) -> Vec<&Run> {
    runs.iter().filter(|run| run.baseline == baseline).collect()
}

/// One row for each baseline that has a run.
pub(super) fn rows(experiment: &Bandit, runs: &[Run]) -> Vec<Vec<String>> {
    let row = |baseline: &Kind| {
        let runs = of_baseline(runs, *baseline);
        let median = |value: &dyn Fn(&Run) -> f64| {
            Quartiles::of(runs.iter().map(|run| value(run))).map(|quartiles| quartiles.median)
        };
        let deviation = runs.iter().map(|run| run.deviation).fold(0.0, f64::max);
        Some(vec![
            baseline.name().to_owned(),
            format!("{} of {}", runs.iter().filter(|run| run.is_best).count(), runs.len()),
            format!("{:.4}", median(&|run| run.last() / run.optimum)?),
            number::short(median(&|run| run.variance)?),
            format!("{deviation:.1}"),
            number::duration(median(&|run| run.time.seconds)?),
        ])
    };
    experiment.baselines.iter().filter_map(row).collect()
}

/// What the columns mean.
pub(super) fn legend() -> String {
    format!(
        "medians over the runs; reward: the expected one, exact; variance of ĝ by the logits at equal probabilities, and the largest \
         deviation of its mean over {} estimates from the exact gradient, in standard errors",
        number::grouped(ESTIMATES)
    )
}

/// The whole table, aligned.
pub(super) fn text(experiment: &Bandit, runs: &[Run]) -> String {
    let mut rows = rows(experiment, runs);
    rows.insert(0, HEADS.map(str::to_owned).to_vec());
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..HEADS.len()).map(width).collect();
    let aligned = |row: &Vec<String>| {
        let cells: Vec<String> =
            row.iter().zip(&widths).map(|(cell, &width)| format!("{cell:width$}")).collect();
        cells.join("  ").trim_end().to_owned()
    };
    let mut lines: Vec<String> = rows.iter().map(aligned).collect();
    lines.push(voidgrad_kit::terminal::wrapped(&legend()));
    lines.join("\n")
}
