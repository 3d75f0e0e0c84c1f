//! RELAX with coupled noise.

use super::{Bias, Coupled, Method, Needs};
use crate::controls::RelaxLinear;

/// [`Coupled`] with the control [`RelaxLinear`].
pub const METHOD: Method = Method {
    name: "relax-coupled",
    title: "RELAX, coupled noise",
    formula: "c(z) = f(σ(z/λ)) + r(z) as in relax-linear, z̃ = z",
    source: "Grathwohl et al. 2018, equation 8; Tucker et al. 2017, appendix C",
    bias: Bias::Unbiased,
    needs: Needs::Control,
    cost: "1, c once",
    parameters: "λ and 46 weights, trained on the variance",
    bernoulli: Some(|setup, rng| {
        Ok(Box::new(Coupled::new(RelaxLinear::draw(setup.lambda, setup.target, rng)?)))
    }),
    categorical: None,
    gaussian: None,
};
