//! `summary.json`: the settings and where every run ended.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use crate::choice::Stretch;
use crate::evaluation::Technique;
use crate::problems::quadratic::experiment::Experiment;
use crate::problems::quadratic::run::Run;
use voidgrad_kit::error::Error;
use voidgrad_kit::output;

/// The file.
#[derive(Serialize)]
struct Summary<'a> {
    target: f64,
    dim: usize,
    iterations: u64,
    seed: u64,
    repeats: u64,
    /// Whether Ctrl-C or a failure ended it before all runs were complete.
    interrupted: bool,
    theta0: f64,
    batch: usize,
    learning_rate: f64,
    control_optimisers: Vec<&'static str>,
    control_learning_rate: f64,
    runs: Vec<Row<'a>>,
}

/// One run. Gradients and variances are with respect to the logit and averaged over the coordinates. Where the run
/// diverged, they are of the state from which it could not go on.
#[derive(Serialize)]
struct Row<'a> {
    estimator: &'static str,
    /// How often an estimate evaluates f; the last one, if it is not always as often.
    evaluations: u64,
    /// Of f in all steps.
    total_evaluations: u64,
    /// Whether the estimator's mean is not the gradient.
    biased: bool,
    repeat: u64,
    theta: Vec<f64>,
    /// The first step after which the mean of θ is within 0.1 of where it should go, 0 or 1.
    steps_to: Option<u64>,
    loss: f64,
    gradient_exact: f64,
    /// Mean of the estimator under the final parameters, by `method`.
    gradient_mean: Option<f64>,
    variance: Option<f64>,
    /// Of `variance`; 0 where it is exact.
    standard_error: Option<f64>,
    method: Option<Technique>,
    /// Of `variance`; 0 where it is exact.
    samples: Option<u64>,
    /// REINFORCE's variance at the same θ.
    reinforce_variance: Option<f64>,
    diverged: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    diverged_at: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'a str>,
    control: Parameters<'a>,
    /// What an estimator that chooses among others has used.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    choices: Vec<Stretch<'a>>,
}

/// A control's parameters as an object, in the order of φ.
struct Parameters<'a>(&'a [(String, f64)]);

impl Serialize for Parameters<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in self.0 {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

/// The summary as JSON. A number that does not exist is `null`.
///
/// # Errors
/// Returns an error if it cannot be written; in memory that does not happen.
pub(crate) fn json(experiment: &Experiment, runs: &[Run]) -> Result<Vec<u8>, Error> {
    let settings = &experiment.settings;
    let summary = Summary {
        target: experiment.target(),
        dim: experiment.dimension(),
        iterations: settings.iterations,
        seed: settings.seed,
        repeats: experiment.repeats,
        interrupted: (runs.len() as u64) < experiment.runs(),
        theta0: experiment.theta0,
        batch: settings.batch,
        learning_rate: settings.learning_rate,
        control_optimisers: experiment.control_optimisers.iter().map(|optimiser| optimiser.name()).collect(),
        control_learning_rate: settings.control_learning_rate,
        runs: runs.iter().map(row).collect(),
    };
    output::json(&summary)
}

fn row(run: &Run) -> Row<'_> {
    let last = run.last();
    let moments = last.moments;
    Row {
        estimator: run.method.name(),
        evaluations: run.evaluations,
        total_evaluations: last.evaluations,
        biased: run.method.is_biased(),
        repeat: run.repeat,
        theta: run.bernoulli.probabilities().to_vec(),
        steps_to: run.steps_to,
        loss: last.loss,
        gradient_exact: last.gradient_exact,
        gradient_mean: moments.map(|moments| moments.gradient_mean),
        variance: last.variance(),
        standard_error: moments.and_then(|moments| moments.standard_error),
        method: moments.map(|moments| moments.technique),
        samples: moments.map(|moments| moments.samples),
        reinforce_variance: run.reinforce,
        diverged: run.diverged.is_some(),
        diverged_at: run.diverged.as_ref().map(|divergence| divergence.iteration),
        message: run.diverged.as_ref().map(|divergence| divergence.message.as_str()),
        control: Parameters(&run.parameters),
        choices: Stretch::of(&run.choices),
    }
}
