//! RELAX with the note's network, repaired: no `ReLU` after the last layer.

use super::{Bias, Method, Needs};
use crate::controls::RelaxLinear;

/// [`estimate`](crate::estimate()) with the control [`RelaxLinear`].
pub const METHOD: Method = Method {
    name: "relax-linear",
    title: "RELAX, linear output",
    formula: "c(z) = f(σ(z/λ)) + r(z), r: 1-5-5-1, no ReLU after the last layer",
    source: "Grathwohl et al. 2018, equation 8, with the note's network repaired",
    bias: Bias::Unbiased,
    needs: Needs::Control,
    cost: "1, c twice",
    parameters: "λ and 46 weights, trained on the variance",
    bernoulli: Some(|setup, rng| Ok(Box::new(RelaxLinear::draw(setup.lambda, setup.target, rng)?))),
    categorical: None,
    gaussian: None,
};
