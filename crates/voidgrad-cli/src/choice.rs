//! The estimator that is asked for, with its K where it has a choice.

use voidgrad::estimator::{AnyEstimator, Choice, check_wants};
use voidgrad::estimators::{Listed, Method, Setup};
use voidgrad::{Bernoulli, Estimator, Objective, Stream};

use serde::Serialize;

use crate::evaluation;
use voidgrad_kit::error::Error;
use voidgrad_kit::number;

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
        .and_then(|()| check_wants(&estimator, bernoulli, objective))
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

/// Evaluations of f in so many estimates since the beginning: as many as an estimator that chooses among others has counted.
pub(crate) fn evaluations_so_far(estimator: &dyn Estimator, bernoulli: &Bernoulli, estimates: u64) -> u64 {
    match estimator.choices() {
        choices if choices.is_empty() => estimates * estimator.evaluations(bernoulli),
        choices => choices.iter().map(|choice| choice.evaluations).sum(),
    }
}

/// What an estimator has chosen in all of its runs, in words; nothing for one that has no choice.
pub(crate) fn in_words<'a>(name: &str, runs: impl IntoIterator<Item = &'a [Choice]>) -> Option<String> {
    let mut used: Vec<(&str, u64)> = Vec::new();
    let (mut rounds, mut trials, mut changes) = (0, 0, 0);
    for choices in runs {
        for choice in choices {
            match used.iter_mut().find(|(name, _)| *name == choice.name) {
                Some((_, count)) => *count += choice.rounds,
                None => used.push((&choice.name, choice.rounds)),
            }
            rounds += choice.rounds;
            trials += choice.trials;
        }
        changes += choices.len().saturating_sub(1) as u64;
    }
    if rounds == 0 {
        return None;
    }
    let percent = |count: u64| number::short(1000.0 * count as f64 / rounds as f64 * 0.1);
    let shares: Vec<String> =
        used.iter().map(|(name, count)| format!("{name} in {} %", percent(*count))).collect();
    Some(format!(
        "{name} chose {} of its rounds; {} % of the rounds were trials of others, and the choice changed {}",
        shares.join(", "),
        percent(trials),
        number::plural(changes, "time"),
    ))
}

/// The choices of a run, as a summary has them.
#[derive(Debug, Serialize)]
pub(crate) struct Stretch<'a> {
    estimator: &'a str,
    rounds: u64,
    /// Rounds of these in which others were measured.
    trials: u64,
    evaluations: u64,
}

impl<'a> Stretch<'a> {
    /// All choices, in their order.
    pub(crate) fn of(choices: &'a [Choice]) -> Vec<Self> {
        let stretch = |choice: &'a Choice| {
            let Choice { name, rounds, trials, evaluations } = choice;
            Self { estimator: name, rounds: *rounds, trials: *trials, evaluations: *evaluations }
        };
        choices.iter().map(stretch).collect()
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
