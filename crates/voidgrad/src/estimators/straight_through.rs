//! Straight-through: the threshold is taken for the identity.

use super::{Bias, Draw, Estimator, Method, Needs, Rule};
use crate::bernoulli::Bernoulli;
use crate::distribution::Distribution as _;
use crate::estimator::EstimateError;
use crate::noise::Uniforms;
use crate::objective::{Objective, evaluate_with_gradient};
use voidgrad_real::sigmoid;

/// `ĝ = ∇f(b)·θ(1 - θ)`, by coordinate. **Biased**, unless f is linear in every variable.
///
/// Source: Bengio, Léonard and Courville 2013, section 4, with the derivative of the sigmoid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StraightThrough;

/// What the list says of it.
pub const METHOD: Method = Method {
    name: "straight-through",
    title: "straight-through",
    formula: "ĝ = ∇f(b)·θ(1 - θ)",
    source: "Bengio, Léonard and Courville 2013, section 4",
    bias: Bias::Biased,
    needs: Needs::Gradient,
    cost: "1",
    parameters: "",
    bernoulli: Some(|_, _| Ok(Box::new(StraightThrough))),
    categorical: None,
    gaussian: None,
};

impl Estimator for StraightThrough {
    fn estimate(
        &self,
        bernoulli: &Bernoulli,
        objective: &dyn Objective,
        noise: Uniforms<'_>,
        draw: &mut Draw,
    ) -> Result<(), EstimateError> {
        let b = draw.memory.of(|| vec![0.0; bernoulli.len()]);
        bernoulli.draw(&noise, b);
        draw.f = evaluate_with_gradient(objective, b, &mut draw.gradient)?;
        for (gradient, &a) in draw.gradient.iter_mut().zip(bernoulli.logits()) {
            *gradient *= sigmoid(a) * sigmoid(-a);
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
