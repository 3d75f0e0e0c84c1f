//! Which estimators are trained, and what they are called.

use voidgrad::Bernoulli;
use voidgrad::estimators::{Listed, Method};

use crate::cli::value::Gradient;

/// The estimators that are trained if no others are asked for.
pub(super) const DEFAULT: [&str; 5] = ["reinforce-ema", "rloo", "disarm", "rebar", "relax"];

/// The name of the gradient over all states.
pub(super) const EXACT: &str = "exact";

/// The name of an estimator here. The sum over all states is the limit that the others are compared with.
pub(super) fn name(method: &Method) -> &'static str {
    if method.name == "enumerate" { EXACT } else { method.name }
}

/// The name, with a mark if its mean is not the gradient.
pub(super) fn marked(method: &Method) -> String {
    let biased = if method.is_biased() { " (biased)" } else { "" };
    format!("{}{biased}", name(method))
}

/// The estimators that are asked for, in the order of the library's list.
pub(super) fn asked(gradients: &[Gradient]) -> Vec<&'static Method> {
    let is = |gradient: &Gradient, method: &Method| match gradient {
        Gradient::Exact => name(method) == EXACT,
        Gradient::Estimated(other) => other.name == method.name,
    };
    let is_asked = |method: &Method| match gradients {
        [] => DEFAULT.contains(&method.name),
        gradients => gradients.iter().any(|gradient| is(gradient, method)),
    };
    Bernoulli::estimators().iter().map(|row| row.method).filter(|method| is_asked(method)).collect()
}
