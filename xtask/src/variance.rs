//! `cargo xtask variance`: the gradient and variance of one estimator at one point.

use serde::Serialize;
use voidgrad::Estimator as _;
use voidgrad::bernoulli::LARGEST_ENUMERATION;
use voidgrad::estimators::Setup;
use voidgrad::toy::MeanQuadratic;
use voidgrad::variance::{Floors, floors};
use voidgrad::{Bernoulli, Stream};

use crate::cli::VarianceArguments;
use crate::evaluation::{self, FEWEST_FOR_AN_ERROR, MOST_TERMS, Sampling, Technique, Way};
use crate::variables::{identical, size};
use crate::{choice, preparation, statistics};
use xtask_kit::error::Error;
use xtask_kit::{number, terminal};

/// The answer. Gradients and variance are with respect to the logit and averaged over the coordinates.
#[derive(Serialize)]
struct Answer {
    estimator: &'static str,
    /// How often an estimate evaluates f.
    evaluations: u64,
    /// Whether the mean is not the gradient.
    biased: bool,
    gradient_exact: f64,
    gradient_mean: f64,
    /// Of `gradient_mean`; 0 where it is exact.
    gradient_standard_error: f64,
    variance: f64,
    /// Of `variance`; 0 where it is exact, nothing where there are too few samples to tell.
    variance_standard_error: Option<f64>,
    method: Technique,
    samples: u64,
    /// Of the sum that is the result, where it is one.
    terms: Option<u64>,
    /// With `--floor` only.
    #[serde(flatten)]
    floors: Option<LeastVariances>,
}

/// What the best controls h(b) of three families leave of the variance.
#[derive(Serialize)]
struct LeastVariances {
    #[serde(rename = "floor_constant")]
    constant: f64,
    #[serde(rename = "floor_additive")]
    additive: f64,
    #[serde(rename = "floor_pairwise")]
    pairwise: f64,
}

impl From<Floors> for LeastVariances {
    fn from(Floors { constant, additive, pairwise }: Floors) -> Self {
        Self { constant, additive, pairwise }
    }
}

/// Samples, if the user does not say how many, and what they may cost then.
const SAMPLES: u64 = 100_000;
const SAMPLED_WORK: u64 = 1 << 30;
/// What an exact result may cost: some seconds.
const EXACT_WORK: u64 = 1 << 28;
/// What takes longer than a second is announced.
const ANNOUNCED: u64 = 1 << 26;

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
    let VarianceArguments { estimator, target, lambda, eta, evaluations, seed, .. } = *arguments;
    if arguments.floor && size(arguments.dim)? > LARGEST_ENUMERATION {
        return Err(Error::arguments(format!(
            "--floor is for at most {LARGEST_ENUMERATION} variables, whose states are added up: --dim is {}",
            arguments.dim
        )));
    }
    let bernoulli = identical(arguments.theta, arguments.dim)?;
    let objective = MeanQuadratic { target };
    let setup = Setup { lambda, eta, evaluations, ..Setup::relaxing(objective) };
    let mut made =
        choice::make(estimator, &setup, &bernoulli, &objective, &mut Stream::new(seed, 0, u64::MAX))?;
    let unit = evaluation::unit(&bernoulli, &*made);
    let affordable = (SAMPLED_WORK / unit).clamp(FEWEST_FOR_AN_ERROR, SAMPLES);
    let samples = arguments.samples.unwrap_or(affordable);
    let sampling = Sampling { terms: MOST_TERMS, work: EXACT_WORK, samples, seed };
    let way = evaluation::way(&bernoulli, &*made, sampling);
    announce(way, samples, unit, &bernoulli);
    preparation::settle(&mut made, &bernoulli, &objective, seed)?;
    let evaluation = evaluation::evaluate(&bernoulli, &objective, &*made, sampling)?;
    let gradient_standard_error =
        evaluation::gradient_standard_error(&bernoulli, &objective, &*made, &evaluation, seed)?;
    let terms = match way {
        Way::Sum { terms } if evaluation.samples == 0 => Some(terms),
        _ => None,
    };
    let floors = arguments.floor.then(|| floors(&bernoulli, &objective).map(LeastVariances::from));
    Ok(Answer {
        estimator: estimator.name,
        evaluations: made.evaluations(&bernoulli),
        biased: estimator.is_biased(),
        gradient_exact: statistics::mean(&objective.gradient(&bernoulli)),
        gradient_mean: evaluation.gradient_mean(),
        gradient_standard_error,
        variance: evaluation.variance,
        variance_standard_error: evaluation.standard_error,
        method: evaluation.technique,
        samples: evaluation.samples,
        terms,
        floors: floors.transpose().map_err(Error::computation)?,
    })
}

/// What is about to be done, if it takes a while.
fn announce(way: Way, samples: u64, unit: u64, bernoulli: &Bernoulli) {
    let (what, count) = match way {
        Way::Integrals => return,
        Way::Sum { terms } => ("adding up", terms),
        Way::Samples => ("drawing", samples),
    };
    if count.saturating_mul(unit) < ANNOUNCED {
        return;
    }
    let noun = if way == Way::Samples { "samples" } else { "terms" };
    let variables = bernoulli.len() as u64;
    let [count, evaluations, variables] = [count, unit / variables, variables].map(number::grouped);
    let note =
        format!("{what} {count} {noun}, each of {evaluations} evaluations of f for {variables} variables");
    terminal::note(&note);
}

fn text(answer: &Answer) -> String {
    let error = |error: Option<f64>| match error {
        Some(0.0) => String::new(),
        Some(error) => format!(" ± {}", number::short(error)),
        None => " (too few samples for a standard error)".to_owned(),
    };
    let samples = number::grouped(answer.samples);
    let how = match (answer.method, answer.terms) {
        (Technique::Quadrature, _) => "by quadrature".to_owned(),
        (Technique::Enumeration, Some(terms)) => {
            format!("by enumeration of {} terms", number::grouped(terms))
        }
        (Technique::Enumeration, None) => "by enumeration".to_owned(),
        (Technique::MonteCarlo, _) => format!("from {samples} samples, ± the standard error"),
    };
    let biased = if answer.biased { ", biased" } else { "" };
    let floors = answer.floors.as_ref().map_or_else(String::new, |floors| {
        format!(
            "floor     of a control that is constant {:.10e}, additive {:.10e}, pairwise {:.10e}\n",
            floors.constant, floors.additive, floors.pairwise
        )
    });
    let plural = if answer.evaluations == 1 { "" } else { "s" };
    format!(
        "{}{biased}, {} evaluation{plural} of f; with respect to the logit, {how}\n\
         gradient  exact {:.10e}, mean of the estimator {:.10e}{}\n\
         variance  {:.10e}{}\n{floors}",
        answer.estimator,
        number::grouped(answer.evaluations),
        answer.gradient_exact,
        answer.gradient_mean,
        error(Some(answer.gradient_standard_error)),
        answer.variance,
        error(answer.variance_standard_error)
    )
}
