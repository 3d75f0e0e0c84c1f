//! How the values of arguments are read. Every refusal says what is allowed; clap puts the value and the argument before it.

use voidgrad::Bernoulli;
use voidgrad::estimators::{Listed, Method, of_bounds};
use voidgrad::train::ControlOptimiser;

use crate::problems::{PROBLEMS, Row};
use crate::trained::Trained;
use voidgrad_kit::error::Error;
use voidgrad_kit::number;

/// A problem.
pub(crate) fn problem(name: &str) -> Result<&'static Row, String> {
    PROBLEMS.iter().find(|row| row.name == name).ok_or_else(|| {
        let known: Vec<&str> = PROBLEMS.iter().map(|row| row.name).collect();
        format!("no problem has this name; known: {}", known.join(", "))
    })
}

/// The help of `--problem`.
pub(crate) fn problems_help() -> String {
    let lines = PROBLEMS.iter().map(|row| format!("{}: {}", row.name, row.about));
    format!("What is trained; {}", lines.collect::<Vec<String>>().join("; "))
}

/// An estimator of Bernoulli variables.
pub(crate) fn estimator(name: &str) -> Result<&'static Method, String> {
    let known = || Bernoulli::estimators().iter().map(|row| row.method);
    known().find(|method| method.name == name).ok_or_else(|| {
        let known: Vec<&str> = known().map(|method| method.name).collect();
        format!("no estimator has this name; known: {}", known.join(", "))
    })
}

/// The gradient that a training follows.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Gradient {
    /// The exact one, where a problem has it.
    Exact,
    /// An estimate, and what learns its control, if that is a part of the name.
    Estimated(&'static Method, Option<ControlOptimiser>),
    /// An estimate of that of a bound of several samples.
    OfBound(&'static Method),
}

impl Gradient {
    /// What it is called.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Exact => EXACT,
            Self::Estimated(method, _) | Self::OfBound(method) => method.name,
        }
    }

    /// # Errors
    /// Returns an error if it is the gradient of a bound of several samples.
    pub(crate) fn check_is_of_expectation(&self) -> Result<(), Error> {
        match self {
            Self::OfBound(method) => Err(Error::arguments(format!(
                "--estimator {} has the gradient of a bound of several samples, which --problem vae trains on with --bound K",
                method.name
            ))),
            Self::Exact | Self::Estimated(..) => Ok(()),
        }
    }

    /// # Errors
    /// Returns an error if the name says what learns the control, for a problem whose controls have an option for that, or none.
    pub(crate) fn check_has_no_optimiser(&self) -> Result<(), Error> {
        match self {
            Self::Estimated(method, Some(optimiser)) => {
                let (method, optimiser) = (method.name, optimiser.name());
                Err(Error::arguments(format!(
                    "--estimator {method}+{optimiser} is for --problem quadratic; vae has --control-optimiser {optimiser}, if it has it"
                )))
            }
            _ => Ok(()),
        }
    }
}

/// What the exact gradient is called.
const EXACT: &str = "exact";

/// An estimator, or the exact gradient.
pub(crate) fn gradient(name: &str) -> Result<Gradient, String> {
    if name == EXACT {
        return Ok(Gradient::Exact);
    }
    if let Some(row) = of_bounds().iter().find(|row| row.method.name == name) {
        return Ok(Gradient::OfBound(row.method));
    }
    let Some((method, optimiser)) = name.split_once('+') else {
        return estimator(name).map(|method| Gradient::Estimated(method, None)).map_err(|reason| {
            let of_bounds: Vec<&str> = of_bounds().iter().map(|row| row.method.name).collect();
            format!(
                "{reason}; for max-cut and vae also {EXACT}, for vae with --bound {}",
                of_bounds.join(" or ")
            )
        });
    };
    let (method, optimiser) = (estimator(method)?, control_optimiser(optimiser)?);
    let trained = Trained::find(name)
        .ok_or_else(|| format!("the control of {} is not learned by {}", method.name, optimiser.name()))?;
    Ok(Gradient::Estimated(trained.method(), Some(trained.optimiser())))
}

/// What moves the parameters of a control.
pub(crate) fn control_optimiser(name: &str) -> Result<ControlOptimiser, String> {
    ControlOptimiser::ALL.into_iter().find(|optimiser| optimiser.name() == name).ok_or_else(|| {
        let known = ControlOptimiser::ALL.map(ControlOptimiser::name);
        format!("no optimiser has this name; known: {}", known.join(", "))
    })
}

fn number(text: &str) -> Result<f64, String> {
    text.parse().map_err(|_| "must be a number".to_owned())
}

/// A finite number.
pub(crate) fn finite(text: &str) -> Result<f64, String> {
    let value = number(text)?;
    if value.is_finite() { Ok(value) } else { Err("must be a finite number".to_owned()) }
}

/// A finite number above 0.
pub(crate) fn positive(text: &str) -> Result<f64, String> {
    let value = finite(text)?;
    if value > 0.0 { Ok(value) } else { Err("must be greater than 0".to_owned()) }
}

/// A time.
pub(crate) fn seconds(text: &str) -> Result<f64, String> {
    let value = finite(text)?;
    if value >= 0.0 { Ok(value) } else { Err("must be a number of seconds, 0 or more".to_owned()) }
}

/// A probability that is neither 0 nor 1.
pub(crate) fn probability(text: &str) -> Result<f64, String> {
    let value = number(text)?;
    if value > 0.0 && value < 1.0 { Ok(value) } else { Err("a probability must be inside (0, 1)".to_owned()) }
}

/// A whole number from `least` to `largest`.
pub(crate) fn count(least: u64, largest: u64) -> impl Fn(&str) -> Result<u64, String> + Clone + Send + Sync {
    move |text| {
        let value = text.parse().ok().filter(|value| (least..=largest).contains(value));
        value.ok_or_else(|| {
            let [least, largest] = [least, largest].map(number::grouped);
            format!("must be a whole number from {least} to {largest}")
        })
    }
}

/// A seed.
pub(crate) fn seed(text: &str) -> Result<u64, String> {
    count(0, u64::MAX)(text)
}
