//! Which estimators are trained, and what they are called.

use std::ops::Deref;

use voidgrad::Bernoulli;
use voidgrad::estimators::{Listed, Method};
use voidgrad::train::ControlOptimiser;

use crate::cli::value::Gradient;

/// The estimators that are trained if no others are asked for.
pub(super) const DEFAULT: [&str; 5] = ["reinforce-ema", "rloo", "disarm", "rebar", "relax"];

/// The name of the gradient over all states.
pub(super) const EXACT: &str = "exact";

/// An estimator, with what moves the parameters of its control.
#[derive(Debug, Clone, Copy)]
pub(super) struct Trained {
    method: &'static Method,
    optimiser: ControlOptimiser,
}

/// Estimators are known by their names.
impl PartialEq for Trained {
    fn eq(&self, other: &Self) -> bool {
        (self.method.name, self.optimiser) == (other.method.name, other.optimiser)
    }
}

impl Deref for Trained {
    type Target = Method;

    fn deref(&self) -> &Method {
        self.method
    }
}

/// The estimators whose control can be learned by replay, with their names then.
const REPLAYED: [(&str, &str); 2] = [("rebar", "rebar (replay)"), ("relax", "relax (replay)")];

impl Trained {
    /// The estimator, its control moved by Adam if it has one.
    pub(super) fn by_adam(method: &'static Method) -> Self {
        Self { method, optimiser: ControlOptimiser::Adam }
    }

    /// The estimators, each with every one of these optimisers that it can have. Without a control that can be learned otherwise, that is Adam.
    pub(super) fn all(
        methods: impl IntoIterator<Item = &'static Method>,
        optimisers: &[ControlOptimiser],
    ) -> Vec<Self> {
        let of = |method: &'static Method| -> Vec<Self> {
            let is_learned = REPLAYED.iter().any(|(name, _)| *name == method.name);
            if is_learned && !optimisers.is_empty() {
                optimisers.iter().map(|optimiser| Self { method, optimiser: *optimiser }).collect()
            } else {
                vec![Self::by_adam(method)]
            }
        };
        methods.into_iter().flat_map(of).collect()
    }

    /// What it is.
    pub(super) fn method(&self) -> &'static Method {
        self.method
    }

    /// What moves the parameters of its control.
    pub(super) fn optimiser(&self) -> ControlOptimiser {
        self.optimiser
    }
}

/// The name of an estimator here. The sum over all states is the limit that the others are compared with.
pub(super) fn name(trained: &Trained) -> &'static str {
    let is_replayed = trained.optimiser == ControlOptimiser::Replay;
    let other = REPLAYED.iter().find(|(name, _)| is_replayed && *name == trained.method.name);
    other.map_or_else(|| name_of(trained.method), |(_, name)| name)
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
        Gradient::Estimated(other) => other.name == method.name,
    };
    let is_asked = |method: &Method| match gradients {
        [] => DEFAULT.contains(&method.name),
        gradients => gradients.iter().any(|gradient| is(gradient, method)),
    };
    Bernoulli::estimators().iter().map(|row| row.method).filter(|method| is_asked(method)).collect()
}
