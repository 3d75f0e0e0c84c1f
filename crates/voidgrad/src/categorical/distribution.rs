//! What estimators that are written for every distribution need of it.

use super::Categorical;
use crate::distribution::Distribution;
use crate::error::DistributionError;
use crate::noise::{Node, Rule};

/// The parameters are the M × K logits, a sample is one-hot, and it takes M uniform numbers.
///
/// State k of a variable is drawn where u is among the `θ_k` of (0, 1) that belong to it; the states lie there
/// from the least to the most probable, because numbers close to 0 are finer than those close to 1. So a state with a
/// probability of 1e-300 can be drawn, and expectations of functions of samples have a [`Rule`]. REBAR and RELAX
/// make b of z instead.
impl Distribution for Categorical {
    fn parameters(&self) -> &[f64] {
        self.logits()
    }

    fn set_parameters(&mut self, parameters: &[f64]) -> Result<(), DistributionError> {
        self.assign(parameters)
    }

    fn dimension(&self) -> usize {
        self.len()
    }

    fn uniforms(&self) -> usize {
        self.variables()
    }

    fn sample(&self, u: &[f64], b: &mut [f64]) {
        assert_eq!(
            (u.len(), b.len()),
            (self.variables(), self.len()),
            "one number a variable, one entry a state"
        );
        b.fill(0.0);
        for (m, &u) in u.iter().enumerate() {
            let (_, drawn) = self
                .by_probability(m)
                .find(|&(end, _)| u < end)
                // Where the sum rounds to less than u: the most probable.
                .unwrap_or_else(|| (1.0, self.order[(m + 1) * self.states - 1]));
            b[m * self.states + drawn] = 1.0;
        }
    }

    fn rule(&self) -> Option<Rule> {
        let nodes = |m: usize| {
            let mut start = 0.0;
            let node = |(end, k): (f64, usize)| {
                let u = f64::midpoint(start, end.min(1.0));
                start = end;
                Node { u, weight: self.theta[m * self.states + k] }
            };
            self.by_probability(m).map(node).collect()
        };
        Some(Rule::new((0..self.variables()).map(nodes).collect()))
    }

    fn score(&self, b: &[f64], score: &mut [f64]) {
        assert_eq!((b.len(), score.len()), (self.len(), self.len()), "one entry for each state");
        score.fill(0.0);
        self.add_score(1.0, b, score);
    }

    fn add_score(&self, weight: f64, b: &[f64], gradient: &mut [f64]) {
        assert_eq!((b.len(), gradient.len()), (self.len(), self.len()), "one entry for each state");
        for (i, gradient) in gradient.iter_mut().enumerate() {
            *gradient += weight * if b[i] == 1.0 { self.rest[i] } else { -self.theta[i] };
        }
    }
}

impl Categorical {
    /// The states of a variable, from the least to the most probable, each with the end of its part of (0, 1).
    fn by_probability(&self, m: usize) -> impl Iterator<Item = (f64, usize)> {
        let row = m * self.states..(m + 1) * self.states;
        let theta = &self.theta[row.clone()];
        self.order[row].iter().scan(0.0, move |end, &k| {
            *end += theta[k];
            Some((*end, k))
        })
    }
}
