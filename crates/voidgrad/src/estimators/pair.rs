//! A sample and its reflection, which ARM and `DisARM` share.

use super::Rule;
use super::rule::Node;
use crate::bernoulli::{Bernoulli, logit};
use crate::estimator::EstimateError;
use crate::objective::{Objective, evaluate};
use voidgrad_real::sigmoid;

/// What u and 1 - u make, and the values of f there.
#[derive(Default)]
pub(super) struct Pair {
    pub(super) b: Vec<f64>,
    pub(super) reflected: Vec<f64>,
    f: [f64; 2],
}

impl Pair {
    /// Makes the samples and returns `f(b) - f(b')`.
    pub(super) fn evaluate(
        &mut self,
        bernoulli: &Bernoulli,
        objective: &dyn Objective,
        u: &[f64],
    ) -> Result<f64, EstimateError> {
        self.b.resize(bernoulli.len(), 0.0);
        self.reflected.resize(bernoulli.len(), 0.0);
        for (m, (&a, &u)) in bernoulli.logits().iter().zip(u).enumerate() {
            // The logit of 1 - u is that of u with the other sign: exact where 1 - u would round to 1.
            let logistic = logit::g(u, 0.0);
            self.b[m] = f64::from(u8::from(logit::threshold(a + logistic)));
            self.reflected[m] = f64::from(u8::from(logit::threshold(a - logistic)));
        }
        self.f = [evaluate(objective, &self.b)?, evaluate(objective, &self.reflected)?];
        Ok(self.f[0] - self.f[1])
    }

    /// `(f(b) + f(b'))/2`.
    pub(super) fn mean(&self) -> f64 {
        0.5 * self.f[0] + 0.5 * self.f[1]
    }
}

/// Exact for what is a polynomial of degree 3 in u on each side of `1 - θ` and of `θ`: two nodes a piece.
pub(super) fn rule(bernoulli: &Bernoulli) -> Rule {
    let of_one = |&a: &f64| {
        // The outer pieces are as wide as the rarer state is probable.
        let rare = sigmoid(-a.abs());
        let offset = 0.5 - 0.5 / 3.0_f64.sqrt();
        let middle = 1.0 - 2.0 * rare;
        let mut nodes = Vec::new();
        for part in [offset, 1.0 - offset] {
            nodes.push(Node { u: rare * part, weight: 0.5 * rare });
            nodes.push(Node { u: 1.0 - rare * part, weight: 0.5 * rare });
            if middle > 0.0 {
                nodes.push(Node { u: rare + middle * part, weight: 0.5 * middle });
            }
        }
        nodes
    };
    Rule::new(bernoulli.logits().iter().map(of_one).collect())
}
