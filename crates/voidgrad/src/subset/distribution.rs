//! The trait of distributions.

use super::{Step, Subset};
use crate::bernoulli::logit;
use crate::distribution::divergence::saturated;
use crate::distribution::{ClosedForms, Distribution};
use crate::error::{DistributionError, SampleError, ShapeMismatch, same_length};
use crate::noise::{Node, Rule};

/// The parameters are the n logits, a sample is n entries of 0 and 1 of which k are 1, and it takes n uniform numbers, one for each element.
///
/// For logits between -700 and 700, `ln p`, marginals and entropy are within `8·n` units in the last place of the largest of their terms, and as many more as logits differ by, which is
/// the rounding of their difference in an exponent. So is the gradient of the entropy, relative to the entropy, and the divergence with its gradients, relative to the largest `ln(p/p')`.
impl Distribution for Subset {
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
        self.len()
    }

    fn sample(&self, u: &[f64], b: &mut [f64]) {
        assert_eq!((u.len(), b.len()), (self.len(), self.len()), "one number for each element");
        let mut left = self.size;
        for ((b, &u), steps) in b.iter_mut().zip(u).zip(self.steps.chunks_exact(self.size + 1)) {
            let is_chosen = steps[left].chooses(u);
            left -= usize::from(is_chosen);
            *b = f64::from(u8::from(is_chosen));
        }
    }

    /// What a number decides depends on how many are left to choose: the nodes are between all its thresholds, at most `k + 1` of them.
    fn rule(&self) -> Option<Rule> {
        let nodes = |(m, steps): (usize, &[Step])| {
            let left = self.size.saturating_sub(m)..=self.size.min(self.len() - m);
            let mut ends: Vec<f64> = steps[left].iter().map(Step::rarer).filter(|end| *end > 0.0).collect();
            ends.sort_unstable_by(f64::total_cmp);
            ends.dedup();
            ends.push(1.0);
            let mut start = 0.0;
            let node = |end: f64| {
                let node = Node { u: f64::midpoint(start, end), weight: end - start };
                start = end;
                node
            };
            ends.into_iter().map(node).collect()
        };
        Some(Rule::new(self.steps.chunks_exact(self.size + 1).enumerate().map(nodes).collect()))
    }

    fn score(&self, b: &[f64], score: &mut [f64]) {
        assert_eq!((b.len(), score.len()), (self.len(), self.len()), "one number for each element");
        score.fill(0.0);
        self.add_score(1.0, b, score);
    }

    /// The score is `b - θ`, without the rounding of the difference.
    fn add_score(&self, weight: f64, b: &[f64], gradient: &mut [f64]) {
        assert_eq!((b.len(), gradient.len()), (self.len(), self.len()), "one number for each element");
        for (m, gradient) in gradient.iter_mut().enumerate() {
            *gradient += weight * if b[m] == 1.0 { self.rest[m] } else { -self.theta[m] };
        }
    }

    /// An error says so if there are more or fewer ones than k.
    fn ln_p(&self, b: &[f64]) -> Result<f64, SampleError> {
        same_length("b", b.len(), self.len())?;
        if let Some(index) = b.iter().position(|&b| b != 0.0 && b != 1.0) {
            return Err(SampleError::Entry { index, value: b[index], allowed: "0 or 1".into() });
        }
        let found = b.iter().filter(|b| **b == 1.0).count();
        if found != self.size {
            return Err(SampleError::Ones { found, expected: self.size });
        }
        Ok(self.ln_p_of_subset(b))
    }

    /// The k elements with the largest logits; of equal logits those with the smallest numbers.
    fn mode(&self, b: &mut [f64]) {
        b.copy_from_slice(&self.mode);
    }
}

impl ClosedForms for Subset {
    /// θ.
    fn mean(&self, mean: &mut [f64]) {
        mean.copy_from_slice(&self.theta);
    }

    /// The sum of the entropies of the steps, each times the probability of its state: all have one sign.
    fn entropy(&self) -> f64 {
        let mut sum = 0.0;
        self.for_each_state(|m, left, mass| {
            sum += mass * self.step(m, left).odds().map_or(0.0, logit::entropy);
        });
        sum
    }

    /// `-Cov[b, ln p(b)]`.
    fn add_entropy_gradient(&self, weight: f64, gradient: &mut [f64]) {
        self.add_covariances(weight, |m, left| self.step(m, left).surprisals(), gradient);
    }

    /// The sum of the divergences of the steps, each times the probability of its state: none is negative.
    ///
    /// The error of another distribution names its n, or its k.
    fn kl(&self, other: &Self) -> Result<f64, ShapeMismatch> {
        self.same_shape(other)?;
        let mut sum = 0.0;
        self.for_each_state(|m, left, mass| {
            sum += mass * self.odds_with(other, m, left).map_or(0.0, |[of, other]| logit::kl(of, other));
        });
        Ok(saturated(sum))
    }

    /// `Cov[b, ln(p(b)/p'(b))]`.
    fn add_kl_gradient(&self, weight: f64, other: &Self, gradient: &mut [f64]) -> Result<(), ShapeMismatch> {
        self.same_shape(other)?;
        let ratios = |m, left| {
            let odds = self.odds_with(other, m, left);
            odds.map_or([0.0; 2], |[of, other]| logit::ln_ratios(other, of))
        };
        self.add_covariances(weight, ratios, gradient);
        Ok(())
    }

    /// `θ' - θ`.
    fn add_kl_gradient_of_other(
        &self,
        weight: f64,
        other: &Self,
        gradient: &mut [f64],
    ) -> Result<(), ShapeMismatch> {
        self.same_shape(other)?;
        assert_eq!(gradient.len(), self.len(), "one entry for each element");
        for (m, gradient) in gradient.iter_mut().enumerate() {
            let by_theta = self.theta[m] + other.theta[m] < 1.0;
            *gradient +=
                weight * if by_theta { other.theta[m] - self.theta[m] } else { self.rest[m] - other.rest[m] };
        }
        Ok(())
    }
}

impl Subset {
    /// `ln p(b)` of a b that is a subset.
    fn ln_p_of_subset(&self, b: &[f64]) -> f64 {
        let entries = b.iter().zip(&self.mode).zip(&self.distances);
        let distance: f64 = entries.filter(|((b, mode), _)| b != mode).map(|(_, distance)| distance).sum();
        saturated(-distance - self.ln_sum)
    }

    /// `p(b)` of a b that is a subset.
    pub(crate) fn p(&self, b: &[f64]) -> f64 {
        self.ln_p_of_subset(b).exp()
    }

    /// Refuses another number of elements, and subsets of another size.
    fn same_shape(&self, other: &Self) -> Result<(), ShapeMismatch> {
        same_length("the other distribution", other.len(), self.len())?;
        same_length("a subset of the other distribution", other.size, self.size)
    }

    /// The logits of a step of both; none if there is no choice.
    fn odds_with(&self, other: &Self, m: usize, left: usize) -> Option<[f64; 2]> {
        Some([self.step(m, left).odds()?, other.step(m, left).odds()?])
    }
}
