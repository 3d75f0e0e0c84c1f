//! Straight-through: the step from θ to b is taken for the identity.

use super::{Bias, Cost, Method, Needs};
use crate::bernoulli::Bernoulli;
use crate::categorical::Categorical;
use crate::categorical::row;
use crate::distribution::Distribution as _;
use crate::estimator::{Answer, Estimator, Told, Want};
use crate::noise::Rule;
use voidgrad_real::sigmoid;

/// `ĝ = ∇f(b)·θ(1 - θ)`, by coordinate; for categorical variables `ĝ = ∂θ/∂a·∇f(b)` with b one-hot, which is
/// `ĝ_k = θ_k·(∇f_k - Σ_j θ_j ∇f_j)` in every row. **Biased**, unless f is linear in every variable.
///
/// ```
/// use voidgrad::estimators::StraightThrough;
/// use voidgrad::toy::MeanQuadratic;
/// use voidgrad::{Categorical, Round};
/// let variable = Categorical::from_logits(&[0.0; 4], 4)?;
/// let mut round = Round::new();
/// let f = MeanQuadratic { target: 0.5 };
/// round.estimate(&StraightThrough, &variable, &f, &[0.7])?;
/// // ∇f is ¼ where b is 1, and -¼ elsewhere.
/// assert_eq!(round.gradient(), [-0.03125, -0.03125, 0.09375, -0.03125]);
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
    cost: Cost::ONE,
    parameters: "",
};

impl Estimator for StraightThrough {
    fn ask(&self, bernoulli: &Bernoulli, noise: &[f64], points: &mut [f64]) {
        bernoulli.sample(noise, points);
    }

    fn answer(&self, bernoulli: &Bernoulli, told: Told<'_>, answer: Answer<'_>) {
        for ((gradient, slope), &a) in answer.gradient.iter_mut().zip(told.gradients).zip(bernoulli.logits())
        {
            *gradient = slope * (sigmoid(a) * sigmoid(-a));
        }
    }

    fn want(&self, _: usize) -> Want {
        Want::Gradient
    }

    fn rule(&self, bernoulli: &Bernoulli) -> Option<Rule> {
        bernoulli.rule()
    }
}

impl Estimator<Categorical> for StraightThrough {
    fn ask(&self, categorical: &Categorical, noise: &[f64], points: &mut [f64]) {
        categorical.sample(noise, points);
    }

    fn answer(&self, categorical: &Categorical, told: Told<'_>, answer: Answer<'_>) {
        let Answer { gradient, .. } = answer;
        gradient.copy_from_slice(told.gradients);
        let states = categorical.states();
        let theta = categorical.probabilities().chunks_exact(states);
        let rows = theta.zip(categorical.complements().chunks_exact(states));
        for (gradient, (theta, rest)) in gradient.chunks_exact_mut(states).zip(rows) {
            row::centre(theta, rest, gradient);
            gradient.iter_mut().zip(theta).for_each(|(gradient, theta)| *gradient *= theta);
        }
    }

    fn want(&self, _: usize) -> Want {
        Want::Gradient
    }

    fn rule(&self, categorical: &Categorical) -> Option<Rule> {
        categorical.rule()
    }
}
