//! `summary.json`: the settings and where every run ended.

use std::collections::BTreeMap;

use serde::Serialize;

use super::estimators;
use super::experiment::Experiment;
use super::run::Run;
use crate::choice::Stretch;
use voidgrad_kit::error::Error;
use voidgrad_kit::output;

/// The file.
#[derive(Serialize)]
struct Summary<'a> {
    problem: &'static str,
    data: &'a str,
    train_rows: usize,
    test_rows: usize,
    pixels: usize,
    model: &'static str,
    /// Layers of latent variables.
    layers: usize,
    /// In each layer.
    latents: usize,
    /// Samples of the bound that is trained on, if that is not the ELBO.
    #[serde(skip_serializing_if = "Option::is_none")]
    bound: Option<u64>,
    iterations: u64,
    batch: usize,
    learning_rate: f64,
    control_optimisers: Vec<&'static str>,
    control_learning_rate: f64,
    seed: u64,
    repeats: u64,
    /// Of the ELBO; of the importance-weighted bound, and of ĝ for its variance, there are five times as many.
    samples: u64,
    /// Whether Ctrl-C or a failure ended it before all runs were complete.
    interrupted: bool,
    runs: Vec<Row<'a>>,
}

/// One run. Bounds are means over the images, in nats. A number that does not exist is `null`.
#[derive(Serialize)]
struct Row<'a> {
    estimator: &'static str,
    /// Evaluations of f for one image; in the last step, if there are not always as many.
    evaluations: u64,
    /// Of f, over all images of all steps.
    total_evaluations: u64,
    /// Whether the estimator's mean is not the gradient.
    biased: bool,
    repeat: u64,
    /// From `samples` samples, with the KL divergence in closed form if there is one layer; with two, all of it is from the samples.
    train_elbo: Option<f64>,
    test_elbo: Option<f64>,
    /// The bound that is trained on, if that is not the ELBO.
    #[serde(skip_serializing_if = "Option::is_none")]
    train_bound: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    test_bound: Option<f64>,
    /// The importance-weighted bound.
    test_importance_bound: Option<f64>,
    /// The variance of ĝ by the logits, summed over the latent variables; the mean over the first 100 images. Of a second layer, it is that by a shift of its logits.
    variance_logit: Option<f64>,
    /// The control's parameters that are numbers, by name.
    control: BTreeMap<&'a str, f64>,
    /// What an estimator that chooses among others has used.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    choices: Vec<Stretch<'a>>,
    diverged: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    diverged_at: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'a str>,
}

/// The summary as JSON.
///
/// # Errors
/// Returns an error if it cannot be written; in memory that does not happen.
pub(super) fn json(experiment: &Experiment, runs: &[Run]) -> Result<Vec<u8>, Error> {
    let data = &experiment.data;
    let summary = Summary {
        problem: "vae",
        data: &data.name,
        train_rows: data.train.rows(),
        test_rows: data.test.rows(),
        pixels: data.pixels,
        model: experiment.model.name,
        layers: experiment.model.layers,
        latents: experiment.latents,
        bound: experiment.bound,
        iterations: experiment.iterations,
        batch: experiment.batch,
        learning_rate: experiment.learning_rate,
        control_optimisers: experiment.control_optimisers.iter().map(|optimiser| optimiser.name()).collect(),
        control_learning_rate: experiment.control_learning_rate,
        seed: experiment.seed,
        repeats: experiment.repeats,
        samples: experiment.samples,
        interrupted: (runs.len() as u64) < experiment.runs(),
        runs: runs.iter().map(row).collect(),
    };
    output::json(&summary)
}

fn row(run: &Run) -> Row<'_> {
    let finite = |value: f64| Some(value).filter(|value| value.is_finite());
    let end = run.end;
    Row {
        estimator: estimators::name(&run.method),
        evaluations: run.evaluations,
        total_evaluations: run.records.last().map_or(0, |record| record.evaluations),
        biased: run.method.is_biased(),
        repeat: run.repeat,
        train_elbo: end.and_then(|end| finite(end.train_elbo)),
        test_elbo: end.and_then(|end| finite(end.test_elbo)),
        train_bound: end.and_then(|end| finite(end.train_bound)),
        test_bound: end.and_then(|end| finite(end.test_bound)),
        test_importance_bound: end.and_then(|end| finite(end.test_importance)),
        variance_logit: end.and_then(|end| finite(end.variance)),
        control: run.control.iter().map(|(name, value)| (name.as_str(), *value)).collect(),
        choices: Stretch::of(&run.choices),
        diverged: run.diverged.is_some(),
        diverged_at: run.diverged.as_ref().map(|divergence| divergence.iteration),
        message: run.diverged.as_ref().map(|divergence| divergence.message.as_str()),
    }
}
