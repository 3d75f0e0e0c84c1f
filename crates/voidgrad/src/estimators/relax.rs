//! RELAX with the note's network, a `ReLU` after every layer.

use super::{Bias, Method, Needs};
use crate::categorical::Relaxed;
use crate::controls::{Perceptron, Relax, Sum};
use crate::objective::MeanQuadratic;

/// Units of the network of all of z.
const UNITS: usize = 10;

/// [`estimate`](crate::estimate()) with the control [`Relax`]; for categorical variables
/// [`categorical::estimate`](crate::categorical::estimate()) with the [`Sum`] of REBAR's control and a [`Perceptron`] of all of z:
/// states of a variable belong together, and a network of one z at a time would not see them do so.
pub const METHOD: Method = Method {
    name: "relax",
    title: "RELAX",
    formula: "c(z) = f(σ(z/λ)) + r(z), r: 1-5-5-1, ReLU after every layer; \
              categorical: c(z) = η·f(softmax(z/λ)) + r(z), r: one layer of 10 tanh over all of z",
    source: "Grathwohl et al. 2018, equation 8, with the note's network",
    bias: Bias::Unbiased,
    needs: Needs::Control,
    cost: "1, c twice",
    parameters: "λ and 46 weights, or η, λ and the weights of 10 units, trained on the variance",
    bernoulli: Some(|setup, rng| Ok(Box::new(Relax::draw(setup.lambda, setup.target, rng)?))),
    categorical: Some(|setup, categorical, rng| {
        let f = MeanQuadratic { target: setup.target };
        let relaxed = Relaxed::new(f, categorical, setup.eta, setup.lambda)?;
        Ok(Box::new(Sum::new(relaxed, Perceptron::draw(categorical.len(), UNITS, rng)?)))
    }),
    gaussian: None,
};
