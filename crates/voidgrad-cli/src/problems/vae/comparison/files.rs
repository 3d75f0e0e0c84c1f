//! `compare.json` and `compare.csv`.

use serde::Serialize;

use super::ranking::{Gap, Ranking};
use crate::choice::Refusal;
use crate::compare::LeftOut;
use crate::problems::vae::estimators;
use crate::problems::vae::experiment::Experiment;
use voidgrad_kit::error::Error;
use voidgrad_kit::output;

/// `compare.json`.
#[derive(Serialize)]
struct File<'a> {
    problem: &'static str,
    data: &'a str,
    pixels: usize,
    model: &'static str,
    latents: usize,
    iterations: u64,
    batch: usize,
    learning_rate: f64,
    control_optimisers: Vec<&'static str>,
    control_learning_rate: f64,
    samples: u64,
    seed: u64,
    repeats: u64,
    /// What gaps are measured from.
    reference: &'static str,
    reference_elbo: f64,
    /// Evaluations of f, and seconds, that each estimator had.
    same_evaluations: u64,
    same_seconds: f64,
    /// In their order.
    estimators: Vec<Row>,
    left_out: Vec<LeftOut<'a>>,
    verdict: &'a str,
}

/// One estimator, in both files. Gaps are in nats, a standard error is `null` if every estimator has one run.
#[derive(Serialize)]
struct Row {
    rank: usize,
    estimator: &'static str,
    biased: bool,
    /// Of f for one image in a step.
    evaluations: Count,
    step_seconds: f64,
    /// The median over the runs of the mean over all evaluations of how far the run is below the exact training.
    mean_excess: Option<f64>,
    gap_same_evaluations: f64,
    gap_same_evaluations_standard_error: Option<f64>,
    gap_same_seconds: f64,
    gap_same_seconds_standard_error: Option<f64>,
    gap_same_steps: f64,
    gap_same_steps_standard_error: Option<f64>,
    test_elbo: f64,
}

/// A number of evaluations, or the mean of several.
#[derive(Serialize)]
#[serde(untagged)]
enum Count {
    Whole(u64),
    Mean(f64),
}

impl Count {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the value is looked at before"
    )]
    fn of(value: f64) -> Self {
        if value >= 0.0 && value.fract() == 0.0 && value < 1e15 {
            Self::Whole(value as u64)
        } else {
            Self::Mean(value)
        }
    }
}

/// The rows with everything that determines them.
///
/// # Errors
/// Returns an error if it cannot be written; in memory that does not happen.
pub(super) fn json(
    experiment: &Experiment,
    ranking: &Ranking,
    refusals: &[Refusal],
    verdict: &str,
) -> Result<Vec<u8>, Error> {
    let file = File {
        problem: "vae",
        data: &experiment.data.name,
        pixels: experiment.data.pixels,
        model: experiment.model.name,
        latents: experiment.latents,
        iterations: experiment.iterations,
        batch: experiment.batch,
        learning_rate: experiment.learning_rate,
        control_optimisers: experiment.control_optimisers.iter().map(|optimiser| optimiser.name()).collect(),
        control_learning_rate: experiment.control_learning_rate,
        samples: experiment.samples,
        seed: experiment.seed,
        repeats: experiment.repeats,
        reference: if ranking.is_exact { estimators::EXACT } else { "best" },
        reference_elbo: ranking.reference,
        same_evaluations: ranking.evaluations,
        same_seconds: ranking.seconds,
        estimators: rows(ranking).collect(),
        left_out: LeftOut::of(refusals),
        verdict,
    };
    output::json(&file)
}

/// The rows alone.
///
/// # Errors
/// Returns an error if a row cannot be written; in memory that does not happen.
pub(super) fn csv(ranking: &Ranking) -> Result<Vec<u8>, Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows(ranking) {
        writer.serialize(row).map_err(Error::computation)?;
    }
    writer.into_inner().map_err(Error::computation)
}

fn rows(ranking: &Ranking) -> impl Iterator<Item = Row> {
    ranking.standings.iter().zip(1..).map(|(standing, rank)| {
        let parts = |Gap { mean, standard_error }: Gap| (mean, standard_error);
        let (gap_same_evaluations, gap_same_evaluations_standard_error) = parts(standing.at_evaluations);
        let (gap_same_seconds, gap_same_seconds_standard_error) = parts(standing.at_seconds);
        let (gap_same_steps, gap_same_steps_standard_error) = parts(standing.at_steps);
        Row {
            rank,
            estimator: estimators::name(&standing.method),
            biased: standing.method.is_biased(),
            evaluations: Count::of(standing.evaluations),
            step_seconds: standing.seconds,
            mean_excess: standing.excess,
            gap_same_evaluations,
            gap_same_evaluations_standard_error,
            gap_same_seconds,
            gap_same_seconds_standard_error,
            gap_same_steps,
            gap_same_steps_standard_error,
            test_elbo: standing.test_elbo,
        }
    })
}
