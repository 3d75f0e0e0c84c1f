//! How a cut is searched.

use voidgrad::Bernoulli;
use voidgrad::estimators::{Listed, Method, Needs};

use crate::cli::value::Gradient;
use voidgrad_kit::error::Error;

/// A way to search.
#[derive(Debug, Clone, Copy)]
pub(super) enum Way {
    /// Along the exact gradient of `E[f]`.
    Exact,
    /// Along an estimate of it, from values of f alone.
    Estimated(&'static Method),
    /// Probabilities that move to the best samples of a step.
    Pbil,
    /// One flip after the other that makes the cut larger.
    LocalSearch,
    /// Metropolis' one-flip algorithm.
    SimulatedAnnealing,
}

/// The estimator that is followed if none is asked for.
const DEFAULT: &str = "rloo";

impl Way {
    /// What was asked for, or the exact gradient and RLOO; and the baselines.
    ///
    /// # Errors
    /// Returns an error if an estimator needs more than values of f.
    pub(super) fn all(asked: &[Gradient]) -> Result<Vec<Self>, Error> {
        asked.iter().try_for_each(Gradient::check_has_no_optimiser)?;
        asked.iter().try_for_each(Gradient::check_is_of_expectation)?;
        let mut ways = Vec::new();
        if asked.is_empty() || asked.iter().any(|gradient| matches!(gradient, Gradient::Exact)) {
            ways.push(Self::Exact);
        }
        let is_asked = |name: &str| {
            let named = |gradient: &Gradient| matches!(gradient, Gradient::Estimated(method, _) if method.name == name);
            if asked.is_empty() { name == DEFAULT } else { asked.iter().any(named) }
        };
        for row in Bernoulli::estimators().iter().filter(|row| is_asked(row.method.name)) {
            if row.method.needs != Needs::Values {
                let known = Bernoulli::estimators().iter().map(|row| row.method);
                let known: Vec<&str> =
                    known.filter(|method| method.needs == Needs::Values).map(|method| method.name).collect();
                return Err(Error::arguments(format!(
                    "--estimator {} needs more than values of f; --problem max-cut has exact, {}",
                    row.method.name,
                    known.join(", ")
                )));
            }
            ways.push(Self::Estimated(row.method));
        }
        ways.extend([Self::Pbil, Self::LocalSearch, Self::SimulatedAnnealing]);
        Ok(ways)
    }

    /// The estimator, if it has one.
    pub(super) fn method(self) -> Option<&'static Method> {
        match self {
            Self::Estimated(method) => Some(method),
            _ => None,
        }
    }

    /// What it is called.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Estimated(method) => method.name,
            Self::Pbil => "pbil",
            Self::LocalSearch => "local-search",
            Self::SimulatedAnnealing => "simulated-annealing",
        }
    }

    /// The name among those that an option can give; none for the baselines, which are there in any case.
    pub(super) fn option(self) -> Option<&'static str> {
        match self {
            Self::Exact | Self::Estimated(_) => Some(self.name()),
            Self::Pbil | Self::LocalSearch | Self::SimulatedAnnealing => None,
        }
    }
}
