//! RELAX with a small network, which has a `ReLU` after every layer, the last one too.

use super::{Bias, Cost, Count, Method, Needs};

/// [`estimate`](crate::estimate()) with the [`Sum`](crate::controls::Sum) of REBAR's control and a [`ReluNetwork`](crate::controls::ReluNetwork), or the fused control that f
/// [brings](crate::controls::Relaxable), as the toy does with [`Relax`](crate::controls::Relax). For categorical variables
/// [`categorical::estimate`](super::categorical::estimate()) with the sum of REBAR's control and a [`Perceptron`](crate::controls::Perceptron) of all of z:
/// states of a variable belong together, and a network of one z at a time would not see them do so.
pub const METHOD: Method = Method {
    name: "relax",
    title: "RELAX",
    formula: "c(z) = η·f(σ(z/λ)) + r(z), r: 1-5-5-1, ReLU after every layer; \
              categorical: c(z) = η·f(softmax(z/λ)) + r(z), r: one layer of 10 tanh over all of z",
    source: "Grathwohl et al. 2018, equation 8, with a network of 46 weights",
    bias: Bias::Unbiased,
    needs: Needs::Control,
    cost: Cost::ONE.and_control(Count::Fixed(2)),
    parameters: "η (1 for the toy), λ and 46 weights, or η, λ and the weights of 10 units, trained on the variance",
};

/// What the list says of it if there is no f to [relax](super::Setup::relaxes) before the rounds: [`Asking`](super::Asking) with a
/// [`Perceptron`](crate::controls::Perceptron) of all of z.
pub const ASKING: Method = Method {
    formula: "c(z) = η·f(σ(z/λ)) + r(z), r: one layer of 10 tanh over all of z; categorical: c(z) = η·f(softmax(z/λ)) + r(z); f and ∇f at z and z̃ are asked for",
    source: "Grathwohl et al. 2018, equation 8",
    needs: Needs::Gradient,
    cost: Cost::f(Count::Fixed(3)),
    parameters: "λ; η at the start, then learned, with a decay of 0.999 unless given; the weights of 10 units, trained on the variance",
    ..METHOD
};
