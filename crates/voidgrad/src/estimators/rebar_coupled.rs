//! REBAR with coupled noise.

use super::{Bias, Coupled, Method, Needs};
use crate::controls::Rebar;

/// [`Coupled`] with the control [`Rebar`].
pub const METHOD: Method = Method {
    name: "rebar-coupled",
    title: "REBAR, coupled noise",
    formula: "c(z) = η·f(σ(z/λ)), z̃ = z",
    source: "Tucker et al. 2017, equation 5 and appendix C",
    bias: Bias::Unbiased,
    needs: Needs::Control,
    cost: "1, c once",
    parameters: "η, λ, trained on the variance",
    bernoulli: Some(|setup, _| {
        Ok(Box::new(Coupled::new(Rebar::new(setup.eta, setup.lambda, setup.target)?)))
    }),
    categorical: None,
    gaussian: None,
};
