//! REINFORCE with a constant baseline.

use super::{Bias, Cost, Method, Needs};
use crate::distribution::Distribution;
use crate::error::{InvalidParameter, finite};
use crate::estimator::{Advantages, Answer, Estimator, Form, Told};
use crate::noise::Rule;

/// `ĝ = (f(b) - c)·∂/∂a ln p(b)`, for every distribution with a score.
///
/// For one Bernoulli variable, `c* = (1 - θ)·f(1) + θ·f(0)` takes all of the variance away.
///
/// Source: REINFORCE (Williams 1992), equation 6.
///
/// ```
/// use voidgrad::estimators::Reinforce;
/// use voidgrad::{Bernoulli, Round};
/// let bernoulli = Bernoulli::from_logits(&[0.0])?;
/// let f = |b: &[f64]| 3.0 * b[0];
/// let mut round = Round::new();
/// round.estimate(&Reinforce::new(1.0)?, &bernoulli, &f, &[0.75])?;
/// assert_eq!(round.gradient(), [(3.0 - 1.0) * 0.5]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reinforce {
    pub(super) baseline: f64,
}

/// What the list says of it. Without a baseline it is the estimator that REBAR and RELAX share, with no control, on the same
/// noise.
pub const METHOD: Method = Method {
    name: "reinforce",
    title: "REINFORCE",
    formula: "ĝ = (f(b) - c)·∂/∂a ln p(b)",
    source: "Williams 1992, equation 6",
    bias: Bias::Unbiased,
    needs: Needs::Values,
    cost: Cost::ONE,
    parameters: "the constant c, 0 unless given",
};

impl Reinforce {
    /// REINFORCE with the baseline c.
    ///
    /// # Errors
    /// Returns an error if it is NaN or infinite.
    pub fn new(baseline: f64) -> Result<Self, InvalidParameter> {
        Ok(Self { baseline: finite("baseline", baseline)? })
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn advantage(self, values: &[f64]) -> f64 {
        values[0] - self.baseline
    }
}

impl<D: Distribution> Estimator<D> for Reinforce {
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn ask(&self, distribution: &D, noise: &[f64], points: &mut [f64]) {
        distribution.sample(noise, points);
    }

    fn starts_with_a_sample(&self) -> bool {
        true
    }

    fn has_equal_weights(&self) -> bool {
        true
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn answer(&self, distribution: &D, told: Told<'_>, answer: Answer<'_>) {
        distribution.score(told.points, answer.gradient);
        let advantage = self.advantage(told.values);
        answer.gradient.iter_mut().for_each(|gradient| *gradient *= advantage);
    }

    fn advantages(&self) -> Option<&dyn Advantages> {
        Some(self)
    }

    fn rule(&self, distribution: &D) -> Option<Rule> {
        distribution.rule()
    }
}

impl Advantages for Reinforce {
    fn form(&self) -> Form {
        Form::Sample
    }

    fn advantages(&self, values: &[f64], advantages: &mut Vec<f64>) {
        advantages.clear();
        advantages.push(self.advantage(values));
    }
}
