//! Mean and variance of an estimator as it stands, by the best way there is.

use serde::Serialize;
use voidgrad::estimators::Estimator;
use voidgrad::variance::{self, Exact, LARGEST_RULE, Sampled, VarianceError};
use voidgrad::{Bernoulli, Objective};

use crate::error::Error;
use crate::statistics;

/// How an [`Evaluation`] was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Technique {
    /// One variable: integrals over the noise, exact to 1e-7.
    Quadrature,
    /// A finite sum over states, or over noise that stands for all of it: exact.
    Enumeration,
    /// Everything else: samples, with a standard error.
    MonteCarlo,
}

/// Moments of the gradient with respect to the logits.
#[derive(Debug, Clone)]
pub(crate) struct Evaluation {
    /// `E[ĝ]`, M entries.
    pub(crate) mean: Vec<f64>,
    /// `(1/M) Σ_m Var[ĝ_m]`.
    pub(crate) variance: f64,
    /// Standard error of `variance`; 0 where it is exact.
    pub(crate) standard_error: f64,
    /// How they were made.
    pub(crate) technique: Technique,
    /// Samples drawn; 0 where the result is exact.
    pub(crate) samples: u64,
}

impl Evaluation {
    /// `(1/M) Σ_m E[ĝ_m]`.
    pub(crate) fn gradient_mean(&self) -> f64 {
        statistics::mean(&self.mean)
    }
}

/// What an evaluation may cost.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sampling {
    /// The most terms that a sum instead of samples may have.
    pub(crate) terms: u64,
    /// Number of samples, where they are needed.
    pub(crate) samples: u64,
    /// Seed of the samples.
    pub(crate) seed: u64,
}

/// As many terms as the library adds up: a second or two.
pub(crate) const MOST_TERMS: u64 = LARGEST_RULE;

/// Evaluates the estimator.
///
/// # Errors
/// Where a moment is not finite, or a quadrature does not reach its tolerance.
pub(crate) fn evaluate(
    bernoulli: &Bernoulli,
    objective: &(impl Objective + Sync),
    estimator: &dyn Estimator,
    sampling: Sampling,
) -> Result<Evaluation, Error> {
    if is_affordable(bernoulli, estimator, sampling.terms) {
        match variance::moments(bernoulli, objective, estimator) {
            Ok(exact) => return Ok(exact.into()),
            Err(error) if asks_for_samples(&error) => {}
            Err(error) => return Err(Error::computation(error)),
        }
    }
    let Sampling { samples, seed, .. } = sampling;
    let sampled = variance::monte_carlo(bernoulli, objective, estimator, samples, seed);
    sampled.map(Evaluation::from).map_err(Error::computation)
}

/// Whether an exact result, if there is one, takes no more than `terms` terms.
fn is_affordable(bernoulli: &Bernoulli, estimator: &dyn Estimator, terms: u64) -> bool {
    // Every number of the noise has two nodes at least, so there is no need to list those of a million of them.
    let bits = u64::BITS as usize;
    if bernoulli.len() == 1 && estimator.noise(bernoulli) < bits {
        return true;
    }
    if estimator.noise(bernoulli) >= bits {
        return false;
    }
    match estimator.rule(bernoulli) {
        Some(rule) => rule.size().is_some_and(|size| size <= terms),
        None => 1 << bernoulli.len() <= terms,
    }
}

/// Whether there is no exact way, which is no fault of anybody's.
fn asks_for_samples(error: &VarianceError) -> bool {
    matches!(
        error,
        VarianceError::NoRule
            | VarianceError::UsesNoise { .. }
            | VarianceError::TooManyNodes { .. }
            | VarianceError::TooManyVariables { .. }
    )
}

impl From<Exact> for Evaluation {
    fn from(Exact { mean, variance, technique }: Exact) -> Self {
        let technique = match technique {
            variance::Technique::Quadrature => Technique::Quadrature,
            variance::Technique::Enumeration => Technique::Enumeration,
        };
        Self { mean, variance, standard_error: 0.0, technique, samples: 0 }
    }
}

impl From<Sampled> for Evaluation {
    fn from(Sampled { mean, variance, standard_error, samples }: Sampled) -> Self {
        Self { mean, variance, standard_error, technique: Technique::MonteCarlo, samples }
    }
}
