//! The table of the ways, for the terminal and the report.

use super::experiment::MaxCut;
use super::method::Way;
use super::run::Run;
use crate::choice;
use crate::statistics::Quartiles;
use voidgrad_kit::{number, terminal};

/// The column heads.
pub(super) const HEADS: [&str; 7] =
    ["estimator", "restarts", "evaluations", "best cut", "median cut", "best / reference", "time of a run"];

/// The runs of a way, if it has any.
pub(super) fn of_way(runs: &[Run], way: Way) -> Vec<&Run> {
    runs.iter().filter(|run| run.way.name() == way.name()).collect()
}

/// One row for each way that has a run.
pub(super) fn rows(experiment: &MaxCut, runs: &[Run]) -> Vec<Vec<String>> {
    let row = |way: &Way| {
        let runs = of_way(runs, *way);
        let first = runs.first()?;
        let cuts = Quartiles::of(runs.iter().map(|run| run.last().cut))?;
        let best = runs.iter().map(|run| run.last().cut).fold(f64::NEG_INFINITY, f64::max);
        let seconds = Quartiles::of(runs.iter().map(|run| run.time.seconds))?;
        let share = experiment.reference().map(|(_, reference)| format!("{:.4}", best / reference));
        Some(vec![
            way.name().to_owned(),
            number::grouped(first.restarts),
            number::grouped(first.last().evaluations),
            number::exact(best),
            number::exact(cuts.median),
            share.unwrap_or_else(|| "–".to_owned()),
            number::duration(seconds.median),
        ])
    };
    experiment.ways.iter().filter_map(row).collect()
}

/// What the first restarts of a way have chosen, in words, if its estimator chooses among others.
pub(super) fn choices(experiment: &MaxCut, runs: &[Run]) -> impl Iterator<Item = String> {
    let of_way =
        |way: &Way| choice::in_words(way.name(), of_way(runs, *way).iter().map(|run| run.choices.as_slice()));
    experiment.ways.iter().filter_map(of_way)
}

/// The whole table, aligned, with what its columns mean.
pub(super) fn text(experiment: &MaxCut, runs: &[Run]) -> String {
    let heads = HEADS.map(str::to_owned).to_vec();
    let rows: Vec<Vec<String>> = std::iter::once(heads).chain(rows(experiment, runs)).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..HEADS.len()).map(width).collect();
    let mut lines: Vec<String> = rows
        .iter()
        .map(|row| {
            let cells: Vec<String> =
                row.iter().zip(&widths).map(|(cell, &width)| format!("{cell:width$}")).collect();
            cells.join("  ").trim_end().to_owned()
        })
        .collect();
    let reference = match experiment.reference() {
        Some((name, cut)) => format!("the reference is the {name} cut, {}", number::exact(cut)),
        None => "--best-known gives a reference".to_owned(),
    };
    lines.push(format!(
        "an evaluation reads every edge from both ends: an exact gradient, a value of f, or an attempt to flip\n\
         every vertex once; best and median over {}; {reference}",
        number::plural(experiment.repeats, "run")
    ));
    lines.extend(choices(experiment, runs).map(|choices| terminal::wrapped(&choices)));
    lines.join("\n")
}
