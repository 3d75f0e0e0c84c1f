//! REBAR with coupled noise.

use super::{Bias, Cost, Count, Method, Needs};

/// [`Coupled`](super::Coupled) with the control of [REBAR](super::rebar::METHOD).
pub const METHOD: Method = Method {
    name: "rebar-coupled",
    title: "REBAR, coupled noise",
    formula: "c(z) = η·f(σ(z/λ)), z̃ = z",
    source: "Tucker et al. 2017, equation 5 and appendix C",
    bias: Bias::Unbiased,
    needs: Needs::Control,
    cost: Cost::ONE.and_control(Count::Fixed(1)),
    parameters: "as those of rebar, trained on the variance",
};
