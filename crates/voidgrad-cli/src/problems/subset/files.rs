//! `summary.json` and `metrics.csv`.

use serde::Serialize;

use super::experiment::Selection;
use super::regression::OBSERVATIONS;
use super::run::Run;
use voidgrad_kit::error::Error;
use voidgrad_kit::number;
use voidgrad_kit::output;

/// The summary.
#[derive(Serialize)]
struct Summary {
    problem: &'static str,
    observations: usize,
    features: usize,
    chosen: usize,
    noise: f64,
    correlation: f64,
    /// Of Bernoulli variables.
    penalty: f64,
    iterations: u64,
    seed: u64,
    repeats: u64,
    /// Whether Ctrl-C or a failure ended it before all runs were complete.
    interrupted: bool,
    /// The least f of all subsets, if there are few enough features.
    optimum: Option<f64>,
    /// The features of that subset, from 0.
    optimum_features: Option<Vec<usize>>,
    runs: Vec<Row>,
}

/// One run.
#[derive(Serialize)]
struct Row {
    estimator: &'static str,
    repeat: u64,
    evaluations: u64,
    /// The least f of the most probable subsets at the records, with the penalty.
    best: f64,
    /// The features of that subset, from 0.
    features: Vec<usize>,
    /// Whether it is the best of all subsets.
    found: Option<bool>,
    /// How far its f is above that of the best subset.
    excess: Option<f64>,
    /// Evaluations at the record at which it was found.
    evaluations_until_best: u64,
}

fn numbers(chosen: &[bool]) -> Vec<usize> {
    (0..chosen.len()).filter(|&m| chosen[m]).collect()
}

/// The summary as JSON.
///
/// # Errors
/// Returns an error if it cannot be written; in memory that does not happen.
pub(super) fn json(experiment: &Selection, runs: &[Run]) -> Result<Vec<u8>, Error> {
    let optimum = experiment.optimum.as_ref();
    let row = |run: &Run| Row {
        estimator: run.way.name(),
        repeat: run.repeat,
        evaluations: run.last().evaluations,
        best: run.last().best,
        features: numbers(&run.chosen),
        found: run.has_found(experiment),
        excess: optimum.map(|optimum| run.last().best - optimum.f),
        evaluations_until_best: run.evaluations_until_best(),
    };
    let summary = Summary {
        problem: "subset",
        observations: OBSERVATIONS,
        features: experiment.shape.features,
        chosen: experiment.shape.chosen,
        noise: experiment.shape.noise,
        correlation: experiment.shape.correlation,
        penalty: experiment.penalised.penalty,
        iterations: experiment.iterations,
        seed: experiment.seed,
        repeats: experiment.repeats,
        interrupted: runs.len() as u64 != experiment.repeats * experiment.ways.len() as u64,
        optimum: optimum.map(|optimum| optimum.f),
        optimum_features: optimum.map(|optimum| numbers(&optimum.chosen)),
        runs: runs.iter().map(row).collect(),
    };
    output::json(&summary)
}

/// The state of every run over its steps.
///
/// # Errors
/// Returns an error if a row cannot be written; in memory that does not happen.
pub(super) fn csv(runs: &[Run]) -> Result<Vec<u8>, Error> {
    let header = ["estimator", "repeat", "iteration", "evaluations", "objective", "best"];
    let rows = runs.iter().flat_map(|run| {
        run.records.iter().map(move |record| {
            [
                run.way.name().to_owned(),
                run.repeat.to_string(),
                record.step.to_string(),
                record.evaluations.to_string(),
                number::exact(record.objective),
                number::exact(record.best),
            ]
        })
    });
    output::csv(header, rows)
}
