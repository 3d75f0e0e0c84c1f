//! RELAX with coupled noise.

use super::{Bias, Cost, Count, Method, Needs};

/// [`Coupled`](super::Coupled) with the control of [`relax-linear`](super::relax_linear::METHOD).
pub const METHOD: Method = Method {
    name: "relax-coupled",
    title: "RELAX, coupled noise",
    formula: "c(z) = η·f(σ(z/λ)) + r(z) as in relax-linear, z̃ = z",
    source: "Grathwohl et al. 2018, equation 8; Tucker et al. 2017, appendix C",
    bias: Bias::Unbiased,
    needs: Needs::Control,
    cost: Cost::ONE.and_control(Count::Fixed(1)),
    parameters: "η (1 for the toy), λ and 46 weights, trained on the variance",
};
