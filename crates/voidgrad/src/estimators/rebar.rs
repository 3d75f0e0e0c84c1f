//! REBAR: the objective itself, relaxed, is the control.

use super::{Bias, Method, Needs};
use crate::categorical::Relaxed;
use crate::controls::Rebar;
use crate::objective::MeanQuadratic;

/// [`estimate`](crate::estimate()) with the control [`Rebar`]; for categorical variables
/// [`categorical::estimate`](crate::categorical::estimate()) with the control [`Relaxed`] of f.
pub const METHOD: Method = Method {
    name: "rebar",
    title: "REBAR",
    formula: "c(z) = η·f(σ(z/λ)); categorical: c(z) = η·f(softmax(z/λ))",
    source: "Tucker et al. 2017, equation 5",
    bias: Bias::Unbiased,
    needs: Needs::Control,
    cost: "1, c twice",
    parameters: "η, λ, trained on the variance",
    bernoulli: Some(|setup, _| Ok(Box::new(Rebar::new(setup.eta, setup.lambda, setup.target)?))),
    categorical: Some(|setup, categorical, _| {
        let f = MeanQuadratic { target: setup.target };
        Ok(Box::new(Relaxed::new(f, categorical, setup.eta, setup.lambda)?))
    }),
    gaussian: None,
};
