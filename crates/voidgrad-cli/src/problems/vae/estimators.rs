//! Which estimators are trained, and what they are called.

use voidgrad::Bernoulli;
use voidgrad::estimators::{Listed, Method, MethodError, Row, of_bounds};
use voidgrad::train::ControlOptimiser;

use crate::cli::value::Gradient;
use crate::trained::Trained;
use voidgrad_kit::error::Error;

/// The estimators that are trained if no others are asked for.
const DEFAULT: [&str; 5] = ["reinforce-ema", "rloo", "disarm", "rebar", "relax"];

/// Those of a model with two layers of latent variables, in which a layer knows values of its f alone.
const OF_LAYERS: [&str; 3] = ["reinforce-ema", "rloo", "disarm"];

/// The name of the gradient over all states.
pub(super) const EXACT: &str = "exact";

/// The name of an estimator here. The sum over all states is the limit that the others are compared with.
pub(super) fn name(trained: &Trained) -> &'static str {
    if trained.method().name == "enumerate" { EXACT } else { trained.name() }
}

/// The name of an estimator, whatever moves the parameters of its control.
pub(super) fn name_of(method: &Method) -> &'static str {
    if method.name == "enumerate" { EXACT } else { method.name }
}

/// The name, with a mark if its mean is not the gradient.
pub(super) fn marked(trained: &Trained) -> String {
    let biased = if trained.is_biased() { " (biased)" } else { "" };
    format!("{}{biased}", name(trained))
}

/// The row of an estimator: of `E[f]`, or of a bound.
///
/// # Errors
/// Returns an error if there is none.
pub(super) fn row(method: &Method) -> Result<&'static Row<Bernoulli>, MethodError> {
    match of_bounds().iter().find(|row| row.method.name == method.name) {
        Some(row) => Ok(row),
        None => Bernoulli::estimator(method.name),
    }
}

/// The estimators that are asked for, in the order of the library's list: of `E[f]` of a model with so many layers of latent variables, or of a bound.
///
/// # Errors
/// Returns an error if one of them estimates another gradient.
pub(super) fn asked(
    gradients: &[Gradient],
    bound: Option<u64>,
    layers: usize,
) -> Result<Vec<&'static Method>, Error> {
    if let Some(samples) = bound {
        return of_bound(gradients, samples);
    }
    gradients.iter().try_for_each(Gradient::check_is_of_expectation)?;
    let is = |gradient: &Gradient, method: &Method| match gradient {
        Gradient::Exact => name_of(method) == EXACT,
        Gradient::Estimated(other, _) | Gradient::OfBound(other) => other.name == method.name,
    };
    let is_asked = |method: &Method| match gradients {
        [] if layers > 1 => OF_LAYERS.contains(&method.name),
        [] => DEFAULT.contains(&method.name),
        gradients => gradients.iter().any(|gradient| is(gradient, method)),
    };
    Ok(Bernoulli::estimators().iter().map(|row| row.method).filter(|method| is_asked(method)).collect())
}

/// The estimators of a bound that are asked for; VIMCO if there is none.
///
/// # Errors
/// Returns an error if one of them is of `E[f]`.
fn of_bound(gradients: &[Gradient], samples: u64) -> Result<Vec<&'static Method>, Error> {
    let all = || of_bounds().iter().map(|row| row.method);
    if let Some(other) = gradients.iter().find(|gradient| !matches!(gradient, Gradient::OfBound(_))) {
        let names: Vec<&str> = all().map(|method| method.name).collect();
        return Err(Error::arguments(format!(
            "--bound {samples}: {} has the gradient of E[f], and not that of the bound; there are {}",
            other.name(),
            names.join(", ")
        )));
    }
    let is_asked = |method: &Method| match gradients {
        [] => method.name == "vimco",
        gradients => gradients.iter().any(|gradient| gradient.name() == method.name),
    };
    Ok(all().filter(|method| is_asked(method)).collect())
}

/// The estimators with what moves their controls. Only controls that relax f have data that replay can give them; all others are moved by Adam.
pub(super) fn trained(methods: Vec<&'static Method>, optimisers: &[ControlOptimiser]) -> Vec<Trained> {
    let of = |method: &'static Method| match method.name {
        "rebar" | "relax" => Trained::all([method], optimisers),
        _ => vec![Trained::by_adam(method)],
    };
    methods.into_iter().flat_map(of).collect()
}
