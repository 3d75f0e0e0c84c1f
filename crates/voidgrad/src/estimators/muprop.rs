//! `MuProp`: a first-order Taylor expansion around the mean as control variate.

use super::{Bias, Cost, Count, Method, Needs};
use crate::bernoulli::Bernoulli;
use crate::distribution::Distribution as _;
use crate::estimator::{Answer, Estimator, Told, Want};
use crate::noise::Rule;
use voidgrad_real::sigmoid;

/// `ĝ = (f(b) - f(θ) - ∇f(θ)ᵀ(b - θ))·(b - θ) + ∇f(θ)·θ(1 - θ)`, the last product by coordinate.
///
/// Source: Gu, Levine, Sutskever and Mnih 2016, equation 4, for one layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MuProp;

/// What the list says of it.
pub const METHOD: Method = Method {
    name: "muprop",
    title: "MuProp",
    formula: "ĝ = (f(b) - f(θ) - ∇f(θ)ᵀ(b - θ))·(b - θ) + ∇f(θ)·θ(1 - θ)",
    source: "Gu et al. 2016, equation 4",
    bias: Bias::Unbiased,
    needs: Needs::Gradient,
    cost: Cost::f(Count::Fixed(2)),
    parameters: "",
};

impl Estimator for MuProp {
    /// b and θ.
    fn ask(&self, bernoulli: &Bernoulli, noise: &[f64], points: &mut [f64]) {
        let (b, theta) = points.split_at_mut(bernoulli.len());
        bernoulli.sample(noise, b);
        theta.iter_mut().zip(bernoulli.logits()).for_each(|(theta, &a)| *theta = sigmoid(a));
    }

    fn answer(&self, bernoulli: &Bernoulli, told: Told<'_>, answer: Answer<'_>) {
        let Answer { gradient, weights, .. } = answer;
        weights.copy_from_slice(&[1.0, 0.0]);
        let variables = bernoulli.len();
        let (b, slope) = (&told.points[..variables], &told.gradients[variables..]);
        // The score is b - θ, without the rounding of the difference.
        bernoulli.score(b, gradient);
        let linear: f64 = slope.iter().zip(&*gradient).map(|(slope, score)| slope * score).sum();
        let rest = (told.values[0] - told.values[1]) - linear;
        for ((gradient, slope), &a) in gradient.iter_mut().zip(slope).zip(bernoulli.logits()) {
            *gradient = rest * *gradient + slope * (sigmoid(a) * sigmoid(-a));
        }
    }

    fn starts_with_a_sample(&self) -> bool {
        true
    }

    fn want(&self, k: usize) -> Want {
        if k == 1 { Want::Gradient } else { Want::Value }
    }

    fn evaluations(&self, _: &Bernoulli) -> u64 {
        2
    }

    fn rule(&self, bernoulli: &Bernoulli) -> Option<Rule> {
        bernoulli.rule()
    }
}
