//! `summary.json` and `metrics.csv`.

use serde::Serialize;

use super::experiment::CartPole;
use super::run::{OF_200, OF_500, Run, WINDOW};
use voidgrad_kit::error::Error;
use voidgrad_kit::number;
use voidgrad_kit::output;

/// The summary.
#[derive(Serialize)]
struct Summary {
    problem: &'static str,
    iterations: u64,
    /// Episodes of a step.
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
    episodes: usize,
    /// Episodes until the mean return of the last 100 was at least 475.
    solved_at: Option<usize>,
    /// The same for a mean of at least 195, where every episode counts as if it ended after 200 decisions.
    solved_of_200_at: Option<usize>,
    /// The largest mean return of 100 consecutive episodes.
    best_mean: Option<f64>,
    /// The mean return of the last 100 episodes.
    last_mean: Option<f64>,
}

/// The summary as JSON.
///
/// # Errors
/// Returns an error if it cannot be written; in memory that does not happen.
pub(super) fn json(experiment: &CartPole, runs: &[Run]) -> Result<Vec<u8>, Error> {
    let row = |run: &Run| Row {
        estimator: run.baseline.name(),
        repeat: run.repeat,
        episodes: run.returns.len(),
        solved_at: run.solved_at(OF_500),
        solved_of_200_at: run.solved_at(OF_200),
        best_mean: run.best(),
        last_mean: run.mean_at(run.returns.len()),
    };
    let summary = Summary {
        problem: "cart-pole",
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

/// Rows of a run, about.
const RECORDS: usize = 250;

/// So many episodes are between two rows.
fn stride(experiment: &CartPole) -> usize {
    let batch = experiment.batch;
    (experiment.episodes() / RECORDS).next_multiple_of(batch).max(batch)
}

/// The mean returns of every run over its episodes: of those since the last row, and of the last 100.
///
/// # Errors
/// Returns an error if a row cannot be written; in memory that does not happen.
pub(super) fn csv(experiment: &CartPole, runs: &[Run]) -> Result<Vec<u8>, Error> {
    let header = ["estimator", "repeat", "iteration", "episodes", "mean_return", "mean_of_100"];
    let stride = stride(experiment);
    let rows = runs.iter().flat_map(|run| {
        run.returns.chunks(stride).enumerate().map(move |(number, returns)| {
            let episodes = number * stride + returns.len();
            let mean = returns.iter().sum::<f64>() / returns.len() as f64;
            [
                run.baseline.name().to_owned(),
                run.repeat.to_string(),
                (episodes / experiment.batch).to_string(),
                episodes.to_string(),
                number::exact(mean),
                run.mean_at(episodes).map_or_else(String::new, number::exact),
            ]
        })
    });
    output::csv(header, rows)
}

/// The episodes at which the report shows the mean of the last ones.
pub(super) fn shown(experiment: &CartPole) -> impl Iterator<Item = usize> + use<> {
    let stride = stride(experiment);
    (1..=experiment.episodes() / stride)
        .map(move |number| number * stride)
        .filter(|episodes| *episodes >= WINDOW)
}
