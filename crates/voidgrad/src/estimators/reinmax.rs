//! `ReinMax`: straight-through to second order.

use super::{Bias, Cost, Method, Needs};
use crate::bernoulli::Bernoulli;
use crate::categorical::Categorical;
use crate::distribution::Distribution as _;
use crate::estimator::{Answer, Estimator, Told, Want};
use crate::noise::Rule;
use voidgrad_real::sigmoid;

/// `ĝ = ½·∇f(b)·|b - θ|`, by coordinate: in expectation `θ(1 - θ)` times the trapezoidal rule for `f(1) - f(0)`. **Biased**, unless
/// f is quadratic in every variable.
///
/// Of a categorical variable in state k, with `g = ∇f(b)`: `ĝ_i = ½·θ_i·(g_i - g_k)` for the other states, and `ĝ_k` is minus their sum.
///
/// The paper has `ĝ = 2·J(π₁)·g - ½·J(θ)·g`, with `π₁ = (θ + b)/2` and the Jacobian `J(π) = diag(π) - π·πᵀ` of the softmax. Nothing cancels in the forms
/// above, which are the same numbers.
///
/// Source: Liu, Dong, Liu, Yu and Gao 2023, section 3 and algorithm 2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReinMax;

/// What the list says of it.
pub const METHOD: Method = Method {
    name: "reinmax",
    title: "ReinMax",
    formula: "ĝ = ½·∇f(b)·|b - θ|; categorical, in state k: ĝ_i = ½·θ_i·(∇f_i - ∇f_k), and ĝ_k is minus their sum",
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

impl Estimator<Categorical> for ReinMax {
    fn ask(&self, categorical: &Categorical, noise: &[f64], points: &mut [f64]) {
        categorical.sample(noise, points);
    }

    fn answer(&self, categorical: &Categorical, told: Told<'_>, answer: Answer<'_>) {
        let states = categorical.states();
        let rows = told.points.chunks_exact(states).zip(told.gradients.chunks_exact(states));
        let theta = categorical.probabilities().chunks_exact(states);
        for ((gradient, theta), (b, slope)) in answer.gradient.chunks_exact_mut(states).zip(theta).zip(rows) {
            let k = b.iter().position(|&b| b == 1.0).unwrap_or(0);
            for ((gradient, theta), other) in gradient.iter_mut().zip(theta).zip(slope) {
                *gradient = 0.5 * theta * (other - slope[k]);
            }
            // That of k itself is 0.
            gradient[k] = -gradient.iter().sum::<f64>();
        }
    }

    fn want(&self, _: usize) -> Want {
        Want::Gradient
    }

    fn rule(&self, categorical: &Categorical) -> Option<Rule> {
        categorical.rule()
    }
}
