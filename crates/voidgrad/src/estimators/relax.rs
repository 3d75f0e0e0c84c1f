//! RELAX with the note's network, a `ReLU` after every layer.

use super::{Bias, Method, Needs};
use crate::controls::Relax;

/// [`estimate`](crate::estimate()) with the control [`Relax`].
pub const METHOD: Method = Method {
    name: "relax",
    title: "RELAX",
    formula: "c(z) = f(σ(z/λ)) + r(z), r: 1-5-5-1, ReLU after every layer",
    source: "Grathwohl et al. 2018, equation 8, with the note's network",
    bias: Bias::Unbiased,
    needs: Needs::Control,
    cost: "1, c twice",
    parameters: "λ and 46 weights, trained on the variance",
    bernoulli: Some(|setup, rng| Ok(Box::new(Relax::draw(setup.lambda, setup.target, rng)?))),
    categorical: None,
    gaussian: None,
};
