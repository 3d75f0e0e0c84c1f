//! `ReinMax`: straight-through to second order.

use super::{Bias, Cost, Method, Needs};
use crate::bernoulli::Bernoulli;
use crate::distribution::Distribution as _;
use crate::estimator::{Answer, Estimator, Told, Want};
use crate::noise::Rule;
use voidgrad_real::sigmoid;

/// `ĝ = ½·∇f(b)·|b - θ|`, by coordinate: in expectation `θ(1 - θ)` times the trapezoidal rule for `f(1) - f(0)`. **Biased**, unless
/// f is quadratic in every variable.
///
/// For two states, `2·π₁(1 - π₁) - ½·θ(1 - θ)` with `π₁ = (θ + b)/2` is `½·|b - θ|`.
///
/// Source: Liu, Dong, Liu, Yu and Gao 2023, section 3.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReinMax;

/// What the list says of it.
pub const METHOD: Method = Method {
    name: "reinmax",
    title: "ReinMax",
    formula: "ĝ = ½·∇f(b)·|b - θ|",
    source: "Liu et al. 2023, section 3",
    bias: Bias::Biased,
    needs: Needs::Gradient,
    cost: Cost::ONE,
    parameters: "",
};

impl Estimator for ReinMax {
    fn ask(&self, bernoulli: &Bernoulli, noise: &[f64], points: &mut [f64]) {
        bernoulli.sample(noise, points);
    }

    fn answer(&self, bernoulli: &Bernoulli, told: Told<'_>, answer: Answer<'_>) {
        let slopes = told.gradients.iter().zip(told.points);
        for ((gradient, (slope, &b)), &a) in answer.gradient.iter_mut().zip(slopes).zip(bernoulli.logits()) {
            // |b - θ|, without the rounding of the difference.
            *gradient = slope * (0.5 * if b == 1.0 { sigmoid(-a) } else { sigmoid(a) });
        }
    }

    fn want(&self, _: usize) -> Want {
        Want::Gradient
    }

    fn rule(&self, bernoulli: &Bernoulli) -> Option<Rule> {
        bernoulli.rule()
    }
}
