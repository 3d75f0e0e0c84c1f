//! The estimator that is asked for, with its K where it has a choice.

use voidgrad::estimators::{AnyEstimator, Method, Setup};
use voidgrad::{Bernoulli, Objective, Stream};

use crate::error::Error;

/// Numbers of noise in one estimate; beyond that they alone fill the memory.
const MOST_NOISE: usize = 100_000_000;

/// Whether an estimate evaluates f as often as one likes.
pub(crate) fn has_choice(method: &Method) -> bool {
    method.cost.starts_with('K')
}

/// The estimator, for this problem.
///
/// # Errors
/// Where a K is given to an estimator without a choice, or one that it can't take; where the library refuses another value
/// of the setup; where the estimator can't be used for so many variables or without ∇f.
pub(crate) fn make(
    method: &Method,
    setup: &Setup,
    bernoulli: &Bernoulli,
    objective: &dyn Objective,
    stream: &mut Stream,
) -> Result<AnyEstimator, Error> {
    if setup.evaluations.is_some() && !has_choice(method) {
        let choosers: Vec<&str> = Method::of_bernoulli()
            .map(|(method, _)| method)
            .filter(|method| has_choice(method))
            .map(|method| method.name)
            .collect();
        return Err(Error::arguments(format!(
            "{} has no choice of evaluations, it takes {}; --evaluations is for {}",
            method.name,
            method.cost,
            choosers.join(", ")
        )));
    }
    let refuse = |reason: &dyn std::fmt::Display| Error::arguments(format!("{}: {reason}", method.name));
    let estimator = method.make(setup, stream).map_err(|error| refuse(&error))?;
    estimator.suits(bernoulli, objective).map_err(|error| refuse(&error))?;
    match estimator.noise(bernoulli) {
        noise if noise > MOST_NOISE => {
            Err(refuse(&format!("an estimate takes {noise} random numbers, more than {MOST_NOISE}")))
        }
        _ => Ok(estimator),
    }
}
