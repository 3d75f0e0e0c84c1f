//! Straight-through: the step from θ to b is taken for the identity.

use super::{Bias, Draw, Estimator, Method, Needs, Rule};
use crate::bernoulli::Bernoulli;
use crate::categorical::Categorical;
use crate::categorical::row;
use crate::distribution::Distribution as _;
use crate::estimator::EstimateError;
use crate::noise::Uniforms;
use crate::objective::Objective;
use voidgrad_real::sigmoid;

/// `ĝ = ∇f(b)·θ(1 - θ)`, by coordinate; for categorical variables `ĝ = ∂θ/∂a·∇f(b)` with b one-hot, which is
/// `ĝ_k = θ_k·(∇f_k - Σ_j θ_j ∇f_j)` in every row. **Biased**, unless f is linear in every variable.
///
/// ```
/// use voidgrad::estimators::{Draw, StraightThrough};
/// use voidgrad::{Categorical, MeanQuadratic, Uniforms};
/// let variable = Categorical::from_logits(&[0.0; 4], 4)?;
/// let mut draw = Draw::new(&variable);
/// let f = MeanQuadratic { target: 0.5 };
/// draw.update(&StraightThrough, &variable, &f, Uniforms::new(&[0.7])?)?;
/// // ∇f is ¼ where b is 1, and -¼ elsewhere.
/// assert_eq!(draw.gradient, [-0.03125, -0.03125, 0.09375, -0.03125]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Source: Bengio, Léonard and Courville 2013, section 4, with the derivative of the sigmoid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StraightThrough;

/// What the list says of it.
pub const METHOD: Method = Method {
    name: "straight-through",
    title: "straight-through",
    formula: "ĝ = ∇f(b)·θ(1 - θ); categorical: ĝ_k = θ_k·(∇f_k - Σ_j θ_j ∇f_j)",
    source: "Bengio, Léonard and Courville 2013, section 4",
    bias: Bias::Biased,
    needs: Needs::Gradient,
    cost: "1",
    parameters: "",
    bernoulli: Some(|_, _| Ok(Box::new(StraightThrough))),
    categorical: Some(|_, _, _| Ok(Box::new(StraightThrough))),
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
        let (_, gradient) = super::gradient_at_sample(bernoulli, objective, noise, draw)?;
        for (gradient, &a) in gradient.iter_mut().zip(bernoulli.logits()) {
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

impl Estimator<Categorical> for StraightThrough {
    fn estimate(
        &self,
        categorical: &Categorical,
        objective: &dyn Objective,
        noise: Uniforms<'_>,
        draw: &mut Draw,
    ) -> Result<(), EstimateError> {
        let (_, gradient) = super::gradient_at_sample(categorical, objective, noise, draw)?;
        let states = categorical.states();
        let theta = categorical.probabilities().chunks_exact(states);
        let rows = theta.zip(categorical.complements().chunks_exact(states));
        for (gradient, (theta, rest)) in gradient.chunks_exact_mut(states).zip(rows) {
            row::centre(theta, rest, gradient);
            gradient.iter_mut().zip(theta).for_each(|(gradient, theta)| *gradient *= theta);
        }
        Ok(())
    }

    fn suits(&self, _: &Categorical, objective: &dyn Objective) -> Result<(), EstimateError> {
        super::has_gradient(objective)
    }

    fn rule(&self, categorical: &Categorical) -> Option<Rule> {
        categorical.rule()
    }
}
