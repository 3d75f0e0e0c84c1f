//! `cargo xtask variance`: the gradient and variance of one estimator at one point.

use serde::Serialize;
use voidgrad::estimators::Setup;
use voidgrad::{MeanQuadratic, Stream};

use crate::cli::VarianceArguments;
use crate::error::Error;
use crate::evaluation::{self, Sampling, Technique};
use crate::experiment::identical;
use crate::{number, statistics, terminal};

/// The answer. Gradients and variance are with respect to the logit and averaged over the coordinates.
#[derive(Serialize)]
struct Answer {
    estimator: &'static str,
    gradient_exact: f64,
    gradient_mean: f64,
    variance: f64,
    standard_error: f64,
    method: Technique,
    samples: u64,
}

/// Computes and prints the answer.
pub(crate) fn run(arguments: &VarianceArguments) -> Result<(), Error> {
    let answer = answer(arguments)?;
    if arguments.json {
        let json = serde_json::to_string(&answer).map_err(Error::computation)?;
        terminal::print(&format!("{json}\n"))
    } else {
        terminal::print(&text(&answer))
    }
}

fn answer(arguments: &VarianceArguments) -> Result<Answer, Error> {
    let VarianceArguments { estimator, target, lambda, eta, samples, seed, .. } = *arguments;
    let bernoulli = identical(arguments.theta, arguments.dim)?;
    let objective = MeanQuadratic { target };
    let setup = Setup { target, lambda, eta, ..Setup::default() };
    let made = estimator.make(&setup, &mut Stream::new(seed, 0, u64::MAX)).map_err(Error::arguments)?;
    let technique = evaluation::technique(estimator, bernoulli.len());
    let evaluation =
        evaluation::evaluate(technique, &bernoulli, objective, &*made, Sampling { samples, seed })?;
    Ok(Answer {
        estimator: estimator.name,
        gradient_exact: statistics::mean(&objective.gradient(&bernoulli)),
        gradient_mean: evaluation.gradient_mean,
        variance: evaluation.variance,
        standard_error: evaluation.standard_error,
        method: technique,
        samples: evaluation.samples,
    })
}

fn text(answer: &Answer) -> String {
    let how = match answer.method {
        Technique::Quadrature => "by quadrature".to_owned(),
        Technique::Enumeration => "by enumeration".to_owned(),
        Technique::MonteCarlo => {
            format!("± {} (standard error, {} samples)", number::short(answer.standard_error), answer.samples)
        }
    };
    format!(
        "{} with respect to the logit\ngradient  exact {:.10e}, mean of the estimator {:.10e}\nvariance  {:.10e} {how}\n",
        answer.estimator, answer.gradient_exact, answer.gradient_mean, answer.variance
    )
}
