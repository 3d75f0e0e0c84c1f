//! `ReinMax`: straight-through to second order.

use super::{Bias, Draw, Estimator, Method, Needs, Rule};
use crate::bernoulli::Bernoulli;
use crate::distribution::Distribution as _;
use crate::estimator::EstimateError;
use crate::noise::Uniforms;
use crate::objective::Objective;
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
    cost: "1",
    parameters: "",
    bernoulli: Some(|_, _| Ok(Box::new(ReinMax))),
    categorical: None,
    gaussian: None,
};

impl Estimator for ReinMax {
    fn estimate(
        &self,
        bernoulli: &Bernoulli,
        objective: &dyn Objective,
        noise: Uniforms<'_>,
        draw: &mut Draw,
    ) -> Result<(), EstimateError> {
        let (b, gradient) = super::gradient_at_sample(bernoulli, objective, noise, draw)?;
        for ((gradient, &b), &a) in gradient.iter_mut().zip(b).zip(bernoulli.logits()) {
            // |b - θ|, without the rounding of the difference.
            *gradient *= 0.5 * if b == 1.0 { sigmoid(-a) } else { sigmoid(a) };
        }
        Ok(())
    }

    fn suits(&self, _: &Bernoulli, objective: &dyn Objective) -> Result<(), EstimateError> {
        super::has_gradient(objective)
    }

    fn rule(&self, bernoulli: &Bernoulli) -> Option<Rule> {
        bernoulli.rule()
    }
}
