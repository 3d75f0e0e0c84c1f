//! RELAX with coupled noise.

use super::{Bias, Cost, Count, Method, Needs};

/// [`Coupled`](super::Coupled) with the control [`RelaxLinear`](crate::controls::RelaxLinear).
pub const METHOD: Method = Method {
    name: "relax-coupled",
    title: "RELAX, coupled noise",
    formula: "c(z) = f(σ(z/λ)) + r(z) as in relax-linear, z̃ = z",
    source: "Grathwohl et al. 2018, equation 8; Tucker et al. 2017, appendix C",
    bias: Bias::Unbiased,
    needs: Needs::Control,
    cost: Cost::ONE.and_control(Count::Fixed(1)),
    parameters: "λ and 46 weights, trained on the variance",
};
