//! Which estimators are trained, and what they are called.

use voidgrad::Bernoulli;
use voidgrad::estimators::{Listed, Method};
use voidgrad::train::ControlOptimiser;

use crate::cli::value::Gradient;
use crate::trained::Trained;

/// The estimators that are trained if no others are asked for.
pub(super) const DEFAULT: [&str; 5] = ["reinforce-ema", "rloo", "disarm", "rebar", "relax"];

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

/// The estimators that are asked for, in the order of the library's list.
pub(super) fn asked(gradients: &[Gradient]) -> Vec<&'static Method> {
    let is = |gradient: &Gradient, method: &Method| match gradient {
        Gradient::Exact => name_of(method) == EXACT,
        Gradient::Estimated(other, _) => other.name == method.name,
    };
    let is_asked = |method: &Method| match gradients {
        [] => DEFAULT.contains(&method.name),
        gradients => gradients.iter().any(|gradient| is(gradient, method)),
    };
    Bernoulli::estimators().iter().map(|row| row.method).filter(|method| is_asked(method)).collect()
}

/// The estimators with what moves their controls. Only controls that relax f have data that replay can give them; all others are moved by Adam.
pub(super) fn trained(methods: Vec<&'static Method>, optimisers: &[ControlOptimiser]) -> Vec<Trained> {
    let of = |method: &'static Method| match method.name {
        "rebar" | "relax" => Trained::all([method], optimisers),
        _ => vec![Trained::by_adam(method)],
    };
    methods.into_iter().flat_map(of).collect()
}
