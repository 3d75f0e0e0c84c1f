//! Mean and variance of an estimator as it stands, by the best way there is.

use rayon::prelude::*;
use serde::Serialize;
use voidgrad::variance::{self, LARGEST_RULE, Moments, Sampled, VarianceError};
use voidgrad::{Bernoulli, Estimator, Objective, Round, Stream};

use crate::statistics;
use voidgrad_kit::error::Error;

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
    /// Standard error of `variance`; 0 where it is exact, `None` where there are too few samples to tell.
    pub(crate) standard_error: Option<f64>,
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
    /// The most that all of them may cost together, in units of [`unit()`].
    pub(crate) work: u64,
    /// Number of samples, where they are needed.
    pub(crate) samples: u64,
    /// Seed of the samples.
    pub(crate) seed: u64,
}

/// The standard error of a variance is about fourth moments, which take four samples; two would always give 0.
pub(crate) const FEWEST_FOR_AN_ERROR: u64 = 4;

/// As many terms as the library adds up.
pub(crate) const MOST_TERMS: u64 = LARGEST_RULE;

/// What one estimate costs: variables times evaluations of f. A unit takes some nanoseconds, with a large control a hundred.
pub(crate) fn unit(bernoulli: &Bernoulli, estimator: &dyn Estimator) -> u64 {
    (bernoulli.len() as u64).saturating_mul(estimator.evaluations(bernoulli).max(1))
}

/// How moments are computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// By integrals over the noise of one variable; that takes milliseconds.
    Integrals,
    /// By a sum of so many terms, if the estimator has one.
    Sum {
        /// Its terms.
        terms: u64,
    },
    /// By samples, because anything else is impossible or too expensive.
    Samples,
}

/// Evaluates the estimator.
///
/// # Errors
/// Returns an error if a moment is not finite, or a quadrature does not reach its tolerance.
pub(crate) fn evaluate(
    bernoulli: &Bernoulli,
    objective: &(impl Objective + Sync),
    estimator: &dyn Estimator,
    sampling: Sampling,
) -> Result<Evaluation, Error> {
    if way(bernoulli, estimator, sampling) != Way::Samples {
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

/// The best way that [`evaluate`] can afford; its cost is known before it begins.
pub(crate) fn way(bernoulli: &Bernoulli, estimator: &dyn Estimator, sampling: Sampling) -> Way {
    // Every number of the noise has two nodes at least, so there is no need to list those of a million of them.
    if estimator.noise(bernoulli) >= u64::BITS as usize {
        return Way::Samples;
    }
    let terms = match estimator.rule(bernoulli) {
        Some(rule) => rule.size(),
        None if bernoulli.len() == 1 => return Way::Integrals,
        None => Some(1 << bernoulli.len()),
    };
    match terms {
        Some(terms)
            if terms <= sampling.terms
                && terms.saturating_mul(unit(bernoulli, estimator)) <= sampling.work =>
        {
            Way::Sum { terms }
        }
        _ => Way::Samples,
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

impl From<Moments> for Evaluation {
    fn from(Moments { mean, variance, technique }: Moments) -> Self {
        let technique = match technique {
            variance::Technique::Quadrature => Technique::Quadrature,
            variance::Technique::Enumeration => Technique::Enumeration,
        };
        Self { mean, variance, standard_error: Some(0.0), technique, samples: 0 }
    }
}

impl From<Sampled> for Evaluation {
    fn from(Sampled { mean, variance, standard_error, samples }: Sampled) -> Self {
        let standard_error = (samples >= FEWEST_FOR_AN_ERROR).then_some(standard_error);
        Self { mean, variance, standard_error, technique: Technique::MonteCarlo, samples }
    }
}

/// The standard error of [`gradient_mean`](Evaluation::gradient_mean), which is a mean over coordinates that may go together. The
/// samples are those of the evaluation.
///
/// # Errors
/// Returns an error if an estimate fails.
pub(crate) fn gradient_standard_error(
    bernoulli: &Bernoulli,
    objective: &(impl Objective + Sync),
    estimator: &dyn Estimator,
    evaluation: &Evaluation,
    seed: u64,
) -> Result<f64, Error> {
    let (samples, center) = (evaluation.samples, evaluation.gradient_mean());
    if samples == 0 {
        return Ok(0.0);
    }
    let squares = (0..samples.div_ceil(BLOCK)).into_par_iter().map(|block| {
        let mut stream = Stream::new(seed, u64::MAX, block);
        let (mut round, mut sum) = (Round::new(), 0.0);
        for _ in 0..BLOCK.min(samples - block * BLOCK) {
            estimate(&mut round, estimator, bernoulli, objective, &mut stream)?;
            sum += (statistics::mean(round.gradient()) - center).powi(2);
        }
        Ok(sum)
    });
    // In the order of the blocks, so that threads change nothing.
    let squares: f64 = squares.collect::<Result<Vec<f64>, Error>>()?.into_iter().sum();
    let count = samples as f64;
    Ok((squares / (count - 1.0) / count).sqrt())
}

/// An estimate from the next numbers of a stream; the estimator learns nothing.
///
/// # Errors
/// Returns an error if the estimate fails.
pub(crate) fn estimate(
    round: &mut Round,
    estimator: &dyn Estimator,
    bernoulli: &Bernoulli,
    objective: &dyn Objective,
    stream: &mut Stream,
) -> Result<(), Error> {
    round.draw(estimator, bernoulli, stream).map_err(Error::computation)?;
    round.evaluate(objective).map_err(Error::computation)?;
    round.answer(estimator, bernoulli).map_err(Error::computation)
}

/// Samples that share a stream, as in [`variance::monte_carlo`].
const BLOCK: u64 = 256;
