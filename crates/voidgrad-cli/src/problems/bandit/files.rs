//! `summary.json` and `metrics.csv`.

use serde::Serialize;

use super::experiment::Bandit;
use super::run::Run;
use voidgrad_kit::error::Error;
use voidgrad_kit::number;
use voidgrad_kit::output;

/// The summary.
#[derive(Serialize)]
struct Summary {
    problem: &'static str,
    arms: usize,
    iterations: u64,
    /// Pulls of a step.
    batch: usize,
    learning_rate: f64,
    seed: u64,
    repeats: u64,
    /// Whether Ctrl-C or a failure ended it before all runs were complete.
    interrupted: bool,
    runs: Vec<Row>,
}

/// One run.
#[derive(Serialize)]
struct Row {
    /// The baseline.
    estimator: &'static str,
    repeat: u64,
    /// At the end, exact.
    expected_reward: f64,
    /// The largest that there is.
    optimum: f64,
    /// Whether the most probable arm has it.
    is_best: bool,
    /// How far the mean of ĝ is from the exact gradient at equal probabilities, in standard errors: the largest of all logits.
    gradient_deviation: f64,
    /// Of ĝ there, the mean over the logits.
    variance: f64,
}

/// The summary as JSON.
///
/// # Errors
/// Returns an error if it cannot be written; in memory that does not happen.
pub(super) fn json(experiment: &Bandit, runs: &[Run]) -> Result<Vec<u8>, Error> {
    let row = |run: &Run| Row {
        estimator: run.baseline.name(),
        repeat: run.repeat,
        expected_reward: run.last(),
        optimum: run.optimum,
        is_best: run.is_best,
        gradient_deviation: run.deviation,
        variance: run.variance,
    };
    let summary = Summary {
        problem: "bandit",
        arms: experiment.arms,
        iterations: experiment.iterations,
        batch: experiment.batch,
        learning_rate: experiment.learning_rate,
        seed: experiment.seed,
        repeats: experiment.repeats,
        interrupted: runs.len() as u64 != experiment.repeats * experiment.baselines.len() as u64,
        runs: runs.iter().map(row).collect(),
    };
    output::json(&summary)
}

/// The exact expected reward of every run over its steps.
///
/// # Errors
/// Returns an error if a row cannot be written; in memory that does not happen.
pub(super) fn csv(runs: &[Run]) -> Result<Vec<u8>, Error> {
    let header = ["estimator", "repeat", "iteration", "pulls", "expected_reward", "optimum"];
    let rows = runs.iter().flat_map(|run| {
        run.records.iter().map(move |record| {
            [
                run.baseline.name().to_owned(),
                run.repeat.to_string(),
                record.step.to_string(),
                record.pulls.to_string(),
                number::exact(record.expected),
                number::exact(run.optimum),
            ]
        })
    });
    output::csv(header, rows)
}
