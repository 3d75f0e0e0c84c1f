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

/// What the list says of it if there is no f to [relax](super::Setup::relaxes) before the rounds: [`Asking`](super::Asking).
pub const ASKING: Method = Method {
    formula: "c(z) = η·f(σ(z/λ)); categorical: c(z) = η·f(softmax(z/λ)); f and ∇f at z and z̃ are asked for",
    needs: Needs::Gradient,
    cost: Cost::f(Count::Fixed(3)),
    parameters: "λ; η at the start, then learned, with a decay of 0.999 unless given",
    ..METHOD
};
