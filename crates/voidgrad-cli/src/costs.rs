//! What a round of each candidate of `auto` costs.

use std::str::FromStr;
use std::time::{Duration, Instant};

use voidgrad::Bernoulli;
use voidgrad::estimators::{Auto, Method, MethodError, Setup};
use voidgrad::{Objective, Round, Stream};

use crate::choice;
use voidgrad_kit::error::Error;
use voidgrad_kit::number;

/// The estimator that has costs.
const AUTO: &str = "auto";

/// How long a candidate is timed at least, and for how many rounds.
const LEAST: Duration = Duration::from_millis(20);
const ROUNDS: u32 = 10;
/// Timings of a candidate, of which the quickest counts: whatever else runs on the machine makes the others slower.
const TIMES: u32 = 3;

/// What `--auto-costs` says.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) enum Costs {
    /// Evaluations of f.
    #[default]
    Evaluations,
    /// Seconds, to be measured.
    Seconds,
    /// These numbers.
    Given(Vec<(String, f64)>),
}

impl FromStr for Costs {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "evaluations" => return Ok(Self::Evaluations),
            "seconds" => return Ok(Self::Seconds),
            _ => {}
        }
        let cost = |part: &str| {
            let (name, cost) = part.split_once('=')?;
            let cost = cost.trim().parse().ok().filter(|cost: &f64| *cost > 0.0 && cost.is_finite())?;
            Some((name.trim().to_owned(), cost))
        };
        let costs: Option<Vec<(String, f64)>> = text.split(',').map(cost).collect();
        costs.map(Self::Given).ok_or_else(|| {
            "must be evaluations, seconds, or a positive number for each candidate, such as disarm=2e-4,rloo=3e-4"
                .to_owned()
        })
    }
}

impl Costs {
    /// The costs of these candidates of `auto`; none if they are evaluations of f, or if `auto` is not among the estimators. Seconds are measured by
    /// `time`: those of one round.
    ///
    /// # Errors
    /// Returns an error if there are costs and no `auto`, if there are no candidates, or if a candidate can't be timed.
    pub(crate) fn of(
        &self,
        methods: &[&'static Method],
        candidates: Result<Vec<String>, MethodError>,
        mut time: impl FnMut(&'static Method) -> Result<f64, Error>,
    ) -> Result<Vec<(String, f64)>, Error> {
        let is_there = methods.iter().any(|method| method.name == AUTO);
        match self {
            Self::Evaluations => Ok(Vec::new()),
            _ if !is_there => Err(Error::arguments("--auto-costs is for --estimator auto")),
            Self::Given(costs) => Ok(costs.clone()),
            Self::Seconds => {
                let candidates = candidates.map_err(Error::arguments)?;
                let method = |name: &str| {
                    Method::find(name).ok_or_else(|| Error::computation(format!("{name} is not on the list")))
                };
                candidates
                    .into_iter()
                    .map(|name| {
                        let seconds = time(method(&name)?)?;
                        Ok((name, seconds))
                    })
                    .collect()
            }
        }
    }
}

/// The candidates of the list that `auto` has with this setup.
///
/// # Errors
/// Returns an error if there are none.
pub(crate) fn candidates(setup: &Setup, bernoulli: &Bernoulli) -> Result<Vec<String>, MethodError> {
    let auto = Auto::<Bernoulli>::of_table(setup, bernoulli, &mut Stream::new(0, 0, 0))?;
    Ok(auto.names().map(str::to_owned).collect())
}

/// Seconds of a round of this estimator: it asks, f is evaluated, and it is told.
///
/// # Errors
/// Returns an error if the estimator can't be used, or if f fails.
pub(crate) fn of_round(
    method: &'static Method,
    setup: &Setup,
    bernoulli: &Bernoulli,
    objective: &dyn Objective,
) -> Result<f64, Error> {
    let mut stream = Stream::new(0, 0, 0);
    let mut estimator = choice::make(method, setup, bernoulli, objective, &mut stream)?;
    let mut round = Round::new();
    seconds(|| {
        round.draw(&estimator, bernoulli, &mut stream).map_err(Error::computation)?;
        round.evaluate(objective).map_err(Error::computation)?;
        round.tell(&mut estimator, bernoulli).map_err(Error::computation)
    })
}

/// Seconds that this takes, once.
///
/// # Errors
/// As `make`.
pub(crate) fn seconds(mut make: impl FnMut() -> Result<(), Error>) -> Result<f64, Error> {
    // What it allocates once is no cost.
    make()?;
    let mut least = f64::INFINITY;
    for _ in 0..TIMES {
        let (started, mut rounds) = (Instant::now(), 0);
        while rounds < ROUNDS || started.elapsed() < LEAST {
            make()?;
            rounds += 1;
        }
        least = least.min(started.elapsed().as_secs_f64() / f64::from(rounds));
    }
    Ok(least)
}

/// The costs as the option has them; nothing if there are none.
pub(crate) fn in_words(costs: &[(String, f64)]) -> Option<String> {
    let cost = |(name, cost): &(String, f64)| format!("{name}={}", number::exact(*cost));
    (!costs.is_empty()).then(|| costs.iter().map(cost).collect::<Vec<String>>().join(","))
}

#[cfg(test)]
mod tests {
    use voidgrad::toy::MeanQuadratic;

    use super::*;

    fn measured(costs: &Costs, method: &str) -> Result<Vec<(String, f64)>, Error> {
        let (bernoulli, objective) =
            (Bernoulli::from_logits(&[0.0; 20]).unwrap(), MeanQuadratic { target: 0.4 });
        let setup = Setup::default();
        let methods = [Method::find(method).unwrap()];
        costs.of(&methods, candidates(&setup, &bernoulli), |method| {
            of_round(method, &setup, &bernoulli, &objective)
        })
    }

    #[test]
    fn costs_are_read_and_written() {
        let costs = vec![("disarm".to_owned(), 2.5e-4), ("rloo".to_owned(), 1.0 / 3.0)];
        let text = in_words(&costs).unwrap();
        assert_eq!(text.parse(), Ok(Costs::Given(costs)));
        assert_eq!("seconds".parse(), Ok(Costs::Seconds));
        assert_eq!("evaluations".parse(), Ok(Costs::default()));
        for text in
            ["", "minutes", "disarm", "disarm=", "disarm=0", "disarm=-1,rloo=1", "disarm=inf", "disarm=1,"]
        {
            assert!(text.parse::<Costs>().unwrap_err().starts_with("must be evaluations, seconds"), "{text}");
        }
        assert_eq!(in_words(&[]), None);
    }

    #[test]
    fn seconds_are_measured_for_each_candidate() {
        let found = measured(&Costs::Seconds, "auto").unwrap();
        let names: Vec<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["disarm", "rloo", "reinforce-ema", "reinforce-optimal"]);
        // A round is neither free nor a second.
        assert!(found.iter().all(|(_, seconds)| (1e-9..1.0).contains(seconds)), "{found:?}");
        assert_eq!(measured(&Costs::Evaluations, "auto").unwrap(), []);
        assert!(measured(&Costs::Seconds, "rloo").is_err());
    }
}
