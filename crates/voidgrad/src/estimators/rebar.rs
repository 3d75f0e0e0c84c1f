//! REBAR: the objective itself, relaxed, is the control.

use super::{Bias, Method, Needs};
use crate::controls::Rebar;

/// [`estimate`](crate::estimate()) with the control [`Rebar`].
pub const METHOD: Method = Method {
    name: "rebar",
    title: "REBAR",
    formula: "c(z) = η·f(σ(z/λ))",
    source: "Tucker et al. 2017, equation 5",
    bias: Bias::Unbiased,
    needs: Needs::Control,
    cost: "1, c twice",
    parameters: "η, λ, trained on the variance",
    bernoulli: Some(|setup, _| Ok(Box::new(Rebar::new(setup.eta, setup.lambda, setup.target)?))),
    categorical: None,
    gaussian: None,
};
