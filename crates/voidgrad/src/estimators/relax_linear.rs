//! RELAX with a small network, without a `ReLU` after its last layer: it can be negative, and it cannot die.

use super::{Bias, Cost, Count, Method, Needs};

/// [`estimate`](crate::estimate()) with the control of [RELAX](super::relax::METHOD) and another network; the toy brings [`RelaxLinear`](crate::controls::RelaxLinear).
pub const METHOD: Method = Method {
    name: "relax-linear",
    title: "RELAX, linear output",
    formula: "c(z) = η·f(σ(z/λ)) + r(z), r: 1-5-5-1, no ReLU after the last layer",
    source: "Grathwohl et al. 2018, equation 8, with a network of 46 weights",
    bias: Bias::Unbiased,
    needs: Needs::Control,
    cost: Cost::ONE.and_control(Count::Fixed(2)),
    parameters: "η (1 for the toy), λ and 46 weights, trained on the variance",
};
