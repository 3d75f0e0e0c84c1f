//! The table of the baselines, for the terminal and the report.

use super::experiment::CartPole;
use super::options::Kind;
use super::run::{Goal, OF_200, OF_500, Run};
use crate::statistics::Quartiles;
use voidgrad_kit::number;

/// The column heads.
pub(super) const HEADS: [&str; 6] =
    ["baseline", "solved", "episodes (median)", "fewest and most", "last 100 episodes", "time of a run"];

/// The runs with a baseline.
pub(super) fn of_baseline(runs: &[Run], baseline: Kind) -> Vec<&Run> {
    runs.iter().filter(|run| run.baseline == baseline).collect()
}

/// One row for each baseline that has a run.
pub(super) fn rows(experiment: &CartPole, runs: &[Run]) -> Vec<Vec<String>> {
    let none = || "–".to_owned();
    let row = |baseline: &Kind| {
        let runs = of_baseline(runs, *baseline);
        let seconds = Quartiles::of(runs.iter().map(|run| run.time.seconds))?;
        let solved: Vec<usize> = runs.iter().filter_map(|run| run.solved_at(OF_500)).collect();
        let median = Quartiles::of(solved.iter().map(|episodes| *episodes as f64));
        let (least, most) = (solved.iter().min(), solved.iter().max());
        let last = Quartiles::of(runs.iter().filter_map(|run| run.mean_at(run.returns.len())));
        Some(vec![
            baseline.name().to_owned(),
            format!("{} of {}", solved.len(), runs.len()),
            median.map_or_else(none, |quartiles| number::exact(quartiles.median)),
            least.zip(most).map_or_else(none, |(least, most)| format!("{least} to {most}")),
            last.map_or_else(none, |quartiles| format!("{:.1}", quartiles.median)),
            number::duration(seconds.median),
        ])
    };
    experiment.baselines.iter().filter_map(row).collect()
}

/// The whole table, aligned, and the episodes of each run.
pub(super) fn text(experiment: &CartPole, runs: &[Run]) -> String {
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
    lines.push(format!(
        "solved: the mean return of 100 consecutive episodes is at least 475 of 500; each run has {}",
        number::plural(experiment.episodes() as u64, "episode")
    ));
    for baseline in &experiment.baselines {
        let runs = of_baseline(runs, *baseline);
        let of = |goal: Goal| {
            let at = |run: &&Run| run.solved_at(goal).map_or_else(|| "–".to_owned(), |at| at.to_string());
            runs.iter().map(at).collect::<Vec<String>>().join(", ")
        };
        lines.push(format!("episodes until then, {}: {}", baseline.name(), of(OF_500)));
        lines.push(format!("episodes until 195 of the first 200, {}: {}", baseline.name(), of(OF_200)));
    }
    lines.join("\n")
}
