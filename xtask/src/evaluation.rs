//! Mean and variance of an estimator at a fixed control, by the best method there is.

use serde::Serialize;
use voidgrad::estimators::{Estimator, Method};
use voidgrad::{Bernoulli, MeanQuadratic, variance};

use crate::error::Error;
use crate::experiment::NOTE;
use crate::statistics;

/// How an [`Evaluation`] was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Technique {
    /// One variable: integrals over the noise, exact to 1e-7.
    Quadrature,
    /// An estimator that uses no noise but b: the sum over all states, exact.
    Enumeration,
    /// Everything else: samples, with a standard error.
    MonteCarlo,
}

/// Moments of the gradient with respect to the logits, averaged over the coordinates.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Evaluation {
    /// `(1/M) Σ_m E[ĝ_m]`.
    pub(crate) gradient_mean: f64,
    /// `(1/M) Σ_m Var[ĝ_m]`.
    pub(crate) variance: f64,
    /// Standard error of `variance`; 0 where it is exact.
    pub(crate) standard_error: f64,
    /// Samples drawn; 0 where the result is exact.
    pub(crate) samples: u64,
}

/// Where samples are needed: how many, and the seed that names their streams.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sampling {
    /// Number of samples.
    pub(crate) samples: u64,
    /// Seed of the samples.
    pub(crate) seed: u64,
}

/// The technique that suits `method` at `dimension` variables.
pub(crate) fn technique(method: &Method, dimension: usize) -> Technique {
    if dimension == 1 && NOTE.contains(&method.name) {
        Technique::Quadrature
    } else if method.name == "reinforce" && dimension <= variance::LARGEST_ENUMERATION {
        Technique::Enumeration
    } else {
        Technique::MonteCarlo
    }
}

/// Evaluates the estimator.
///
/// # Errors
/// Where a moment is not finite, or the quadrature does not reach its tolerance.
pub(crate) fn evaluate(
    technique: Technique,
    bernoulli: &Bernoulli,
    objective: MeanQuadratic,
    estimator: &dyn Estimator,
    sampling: Sampling,
) -> Result<Evaluation, Error> {
    match technique {
        Technique::Quadrature => {
            let control = estimator.control().ok_or_else(|| Error::computation("no control to integrate"))?;
            let moments = variance::exact(bernoulli, &objective, control).map_err(Error::computation)?;
            Ok(exactly(moments.mean, moments.variance))
        }
        Technique::Enumeration => {
            let control = estimator.control().ok_or_else(|| Error::computation("no control to enumerate"))?;
            let moments = variance::enumerate(bernoulli, &objective, control).map_err(Error::computation)?;
            Ok(exactly(statistics::mean(&moments.mean), moments.variance))
        }
        Technique::MonteCarlo => {
            let Sampling { samples, seed } = sampling;
            let moments = variance::monte_carlo(bernoulli, &objective, estimator, samples, seed)
                .map_err(Error::computation)?;
            Ok(Evaluation {
                gradient_mean: statistics::mean(&moments.mean),
                variance: moments.variance,
                standard_error: moments.standard_error,
                samples,
            })
        }
    }
}

fn exactly(gradient_mean: f64, variance: f64) -> Evaluation {
    Evaluation { gradient_mean, variance, standard_error: 0.0, samples: 0 }
}
