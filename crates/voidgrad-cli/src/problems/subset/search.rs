//! What is trained: a distribution of subsets, or Bernoulli variables.

use voidgrad::estimator::AnyEstimator;
use voidgrad::estimators::{Listed, Method, Needs, Setup};
use voidgrad::train::{Settings, TrainerState, Training};
use voidgrad::{Bernoulli, Distribution, Estimator as _, Objective, Stream, Subset};

use super::experiment::Selection;
use crate::cli::value::Gradient;
use crate::seed;
use crate::training::damaged;
use voidgrad_kit::error::Error;
use voidgrad_kit::number;

/// A way to search.
#[derive(Debug, Clone, Copy)]
pub(super) enum Way {
    /// The distribution of subsets, along an estimate.
    Subset(&'static Method),
    /// Bernoulli variables with a penalty, along RLOO.
    Bernoulli,
}

/// The estimator that is followed if none is asked for, and by Bernoulli variables.
const RLOO: &str = "rloo";

impl Way {
    /// What was asked for, or RLOO; and Bernoulli variables.
    ///
    /// # Errors
    /// Returns an error if an estimator is not for subsets, or needs more than values of f.
    pub(super) fn all(asked: &[Gradient]) -> Result<Vec<Self>, Error> {
        asked.iter().try_for_each(Gradient::check_has_no_optimiser)?;
        asked.iter().try_for_each(Gradient::check_is_of_expectation)?;
        let known: Vec<&'static Method> = Subset::estimators()
            .iter()
            .map(|row| row.method)
            .filter(|method| method.needs == Needs::Values && method.name != "auto")
            .collect();
        let names: Vec<&str> =
            if asked.is_empty() { vec![RLOO] } else { asked.iter().map(Gradient::name).collect() };
        if let Some(name) = names.iter().find(|name| known.iter().all(|method| method.name != **name)) {
            let known: Vec<&str> = known.iter().map(|method| method.name).collect();
            return Err(Error::arguments(format!(
                "--estimator {name} is not for --problem subset, which has {}",
                known.join(", ")
            )));
        }
        let asked = known.into_iter().filter(|method| names.contains(&method.name));
        Ok(asked.map(Self::Subset).chain([Self::Bernoulli]).collect())
    }

    /// What it is called.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Subset(method) => method.name,
            Self::Bernoulli => "bernoulli",
        }
    }

    /// The estimator, if an option can give it.
    pub(super) fn method(self) -> Option<&'static Method> {
        match self {
            Self::Subset(method) => Some(method),
            Self::Bernoulli => None,
        }
    }
}

/// A training of either, whatever its distribution.
pub(super) trait Search {
    /// Makes so many steps.
    ///
    /// # Errors
    /// Returns an error if f is not a number.
    fn advance(&mut self, steps: u64) -> Result<(), Error>;

    /// Steps made so far.
    fn iteration(&self) -> u64;

    /// Evaluations of f in one step.
    fn evaluations_of_step(&self) -> u64;

    /// The most probable b.
    fn mode(&self) -> Vec<f64>;

    /// Everything that it needs to continue.
    fn state(&self) -> TrainerState;

    /// Continues from such a state.
    ///
    /// # Errors
    /// Returns an error if the state does not fit.
    fn restore(&mut self, state: &TrainerState) -> Result<(), Error>;
}

impl<D: Distribution> Search for Training<'_, D, AnyEstimator<D>> {
    fn advance(&mut self, steps: u64) -> Result<(), Error> {
        self.advance(steps).map_err(|error| Error::computation(number::shortened(&error.to_string())))
    }

    fn iteration(&self) -> u64 {
        self.iteration()
    }

    fn evaluations_of_step(&self) -> u64 {
        self.estimator().evaluations(self.distribution())
    }

    fn mode(&self) -> Vec<f64> {
        let mut mode = vec![0.0; self.distribution().dimension()];
        self.distribution().mode(&mut mode);
        mode
    }

    fn state(&self) -> TrainerState {
        self.state()
    }

    fn restore(&mut self, state: &TrainerState) -> Result<(), Error> {
        self.restore(state).map_err(|error| damaged(&error.to_string()))
    }
}

/// A training of this way and number, before its first step. All logits are 0.
///
/// # Errors
/// Returns an error if the library refuses the estimator.
pub(super) fn search(experiment: &Selection, way: Way, run: u64) -> Result<Box<dyn Search + '_>, Error> {
    let logits = vec![0.0; experiment.regression.len()];
    match way {
        Way::Subset(method) => {
            let subset = Subset::from_logits(&logits, experiment.shape.chosen).map_err(Error::arguments)?;
            training(experiment, subset, method, &experiment.regression, run)
        }
        Way::Bernoulli => {
            let bernoulli = Bernoulli::from_logits(&logits).map_err(Error::arguments)?;
            let rloo = Bernoulli::estimator(RLOO).map_err(Error::arguments)?.method;
            training(experiment, bernoulli, rloo, &experiment.penalised, run)
        }
    }
}

fn training<'a, D: Listed>(
    experiment: &'a Selection,
    start: D,
    method: &'static Method,
    objective: &'a dyn Objective,
    run: u64,
) -> Result<Box<dyn Search + 'a>, Error> {
    let refuse =
        |reason: String| Error::arguments(format!("{}: {}", method.name, number::shortened(&reason)));
    let setup =
        Setup { evaluations: method.cost.has_choice().then_some(experiment.evaluations), ..Setup::default() };
    let row = D::estimator(method.name).map_err(|error| refuse(error.to_string()))?;
    let made = row.make(&setup, &start, &mut Stream::new(experiment.seed, run, u64::MAX));
    let estimator = made.map_err(|error| refuse(error.to_string()))?;
    let settings = Settings {
        iterations: experiment.iterations,
        learning_rate: experiment.learning_rate,
        seed: seed::derive(experiment.seed, [NOISE]),
        ..Settings::default()
    };
    let training = Training::new(start, objective, estimator, &settings, run);
    Ok(Box::new(training.map_err(|error| refuse(error.to_string()))?))
}

/// The noise of the runs is not that of the data.
const NOISE: u64 = 1;
