//! Concrete, or Gumbel-softmax: f at a relaxed sample.

use super::{Bias, Cost, Method, Needs};
use crate::bernoulli::{Bernoulli, logit};
use crate::categorical::relaxation::Relaxation;
use crate::categorical::{Categorical, state};
use crate::error::{InvalidParameter, positive};
use crate::estimator::{Answer, Estimator, Told, Want};
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
    cost: Cost::ONE,
    parameters: "the temperature λ",
};

impl Gumbel {
    /// Concrete at temperature λ.
    ///
    /// # Errors
    /// Returns an error if it is not positive and finite.
    pub fn new(lambda: f64) -> Result<Self, InvalidParameter> {
        Ok(Self { lambda: positive("lambda", lambda)? })
    }
}

impl Estimator for Gumbel {
    fn ask(&self, bernoulli: &Bernoulli, noise: &[f64], points: &mut [f64]) {
        for (x, (&a, &u)) in points.iter_mut().zip(bernoulli.logits().iter().zip(noise)) {
            *x = sigmoid(logit::g(u, a) / self.lambda);
        }
    }

    fn answer(&self, bernoulli: &Bernoulli, told: Told<'_>, answer: Answer<'_>) {
        let noise = bernoulli.logits().iter().zip(told.noise);
        for ((gradient, slope), (&a, &u)) in answer.gradient.iter_mut().zip(told.gradients).zip(noise) {
            // Of y, not of x, whose digits are gone close to 1.
            let y = logit::g(u, a) / self.lambda;
            *gradient = slope * (sigmoid(y) * sigmoid(-y) / self.lambda);
        }
    }

    fn want(&self, _: usize) -> Want {
        Want::Gradient
    }
}

/// z and `softmax(z/λ)` in every row.
#[derive(Default)]
struct Rows {
    z: Vec<f64>,
    relaxation: Relaxation,
}

impl Rows {
    fn update(&mut self, categorical: &Categorical, noise: &[f64], lambda: f64) {
        let Self { z, relaxation } = self;
        z.clear();
        z.extend(
            categorical.ln_probabilities().iter().zip(noise).map(|(&ln_theta, &u)| state::g(u, ln_theta)),
        );
        relaxation.update(z, categorical.states(), lambda);
    }
}

impl Estimator<Categorical> for Gumbel {
    fn ask(&self, categorical: &Categorical, noise: &[f64], points: &mut [f64]) {
        let mut rows = Rows::default();
        rows.update(categorical, noise, self.lambda);
        points.copy_from_slice(&rows.relaxation.s);
    }

    fn answer(&self, categorical: &Categorical, told: Told<'_>, answer: Answer<'_>) {
        let Answer { gradient, memory, .. } = answer;
        let rows = memory.of(Rows::default);
        rows.update(categorical, told.noise, self.lambda);
        let relaxation = &rows.relaxation;
        gradient.copy_from_slice(told.gradients);
        // By ln θ it is the derivative through y = z/λ; its rows add up to 0, so by a it is the same.
        relaxation.centre(gradient);
        gradient.iter_mut().zip(&relaxation.s).for_each(|(gradient, s)| *gradient *= s / self.lambda);
    }

    fn want(&self, _: usize) -> Want {
        Want::Gradient
    }

    fn noise(&self, categorical: &Categorical) -> usize {
        categorical.len()
    }
}
