//! `variance`: the gradient and variance of one estimator at one point.

use serde::Serialize;
use voidgrad::Estimator as _;
use voidgrad::estimator::AnyEstimator;
use voidgrad::estimators::Setup;
use voidgrad::toy::MeanQuadratic;
use voidgrad::variance::{FloorInUse, Floors, VarianceError, floor_in_use, floors_of_multilinear};
use voidgrad::{Bernoulli, Stream};

use crate::cli::VarianceArguments;
use crate::evaluation::{self, FEWEST_FOR_AN_ERROR, MOST_TERMS, Sampling, Technique, Way};
use crate::variables::identical;
use crate::{choice, preparation, statistics};
use voidgrad_kit::error::Error;
use voidgrad_kit::{number, terminal};

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

/// What the best controls of a family leave of the variance.
#[derive(Serialize)]
struct LeastVariances {
    #[serde(rename = "floor_constant")]
    constant: f64,
    #[serde(rename = "floor_additive")]
    additive: f64,
    #[serde(rename = "floor_pairwise")]
    pairwise: f64,
    /// Nothing if the estimator has no control.
    #[serde(rename = "floor_in_use")]
    in_use: Option<f64>,
    /// 0 where it is exact, nothing where there are too few samples to tell.
    #[serde(rename = "floor_in_use_standard_error")]
    in_use_standard_error: Option<f64>,
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
    let biased = estimator.is_biased();
    let evaluations = made.evaluations(&bernoulli);
    let floors = arguments.floor.then(|| least(&bernoulli, objective, &mut made, (samples, seed)));
    Ok(Answer {
        estimator: estimator.name,
        evaluations,
        biased,
        gradient_exact: statistics::mean(&objective.gradient(&bernoulli)),
        gradient_mean: evaluation.gradient_mean(),
        gradient_standard_error,
        variance: evaluation.variance,
        variance_standard_error: evaluation.standard_error,
        method: evaluation.technique,
        samples: evaluation.samples,
        terms,
        floors: floors.transpose()?,
    })
}

/// The floors. The objective is a sum of one function for each variable, so those of h(b) are exact for any number of variables.
fn least(
    bernoulli: &Bernoulli,
    objective: MeanQuadratic,
    estimator: &mut AnyEstimator,
    (samples, seed): (u64, u64),
) -> Result<LeastVariances, Error> {
    let multilinear = objective.multilinear(bernoulli.len()).map_err(Error::computation)?;
    let floors = floors_of_multilinear(bernoulli, &multilinear).map_err(Error::computation)?;
    let Floors { constant, additive, pairwise } = floors;
    let in_use = match floor_in_use(bernoulli, &objective, estimator, samples, seed) {
        Ok(floor) => Some(floor),
        Err(VarianceError::NoControl) => None,
        Err(error) => return Err(Error::computation(error)),
    };
    let error = |FloorInUse { standard_error, .. }: FloorInUse| {
        (standard_error == 0.0 || samples >= FEWEST_FOR_AN_ERROR).then_some(standard_error)
    };
    Ok(LeastVariances {
        constant,
        additive,
        pairwise,
        in_use: in_use.map(|floor| floor.variance),
        in_use_standard_error: in_use.and_then(error),
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
        let LeastVariances { constant, additive, pairwise, in_use, in_use_standard_error } = *floors;
        let families = [
            (constant, "the best constant"),
            (additive, "the best sum of a function of each variable"),
            (pairwise, "the best sum of a function of each pair of variables"),
        ];
        let lines =
            families.map(|(floor, family)| format!("floor     {floor:.10e} with {family}\n")).concat();
        let own = in_use.map_or_else(String::new, |floor| {
            let error = error(in_use_standard_error);
            let name = answer.estimator;
            format!(
                "floor     {floor:.10e}{error} with the control of {name} and the best parameters found\n"
            )
        });
        lines + &own
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
