//! The estimator that is asked for, with its K where it has a choice.

use voidgrad::estimator::{AnyEstimator, check_wants};
use voidgrad::estimators::{Listed, Method, Setup};
use voidgrad::{Bernoulli, Estimator as _, Objective, Stream};

use crate::evaluation;
use xtask_kit::error::Error;
use xtask_kit::number;

/// Why an estimator can't be used as it is asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{estimator}: {reason}")]
pub(crate) struct Refusal {
    /// Its name.
    pub(crate) estimator: &'static str,
    /// The reason, in words.
    pub(crate) reason: String,
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::arguments(refusal)
    }
}

/// Numbers of noise in one estimate; beyond that they alone fill the memory.
const MOST_NOISE: u64 = 100_000_000;

/// Variables times evaluations of f in one estimate: about a minute.
const MOST_WORK: u64 = 20_000_000_000;

/// The estimator, for this problem.
///
/// # Errors
/// Returns an error if a K is given to an estimator without a choice, or one that it can't take, if the library refuses another value
/// of the setup, or if the estimator can't be used for so many variables or without ∇f.
pub(crate) fn make(
    method: &'static Method,
    setup: &Setup,
    bernoulli: &Bernoulli,
    objective: &dyn Objective,
    stream: &mut Stream,
) -> Result<AnyEstimator, Refusal> {
    let refuse = |reason: String| Refusal { estimator: method.name, reason };
    if setup.evaluations.is_some() && !method.cost.has_choice() {
        let choosers: Vec<&str> = Bernoulli::estimators()
            .iter()
            .map(|row| row.method)
            .filter(|method| method.cost.has_choice())
            .map(|method| method.name)
            .collect();
        return Err(refuse(format!(
            "it takes {} evaluations of f and has no choice; --evaluations is for {}",
            method.cost,
            choosers.join(", ")
        )));
    }
    let row =
        Bernoulli::estimator(method.name).map_err(|error| refuse(number::shortened(&error.to_string())))?;
    let estimator =
        row.make(setup, bernoulli, stream).map_err(|error| refuse(number::shortened(&error.to_string())))?;
    estimator
        .suits(bernoulli)
        .and_then(|()| check_wants(&estimator, bernoulli, objective.differentiable().is_some()))
        .map_err(|error| refuse(number::shortened(&error.to_string())))?;
    if evaluation::unit(bernoulli, &*estimator) > MOST_WORK {
        return Err(refuse(format!(
            "an estimate evaluates f {} times for {} variables; together that may be {}",
            number::grouped(estimator.evaluations(bernoulli)),
            number::grouped(bernoulli.len() as u64),
            number::grouped(MOST_WORK)
        )));
    }
    match estimator.noise(bernoulli) as u64 {
        noise if noise > MOST_NOISE => Err(refuse(format!(
            "an estimate takes {} random numbers, more than {}",
            number::grouped(noise),
            number::grouped(MOST_NOISE)
        ))),
        _ => Ok(estimator),
    }
}

#[cfg(test)]
mod tests {
    use voidgrad::toy::MeanQuadratic;

    use super::*;

    /// The problems of the command line bring what is relaxed; should one not, this is what a user reads.
    #[test]
    fn a_control_without_an_f_to_relax_is_refused_in_the_words_of_the_library() {
        let (bernoulli, f) = (Bernoulli::from_logits(&[0.0]).unwrap(), MeanQuadratic { target: 0.4 });
        let row = Bernoulli::estimator("relax-loo").unwrap();
        let mut stream = Stream::new(0, 0, 0);
        let refused = make(row.method, &Setup::default(), &bernoulli, &f, &mut stream);
        let Err(refusal) = refused else { panic!("there is nothing to relax") };
        let Err(error) = row.make(&Setup::default(), &bernoulli, &mut stream) else {
            panic!("there is nothing")
        };
        assert_eq!(refusal.to_string(), format!("relax-loo: {error}"));
        assert!(make(row.method, &Setup::relaxing(f), &bernoulli, &f, &mut stream).is_ok());
    }
}
