//! Concrete, or Gumbel-softmax: f at a relaxed sample.

use super::{Bias, Draw, Estimator, Method, Needs};
use crate::bernoulli::{Bernoulli, logit};
use crate::categorical::relaxation::Relaxation;
use crate::categorical::{Categorical, state};
use crate::error::{InvalidParameter, positive};
use crate::estimator::EstimateError;
use crate::noise::Uniforms;
use crate::objective::{Objective, evaluate_with_gradient};
use voidgrad_real::sigmoid;

/// `ĝ = ∇f(x)·x(1 - x)/λ` at the relaxed sample `x = σ(z/λ)`, by coordinate; for categorical variables
/// `ĝ_k = x_k·(∇f_k - Σ_j x_j ∇f_j)/λ` at `x = softmax(z/λ)`, in every row. **Biased**: it is the gradient of `E[f(x)]`, which
/// becomes that of `E[f(b)]` as λ goes to 0, while its variance grows without bound.
///
/// Source: Maddison, Mnih and Teh 2017, section 3.3; Jang, Gu and Poole 2017.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gumbel {
    lambda: f64,
}

/// What the list says of it.
pub const METHOD: Method = Method {
    name: "gumbel",
    title: "Concrete",
    formula: "ĝ = ∇f(x)·x(1 - x)/λ, x = σ(z/λ); categorical: ĝ_k = x_k·(∇f_k - Σ_j x_j ∇f_j)/λ, x = softmax(z/λ)",
    source: "Maddison, Mnih and Teh 2017, section 3.3; Jang, Gu and Poole 2017",
    bias: Bias::Biased,
    needs: Needs::Gradient,
    cost: "1",
    parameters: "the temperature λ",
    bernoulli: Some(|setup, _| Ok(Box::new(Gumbel::new(setup.lambda)?))),
    categorical: Some(|setup, _, _| Ok(Box::new(Gumbel::new(setup.lambda)?))),
    gaussian: None,
};

impl Gumbel {
    /// Concrete at temperature λ.
    ///
    /// # Errors
    /// Where it is not positive and finite.
    pub fn new(lambda: f64) -> Result<Self, InvalidParameter> {
        Ok(Self { lambda: positive("lambda", lambda)? })
    }
}

/// `z/λ` and the relaxed sample.
#[derive(Default)]
struct Sample {
    y: Vec<f64>,
    x: Vec<f64>,
}

impl Estimator for Gumbel {
    fn estimate(
        &self,
        bernoulli: &Bernoulli,
        objective: &dyn Objective,
        noise: Uniforms<'_>,
        draw: &mut Draw,
    ) -> Result<(), EstimateError> {
        let Draw { gradient, f, memory } = draw;
        let Sample { y, x } = memory.of(Sample::default);
        y.clear();
        y.extend(bernoulli.logits().iter().zip(&*noise).map(|(&a, &u)| logit::g(u, a) / self.lambda));
        x.clear();
        x.extend(y.iter().map(|&y| sigmoid(y)));
        *f = evaluate_with_gradient(objective, x, gradient)?;
        for (gradient, &y) in gradient.iter_mut().zip(&*y) {
            *gradient *= sigmoid(y) * sigmoid(-y) / self.lambda;
        }
        Ok(())
    }

    fn suits(&self, _: &Bernoulli, objective: &dyn Objective) -> Result<(), EstimateError> {
        super::has_gradient(objective)
    }
}

/// z and `softmax(z/λ)` in every row.
#[derive(Default)]
struct Rows {
    z: Vec<f64>,
    relaxation: Relaxation,
}

impl Estimator<Categorical> for Gumbel {
    fn estimate(
        &self,
        categorical: &Categorical,
        objective: &dyn Objective,
        noise: Uniforms<'_>,
        draw: &mut Draw,
    ) -> Result<(), EstimateError> {
        let Draw { gradient, f, memory } = draw;
        let Rows { z, relaxation } = memory.of(Rows::default);
        z.clear();
        z.extend(
            categorical.ln_probabilities().iter().zip(&*noise).map(|(&ln_theta, &u)| state::g(u, ln_theta)),
        );
        relaxation.update(z, categorical.states(), self.lambda);
        *f = evaluate_with_gradient(objective, &relaxation.s, gradient)?;
        // By ln θ it is the derivative through y = z/λ; its rows add up to 0, so by a it is the same.
        relaxation.centre(gradient);
        gradient.iter_mut().zip(&relaxation.s).for_each(|(gradient, s)| *gradient *= s / self.lambda);
        Ok(())
    }

    fn noise(&self, categorical: &Categorical) -> usize {
        categorical.len()
    }

    fn suits(&self, _: &Categorical, objective: &dyn Objective) -> Result<(), EstimateError> {
        super::has_gradient(objective)
    }
}
