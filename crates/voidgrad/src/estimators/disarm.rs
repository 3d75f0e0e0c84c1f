//! `DisARM`, also called U2G: ARM with its uniform numbers integrated out.

use super::pair::{self, Between};
use super::{Bias, Cost, Count, Method, Needs};
use crate::bernoulli::Bernoulli;
use crate::error::InvalidParameter;
use crate::estimator::{Answer, Estimator, Told};
use crate::lanes::loops;
use crate::noise::Rule;

/// `ĝ_m = ½·(f(b) - f(b'))·(b_m - b'_m)·σ(|a_m|)`, where `b = H(a + ln(u/(1-u)))` and b' is what `1 - u` makes; with
/// several pairs, their mean.
///
/// Source: Dong, Mnih and Tucker 2020, section 3; the same as U2G, Yin, Ho, Yan, Qian and Zhou 2020.
///
/// ```
/// use voidgrad::estimators::Disarm;
/// use voidgrad::{Bernoulli, Round};
/// let bernoulli = Bernoulli::from_logits(&[0.0])?;
/// let mut round = Round::new();
/// round.estimate(&Disarm::new(2)?, &bernoulli, &|b: &[f64]| 3.0 * b[0], &[0.75])?;
/// assert_eq!(round.gradient(), [0.5 * (3.0 - 0.0) * 0.5]);
/// assert_eq!(Disarm::new(3).unwrap_err().to_string(), "evaluations = 3 is not an even number from 2 to 1000000");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Disarm {
    pairs: usize,
}

/// What the list says of it.
pub const METHOD: Method = Method {
    name: "disarm",
    title: "DisARM",
    formula: "ĝ = ½·(f(b) - f(b'))·(b - b')·σ(|a|), b of u and b' of 1 - u, the mean of K/2 pairs",
    source: "Dong, Mnih and Tucker 2020, section 3; U2G of Yin et al. 2020",
    bias: Bias::Unbiased,
    needs: Needs::Values,
    cost: Cost::f(Count::K),
    parameters: "K, even, 2 unless given",
};

impl Disarm {
    /// `DisARM` with K/2 pairs.
    ///
    /// # Errors
    /// Returns an error if K is odd, less than 2, or so large that nobody could wait for it.
    pub fn new(samples: u64) -> Result<Self, InvalidParameter> {
        let allowed = "an even number from 2 to 1000000";
        match super::several(samples) {
            Ok(count) if count.is_multiple_of(2) => Ok(Self { pairs: count / 2 }),
            _ => Err(InvalidParameter { name: "evaluations", value: samples as f64, allowed }),
        }
    }
}

impl Estimator for Disarm {
    #[inline(always)]
    fn ask(&self, bernoulli: &Bernoulli, noise: &[f64], points: &mut [f64]) {
        let variables = bernoulli.len();
        for (u, pair) in noise.chunks_exact(variables).zip(points.chunks_exact_mut(2 * variables)) {
            pair::sample(bernoulli, u, pair);
        }
    }

    #[inline(always)]
    fn answer(&self, bernoulli: &Bernoulli, told: Told<'_>, answer: Answer<'_>) {
        let (variables, pairs) = (bernoulli.len(), self.pairs as f64);
        for (f, pair) in told.values.chunks_exact(2).zip(told.points.chunks_exact(2 * variables)) {
            let (b, reflected) = pair.split_at(variables);
            let share = 0.5 * (f[0] - f[1]) / pairs;
            let sides = bernoulli.probabilities().iter().zip(bernoulli.complements());
            let bits = b.iter().zip(reflected).zip(sides);
            let gradient = &mut *answer.gradient;
            loops(
                variables,
                #[inline(always)]
                || {
                    for (gradient, ((b, reflected), (theta, rest))) in gradient.iter_mut().zip(bits) {
                        // σ(|a|)
                        *gradient += share * (b - reflected) * theta.max(*rest);
                    }
                },
            );
        }
    }

    fn starts_with_a_sample(&self) -> bool {
        true
    }

    fn has_equal_weights(&self) -> bool {
        true
    }

    fn evaluations(&self, _: &Bernoulli) -> u64 {
        2 * self.pairs as u64
    }

    fn noise(&self, bernoulli: &Bernoulli) -> usize {
        self.pairs * bernoulli.len()
    }

    fn rule(&self, bernoulli: &Bernoulli) -> Option<Rule> {
        Some(pair::rule(bernoulli, Between::Constant).repeat(self.pairs))
    }
}
