//! The trait of distributions.

use std::hint::select_unpredictable;

use super::{Bernoulli, FEWEST_ON_LANES, Setting, logit};
use crate::distribution::divergence::saturated;
use crate::distribution::{ClosedForms, Distribution, set_one_by_one};
use crate::error::{DistributionError, SampleError, ShapeMismatch, all_finite, same_length};
use crate::lanes::{Instructions, OnLanes as _, loops};
use crate::noise::{Node, Rule};

/// The parameters are the M logits, and a sample is M entries of 0 and 1. It takes M uniform numbers: `b_m` is 1 where `u_m ≥ 1 - θ_m`.
impl Distribution for Bernoulli {
    #[inline]
    fn parameters(&self) -> &[f64] {
        &self.logits
    }

    fn set_parameters(&mut self, parameters: &[f64]) -> Result<(), DistributionError> {
        if parameters.len() != self.len() {
            let (found, expected) = (parameters.len(), self.len());
            return Err(ShapeMismatch { name: "logits", found, expected }.into());
        }
        all_finite("logit", parameters)?;
        self.set(parameters);
        Ok(())
    }

    fn set_all(all: &mut [Self], parameters: &[f64]) -> Result<(), DistributionError> {
        let each = all.first().map_or(0, Self::len);
        let fit = all.iter().all(|one| one.len() == each) && parameters.len() == all.len() * each;
        if each >= FEWEST_ON_LANES
            && fit
            && f64::on_lanes(Instructions::Best, Setting { all, logits: parameters })
        {
            return Ok(());
        }
        set_one_by_one(all, parameters)
    }

    #[inline]
    fn dimension(&self) -> usize {
        self.len()
    }

    #[inline]
    fn uniforms(&self) -> usize {
        self.len()
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn sample(&self, u: &[f64], b: &mut [f64]) {
        assert_eq!((u.len(), b.len()), (self.len(), self.len()), "one number for each variable");
        loops(
            self.len(),
            #[inline(always)]
            || {
                for ((b, &u), &rest) in b.iter_mut().zip(u).zip(&self.rest) {
                    *b = f64::from(u8::from(u >= rest));
                }
            },
        );
    }

    fn rule(&self) -> Option<Rule> {
        let nodes = self.theta.iter().zip(&self.rest).map(|(&p_1, &p_0)| {
            vec![Node { u: 0.5 * p_0, weight: p_0 }, Node { u: 1.0 - 0.5 * p_1, weight: p_1 }]
        });
        Some(Rule::new(nodes.collect()))
    }

    fn logits_of_bits(&self) -> Option<&[f64]> {
        Some(&self.logits)
    }

    #[inline]
    fn score(&self, b: &[f64], score: &mut [f64]) {
        assert_eq!((b.len(), score.len()), (self.len(), self.len()), "one number for each variable");
        score.fill(0.0);
        self.add_score(1.0, b, score);
    }

    /// The score is `b - θ`, without the rounding of the difference.
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn add_score(&self, weight: f64, b: &[f64], gradient: &mut [f64]) {
        assert_eq!((b.len(), gradient.len()), (self.len(), self.len()), "one number for each variable");
        let sides = self.theta.iter().zip(&self.rest);
        loops(
            self.len(),
            #[inline(always)]
            || {
                for ((gradient, &b), (theta, rest)) in gradient.iter_mut().zip(b).zip(sides) {
                    // A branch would be guessed wrong half of the time.
                    *gradient += weight * select_unpredictable(b == 1.0, *rest, -theta);
                }
            },
        );
    }

    /// Within 4 units in the last place for each variable.
    fn ln_p(&self, b: &[f64]) -> Result<f64, SampleError> {
        same_length("b", b.len(), self.len())?;
        if let Some(index) = b.iter().position(|&b| b != 0.0 && b != 1.0) {
            return Err(SampleError::Entry { index, value: b[index], allowed: "0 or 1".into() });
        }
        Ok(saturated(b.iter().zip(&self.logits).map(|(&b, &a)| logit::ln_p(b == 1.0, a)).sum()))
    }

    /// 1 if `θ > ½`, else 0.
    fn mode(&self, b: &mut [f64]) {
        assert_eq!(b.len(), self.len(), "one entry for each variable");
        b.iter_mut().zip(&self.logits).for_each(|(b, &a)| *b = f64::from(u8::from(a > 0.0)));
    }
}

impl ClosedForms for Bernoulli {
    /// θ.
    fn mean(&self, mean: &mut [f64]) {
        mean.copy_from_slice(&self.theta);
    }

    fn entropy(&self) -> f64 {
        self.logits.iter().map(|&a| logit::entropy(a)).sum()
    }

    fn add_entropy_gradient(&self, weight: f64, gradient: &mut [f64]) {
        assert_eq!(gradient.len(), self.len(), "one entry for each variable");
        gradient.iter_mut().zip(&self.logits).for_each(|(sum, &a)| *sum += weight * logit::entropy_d_a(a));
    }

    fn kl(&self, other: &Self) -> Result<f64, ShapeMismatch> {
        same_length("the other distribution", other.len(), self.len())?;
        Ok(saturated(self.with(other).map(|(a, a_other)| logit::kl(a, a_other)).sum()))
    }

    fn add_kl_gradient(&self, weight: f64, other: &Self, gradient: &mut [f64]) -> Result<(), ShapeMismatch> {
        same_length("the other distribution", other.len(), self.len())?;
        assert_eq!(gradient.len(), self.len(), "one entry for each variable");
        let pairs = gradient.iter_mut().zip(self.with(other));
        pairs.for_each(|(sum, (a, a_other))| *sum += weight * logit::kl_d_a(a, a_other));
        Ok(())
    }

    fn add_kl_gradient_of_other(
        &self,
        weight: f64,
        other: &Self,
        gradient: &mut [f64],
    ) -> Result<(), ShapeMismatch> {
        same_length("the other distribution", other.len(), self.len())?;
        assert_eq!(gradient.len(), self.len(), "one entry for each variable");
        let pairs = gradient.iter_mut().zip(self.with(other));
        pairs.for_each(|(sum, (a, a_other))| *sum += weight * logit::kl_d_a_other(a, a_other));
        Ok(())
    }
}

impl Bernoulli {
    /// The logits of both, variable by variable.
    fn with(&self, other: &Self) -> impl Iterator<Item = (f64, f64)> {
        self.logits.iter().copied().zip(other.logits.iter().copied())
    }
}
