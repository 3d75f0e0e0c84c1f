//! `MuProp`: a first-order Taylor expansion around the mean as control variate.

use super::{Bias, Draw, Estimator, Method, Needs, Rule};
use crate::bernoulli::Bernoulli;
use crate::distribution::Distribution as _;
use crate::estimator::EstimateError;
use crate::noise::Uniforms;
use crate::objective::{Objective, evaluate, evaluate_with_gradient};
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
    cost: "2",
    parameters: "",
    bernoulli: Some(|_, _| Ok(Box::new(MuProp))),
    categorical: None,
    gaussian: None,
};

#[derive(Default)]
struct Sample {
    b: Vec<f64>,
    theta: Vec<f64>,
    slope: Vec<f64>,
}

impl Estimator for MuProp {
    fn estimate(
        &self,
        bernoulli: &Bernoulli,
        objective: &dyn Objective,
        noise: Uniforms<'_>,
        draw: &mut Draw,
    ) -> Result<(), EstimateError> {
        let Draw { gradient, f, memory } = draw;
        let Sample { b, theta, slope } = memory.of(Sample::default);
        for values in [&mut *b, &mut *theta, &mut *slope] {
            values.resize(bernoulli.len(), 0.0);
        }
        bernoulli.draw(&noise, b);
        let logits = bernoulli.logits();
        theta.iter_mut().zip(logits).for_each(|(theta, &a)| *theta = sigmoid(a));
        *f = evaluate(objective, b)?;
        let at_mean = evaluate_with_gradient(objective, theta, slope)?;
        // The score is b - θ, without the rounding of the difference.
        bernoulli.score(b, gradient);
        let linear: f64 = slope.iter().zip(&*gradient).map(|(slope, score)| slope * score).sum();
        let rest = (*f - at_mean) - linear;
        for ((gradient, slope), &a) in gradient.iter_mut().zip(slope).zip(logits) {
            *gradient = rest * *gradient + *slope * (sigmoid(a) * sigmoid(-a));
        }
        Ok(())
    }

    fn evaluations(&self, _: &Bernoulli) -> u64 {
        2
    }

    fn suits(&self, _: &Bernoulli, objective: &dyn Objective) -> Result<(), EstimateError> {
        super::has_gradient(objective)
    }

    fn rule(&self, bernoulli: &Bernoulli) -> Option<Rule> {
        bernoulli.rule()
    }
}
