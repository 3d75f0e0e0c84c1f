//! The trait of distributions.

use super::row::{self, Row};
use super::{Categorical, logit};
use crate::distribution::divergence::saturated;
use crate::distribution::{ClosedForms, Distribution};
use crate::error::{DistributionError, SampleError, ShapeMismatch, same_length};
use crate::noise::{Node, Rule};

/// The parameters are the M × K logits, a sample is one-hot, and it takes M uniform numbers.
///
/// State k of a variable is drawn where u is among the `θ_k` of (0, 1) that belong to it; the states lie there
/// from the least to the most probable, because numbers close to 0 are finer than those close to 1. So a state with a
/// probability of 1e-300 can be drawn, and expectations of functions of samples have a [`Rule`]. REBAR and RELAX
/// make b of z instead.
///
/// Entropy, divergence and their derivatives are within 12 units in the last place of their largest term, and as many more as logits of a row differ by, which is the
/// rounding of their difference in an exponent.
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
            b[m * self.states + self.state_at(m, u)] = 1.0;
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

    /// The sum of the `ln θ` of the states that are drawn, each within 4 units in the last place of the distance of its logit from the largest of its row.
    fn ln_p(&self, b: &[f64]) -> Result<f64, SampleError> {
        let states = self.indices(b)?;
        let ln_theta = states.iter().enumerate().map(|(m, k)| self.ln_theta[m * self.states + k]);
        Ok(saturated(ln_theta.sum()))
    }

    fn mode(&self, b: &mut [f64]) {
        assert_eq!(b.len(), self.len(), "one entry for each state");
        for (b, a) in b.chunks_exact_mut(self.states).zip(self.logits.chunks_exact(self.states)) {
            b.fill(0.0);
            b[logit::argmax(a)] = 1.0;
        }
    }
}

impl ClosedForms for Categorical {
    /// θ.
    fn mean(&self, mean: &mut [f64]) {
        mean.copy_from_slice(&self.theta);
    }

    /// `-Σ θ·ln θ`, whose terms have one sign.
    fn entropy(&self) -> f64 {
        -self.theta.iter().zip(&self.ln_theta).map(|(theta, ln_theta)| theta * ln_theta).sum::<f64>()
    }

    /// The derivative is `-θ_k·(ln θ_k - Σ_j θ_j·ln θ_j)`, where logits may stand for the logarithms: their differences are more exact.
    fn add_entropy_gradient(&self, weight: f64, gradient: &mut [f64]) {
        assert_eq!(gradient.len(), self.len(), "one entry for each state");
        let mut centred: Vec<f64> = self.rows().flat_map(|row| row.below_top()).collect();
        self.centre(&mut centred);
        for ((gradient, theta), centred) in gradient.iter_mut().zip(&self.theta).zip(centred) {
            *gradient -= weight * (theta * centred);
        }
    }

    fn kl(&self, other: &Self) -> Result<f64, ShapeMismatch> {
        self.check_like(other)?;
        Ok(saturated(self.rows().zip(other.rows()).map(|(row, other)| row.kl(&other)).sum()))
    }

    /// The derivative is `θ_k·(d_k - Σ_j θ_j·d_j)` with `d = a - a'`.
    fn add_kl_gradient(&self, weight: f64, other: &Self, gradient: &mut [f64]) -> Result<(), ShapeMismatch> {
        self.check_like(other)?;
        assert_eq!(gradient.len(), self.len(), "one entry for each state");
        let rows = self.rows().zip(other.rows());
        let mut centred: Vec<f64> = rows.flat_map(|(row, other)| row.distances(&other)).collect();
        self.centre(&mut centred);
        for ((gradient, theta), centred) in gradient.iter_mut().zip(&self.theta).zip(centred) {
            *gradient -= weight * (theta * saturated(centred));
        }
        Ok(())
    }

    /// The derivative is `θ'_k - θ_k`, without the rounding of the difference.
    fn add_kl_gradient_of_other(
        &self,
        weight: f64,
        other: &Self,
        gradient: &mut [f64],
    ) -> Result<(), ShapeMismatch> {
        self.check_like(other)?;
        assert_eq!(gradient.len(), self.len(), "one entry for each state");
        let gains = self.rows().zip(other.rows()).flat_map(|(row, other)| row.gains(&other));
        gradient.iter_mut().zip(gains).for_each(|(gradient, gain)| *gradient += weight * gain);
        Ok(())
    }
}

impl Categorical {
    /// Refuses another number of variables or of states.
    fn check_like(&self, other: &Self) -> Result<(), ShapeMismatch> {
        same_length("the other distribution", other.len(), self.len())?;
        same_length("a row of the other distribution", other.states, self.states)
    }

    /// The row of variable m.
    pub(crate) fn row(&self, m: usize) -> Row<'_> {
        Row::new(&self.logits[m * self.states..][..self.states])
    }

    fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.logits.chunks_exact(self.states).map(Row::new)
    }

    /// Takes the mean `Σ_k θ_k·x_k` out of every row.
    fn centre(&self, x: &mut [f64]) {
        let rows = self.theta.chunks_exact(self.states).zip(self.rest.chunks_exact(self.states));
        for (x, (theta, rest)) in x.chunks_exact_mut(self.states).zip(rows) {
            row::centre(theta, rest, x);
        }
    }

    /// The state of variable m that u makes.
    pub(crate) fn state_at(&self, m: usize, u: f64) -> usize {
        let drawn = self.by_probability(m).find(|&(end, _)| u < end);
        // If the sum rounds to less than u: the most probable.
        drawn.map_or_else(|| self.order[(m + 1) * self.states - 1], |(_, k)| k)
    }

    /// The states of a variable, from the least to the most probable.
    pub(crate) fn order(&self, m: usize) -> &[usize] {
        &self.order[m * self.states..(m + 1) * self.states]
    }

    /// The states of a variable, from the least to the most probable, each with the end of its part of (0, 1).
    pub(crate) fn by_probability(&self, m: usize) -> impl Iterator<Item = (f64, usize)> {
        let row = m * self.states..(m + 1) * self.states;
        let theta = &self.theta[row.clone()];
        self.order[row].iter().scan(0.0, move |end, &k| {
            *end += theta[k];
            Some((*end, k))
        })
    }
}
