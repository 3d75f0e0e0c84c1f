//! REBAR: the objective itself, relaxed, is the control.

use super::{Bias, Cost, Count, Method, Needs};

/// [`estimate`](crate::estimate()), for categorical variables [`categorical::estimate`](super::categorical::estimate()), with the control
/// [`Relaxed`](crate::controls::Relaxed) of f, or the fused control that f [brings](crate::controls::Relaxable).
pub const METHOD: Method = Method {
    name: "rebar",
    title: "REBAR",
    formula: "c(z) = η·f(σ(z/λ)); categorical: c(z) = η·f(softmax(z/λ))",
    source: "Tucker et al. 2017, equation 5",
    bias: Bias::Unbiased,
    needs: Needs::Control,
    cost: Cost::ONE.and_control(Count::Fixed(2)),
    parameters: "η, λ (if f is twice differentiable), trained on the variance",
};
