//! The table of the ways, for the terminal and the report.

use super::experiment::Selection;
use super::run::Run;
use super::search::Way;
use crate::statistics::Quartiles;
use voidgrad_kit::number;

/// The column heads.
pub(super) const HEADS: [&str; 7] =
    ["estimator", "evaluations", "optimum found", "best f", "median f", "until found", "time of a run"];

/// The runs of a way, if it has any.
pub(super) fn of_way(runs: &[Run], way: Way) -> Vec<&Run> {
    runs.iter().filter(|run| run.way.name() == way.name()).collect()
}

/// One row for each way that has a run.
pub(super) fn rows(experiment: &Selection, runs: &[Run]) -> Vec<Vec<String>> {
    let unknown = || "–".to_owned();
    let row = |way: &Way| {
        let runs = of_way(runs, *way);
        let best = Quartiles::of(runs.iter().map(|run| run.last().best))?.median;
        let least = runs.iter().map(|run| run.last().best).fold(f64::INFINITY, f64::min);
        let found: Vec<&&Run> = runs.iter().filter(|run| run.has_found(experiment) == Some(true)).collect();
        let until = Quartiles::of(found.iter().map(|run| run.evaluations_until_best() as f64));
        let seconds = Quartiles::of(runs.iter().map(|run| run.time.seconds))?;
        Some(vec![
            way.name().to_owned(),
            number::grouped(runs.first()?.last().evaluations),
            experiment
                .optimum
                .as_ref()
                .map_or_else(unknown, |_| format!("{} of {}", found.len(), runs.len())),
            number::loss(least),
            number::loss(best),
            until.map_or_else(unknown, |until| number::short(until.median)),
            number::duration(seconds.median),
        ])
    };
    experiment.ways.iter().filter_map(row).collect()
}

/// The optimum, in words.
pub(super) fn optimum(experiment: &Selection) -> String {
    match &experiment.optimum {
        Some(optimum) => {
            let chosen = (0..optimum.chosen.len()).filter(|&m| optimum.chosen[m]);
            let chosen: Vec<String> = chosen.map(|m| m.to_string()).collect();
            format!("the best of all subsets is {}, with f = {}", chosen.join(", "), number::loss(optimum.f))
        }
        None => "the best subset is known for up to 20 features".to_owned(),
    }
}

/// The whole table, aligned, with what its columns mean.
pub(super) fn text(experiment: &Selection, runs: &[Run]) -> String {
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
    lines.push(format!(
        "f is the share of the variance that the fit leaves, of the most probable subset; best and median over {};\n\
         {}",
        number::plural(experiment.repeats, "run"),
        optimum(experiment)
    ));
    lines.join("\n")
}
