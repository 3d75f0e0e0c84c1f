//! `summary.json` and `metrics.csv`.

use serde::Serialize;

use super::experiment::{MaxCut, Source};
use super::run::Run;
use crate::choice::Stretch;
use voidgrad_kit::error::Error;
use voidgrad_kit::number;
use voidgrad_kit::output;

/// The summary.
#[derive(Serialize)]
struct Summary<'a> {
    problem: &'static str,
    /// The file, or the kind that was made.
    graph: String,
    vertices: usize,
    edges: usize,
    iterations: u64,
    restarts: usize,
    temperature: f64,
    seed: u64,
    repeats: u64,
    /// Whether Ctrl-C or a failure ended it before all runs were complete.
    interrupted: bool,
    best_known: Option<f64>,
    /// The cut that the graph was made with.
    planted: Option<f64>,
    runs: Vec<Row<'a>>,
}

/// One run.
#[derive(Serialize)]
struct Row<'a> {
    estimator: &'static str,
    repeat: u64,
    restarts: u64,
    best_cut: f64,
    evaluations: u64,
    /// The mean over the restarts of `E[f]` at the end; of the last cut for a way without probabilities.
    objective: f64,
    /// A 1 for each vertex on the first side of the best cut, in the order of the vertices.
    partition: &'a str,
    /// What the estimator of the first restart has used, if it chooses among others.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    choices: Vec<Stretch<'a>>,
}

/// The summary as JSON.
///
/// # Errors
/// Returns an error if it cannot be written; in memory that does not happen.
pub(super) fn json(experiment: &MaxCut, runs: &[Run]) -> Result<Vec<u8>, Error> {
    let partition = |run: &Run| run.sides.iter().map(|side| if *side { '1' } else { '0' }).collect();
    let partitions: Vec<String> = runs.iter().map(partition).collect();
    let summary = Summary {
        problem: "max-cut",
        graph: match &experiment.source {
            Source::File(path, _) => path.to_string_lossy().into_owned(),
            Source::Generated { kind, .. } => kind.name().to_owned(),
        },
        vertices: experiment.graph.vertices(),
        edges: experiment.graph.edges().len(),
        iterations: experiment.iterations,
        restarts: experiment.restarts,
        temperature: experiment.temperature,
        seed: experiment.seed,
        repeats: experiment.repeats,
        interrupted: runs.len() as u64 != experiment.repeats * experiment.ways.len() as u64,
        best_known: experiment.best_known,
        planted: experiment.planted,
        runs: runs
            .iter()
            .zip(partitions.iter().map(String::as_str))
            .map(|(run, partition)| row(run, partition))
            .collect(),
    };
    output::json(&summary)
}

fn row<'a>(run: &'a Run, partition: &'a str) -> Row<'a> {
    Row {
        choices: Stretch::of(&run.choices),
        estimator: run.way.name(),
        repeat: run.repeat,
        restarts: run.restarts,
        best_cut: run.last().cut,
        evaluations: run.last().evaluations,
        objective: run.last().objective,
        partition,
    }
}

/// The state of every run over its steps. Ways without probabilities have no variances.
///
/// # Errors
/// Returns an error if a row cannot be written; in memory that does not happen.
pub(super) fn csv(runs: &[Run]) -> Result<Vec<u8>, Error> {
    let header = [
        "estimator",
        "repeat",
        "iteration",
        "evaluations",
        "objective",
        "cut",
        "variance_reinforce",
        "variance_rloo",
    ];
    let rows = runs.iter().flat_map(|run| {
        run.records.iter().map(move |record| {
            let variance = |number: usize| {
                record.variances.map_or_else(String::new, |variances| number::exact(variances[number]))
            };
            [
                run.way.name().to_owned(),
                run.repeat.to_string(),
                record.step.to_string(),
                record.evaluations.to_string(),
                number::exact(record.objective),
                number::exact(record.cut),
                variance(0),
                variance(1),
            ]
        })
    });
    output::csv(header, rows)
}
