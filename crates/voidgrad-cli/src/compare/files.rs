//! `compare.json` and `compare.csv`.

use serde::Serialize;
use voidgrad::estimators::Needs;

use super::comparison::{Comparison, Outcome};
use super::measurement::Measurement;
use crate::choice::Refusal;
use crate::evaluation::Technique;
use voidgrad_kit::error::Error;
use voidgrad_kit::output;

/// `compare.json`.
#[derive(Serialize)]
struct File<'a> {
    problem: &'static str,
    objective: String,
    dim: usize,
    theta: f64,
    target: f64,
    /// K.
    evaluations: u64,
    samples: u64,
    control_steps: u64,
    seed: u64,
    /// In their order.
    estimators: Vec<Row>,
    left_out: Vec<LeftOut<'a>>,
    verdict: &'a str,
}

/// An estimator that could not be compared.
#[derive(Serialize)]
pub(crate) struct LeftOut<'a> {
    estimator: &'static str,
    reason: &'a str,
}

impl<'a> LeftOut<'a> {
    /// One for each refusal.
    pub(crate) fn of(refusals: &'a [Refusal]) -> Vec<Self> {
        refusals.iter().map(|Refusal { estimator, reason }| Self { estimator, reason }).collect()
    }
}

/// One estimator, in both files.
#[derive(Serialize)]
struct Row {
    rank: usize,
    estimator: &'static str,
    biased: bool,
    needs: &'static str,
    /// Of f, for a gradient.
    evaluations: u64,
    /// Independent estimates, of which a gradient is the mean.
    averaged: u64,
    over_budget: bool,
    /// For which its control was trained, if it has one.
    control_steps: u64,
    /// Whether it has learned from estimates before those that were measured.
    learned: bool,
    bias: f64,
    bias_standard_error: f64,
    /// Per coordinate, with respect to the logit.
    variance: f64,
    standard_error: f64,
    /// Whether there is none at all, `zero`, or none but for `rounding`; otherwise a `value`.
    variance_is: &'static str,
    variance_times_evaluations: f64,
    method: Technique,
    samples: u64,
    seconds: f64,
}

/// The rows with everything that determines them.
///
/// # Errors
/// Returns an error if it cannot be written; in memory that does not happen.
pub(super) fn json(comparison: &Comparison, outcome: &Outcome, verdict: &str) -> Result<Vec<u8>, Error> {
    let Comparison { kind, target, theta, evaluations, samples, control_steps, seed, .. } = *comparison;
    let file = File {
        problem: kind.name(),
        objective: kind.formula(target),
        dim: comparison.bernoulli.len(),
        theta,
        target,
        evaluations,
        samples,
        control_steps,
        seed,
        estimators: rows(&outcome.ranking).collect(),
        left_out: LeftOut::of(&outcome.left_out),
        verdict,
    };
    output::json(&file)
}

/// The rows alone.
///
/// # Errors
/// Returns an error if a row cannot be written; in memory that does not happen.
pub(super) fn csv(ranking: &[Measurement]) -> Result<Vec<u8>, Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows(ranking) {
        writer.serialize(row).map_err(Error::computation)?;
    }
    writer.into_inner().map_err(Error::computation)
}

fn rows(ranking: &[Measurement]) -> impl Iterator<Item = Row> {
    ranking.iter().zip(1..).map(|(measurement, rank)| Row {
        rank,
        estimator: measurement.method.name,
        biased: measurement.method.is_biased(),
        needs: match measurement.method.needs {
            Needs::Values => "f",
            Needs::Control => "f and a control",
            Needs::Gradient => "f and ∇f",
            Needs::Flips => "f and its flips",
        },
        evaluations: measurement.evaluations,
        averaged: measurement.averaged,
        over_budget: measurement.over_budget,
        control_steps: measurement.control_steps,
        learned: measurement.learned,
        bias: measurement.bias,
        bias_standard_error: measurement.bias_standard_error,
        variance: measurement.variance,
        standard_error: measurement.standard_error,
        variance_is: measurement.size.name(),
        variance_times_evaluations: measurement.variance * measurement.evaluations as f64,
        method: measurement.technique,
        samples: measurement.samples,
        seconds: measurement.seconds,
    })
}
