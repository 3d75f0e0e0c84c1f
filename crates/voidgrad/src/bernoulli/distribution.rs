//! What estimators that are written for every distribution need of it.

use super::Bernoulli;
use crate::distribution::Distribution;
use crate::error::{DistributionError, ShapeMismatch, finite};
use crate::noise::{Node, Rule};
use voidgrad_real::sigmoid;

/// The parameters are the M logits, and a sample is M entries of 0 and 1. It takes M uniform numbers: `b_m` is 1 where `u_m ≥ 1 - θ_m`.
impl Distribution for Bernoulli {
    fn parameters(&self) -> &[f64] {
        &self.logits
    }

    fn set_parameters(&mut self, parameters: &[f64]) -> Result<(), DistributionError> {
        if parameters.len() != self.len() {
            let (found, expected) = (parameters.len(), self.len());
            return Err(ShapeMismatch { name: "logits", found, expected }.into());
        }
        parameters.iter().try_for_each(|&logit| finite("logit", logit).map(drop))?;
        self.logits.copy_from_slice(parameters);
        for (m, &a) in parameters.iter().enumerate() {
            self.theta[m] = sigmoid(a);
            self.rest[m] = sigmoid(-a);
        }
        Ok(())
    }

    fn dimension(&self) -> usize {
        self.len()
    }

    fn uniforms(&self) -> usize {
        self.len()
    }

    fn sample(&self, u: &[f64], b: &mut [f64]) {
        assert_eq!((u.len(), b.len()), (self.len(), self.len()), "one number for each variable");
        for ((b, &u), &rest) in b.iter_mut().zip(u).zip(&self.rest) {
            *b = f64::from(u8::from(u >= rest));
        }
    }

    fn rule(&self) -> Option<Rule> {
        let nodes = self.theta.iter().zip(&self.rest).map(|(&p_1, &p_0)| {
            vec![Node { u: 0.5 * p_0, weight: p_0 }, Node { u: 1.0 - 0.5 * p_1, weight: p_1 }]
        });
        Some(Rule::new(nodes.collect()))
    }

    fn is_one_bit(&self) -> bool {
        self.len() == 1
    }

    fn score(&self, b: &[f64], score: &mut [f64]) {
        assert_eq!((b.len(), score.len()), (self.len(), self.len()), "one number for each variable");
        score.fill(0.0);
        self.add_score(1.0, b, score);
    }

    /// The score is `b - θ`, without the rounding of the difference.
    fn add_score(&self, weight: f64, b: &[f64], gradient: &mut [f64]) {
        assert_eq!((b.len(), gradient.len()), (self.len(), self.len()), "one number for each variable");
        let sides = self.theta.iter().zip(&self.rest);
        for ((gradient, &b), (theta, rest)) in gradient.iter_mut().zip(b).zip(sides) {
            *gradient += weight * if b == 1.0 { *rest } else { -theta };
        }
    }
}
