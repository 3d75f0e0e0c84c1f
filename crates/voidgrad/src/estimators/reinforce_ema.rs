//! REINFORCE with a moving average of f as its baseline.

use super::{Bias, Cost, Method, Needs, Reinforce};
use crate::distribution::Distribution;
use crate::error::{InvalidParameter, ShapeMismatch};
use crate::estimator::{Advantages, Answer, Estimator, Learned, Told, learned};
use crate::noise::Rule;

/// `ĝ = (f(b) - c)·∂/∂a ln p(b)`, where c is the mean of the values of f so far, each weighted by `decay` to the power of its
/// age.
///
/// The baseline moves when the estimator is [told](Estimator::tell), and depends on earlier samples only, so `ĝ` stays unbiased. Before the
/// first it is 0. On a plate it moves once for each example, in their order.
///
/// Source: Mnih and Gregor 2014, section 3.2.
///
/// ```
/// use voidgrad::estimators::ReinforceEma;
/// use voidgrad::{Bernoulli, Round};
/// let bernoulli = Bernoulli::from_logits(&[0.0])?;
/// let f = |b: &[f64]| 2.0 + b[0];
/// let mut estimator = ReinforceEma::new(0.9)?;
/// let mut round = Round::new();
/// round.ask(&estimator, &bernoulli, &[0.25])?;
/// round.evaluate(&f)?;
/// round.tell(&mut estimator, &bernoulli)?;
/// assert_eq!(round.gradient(), [2.0 * -0.5]);
/// assert_eq!(estimator.baseline(), 2.0);
/// round.estimate(&estimator, &bernoulli, &f, &[0.75])?;
/// assert_eq!(round.gradient(), [(3.0 - 2.0) * 0.5]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ReinforceEma {
    decay: f64,
    reinforce: Reinforce,
    /// The sum of the weights of all values so far, `1 + decay + decay² + …`.
    weight: f64,
}

/// What the list says of it.
pub const METHOD: Method = Method {
    name: "reinforce-ema",
    title: "REINFORCE, moving average",
    formula: "ĝ = (f(b) - c)·∂/∂a ln p(b), c a moving average of f",
    source: "Mnih and Gregor 2014, section 3.2",
    bias: Bias::Unbiased,
    needs: Needs::Values,
    cost: Cost::ONE,
    parameters: "the decay of the average, 0.99 unless given",
};

impl ReinforceEma {
    /// REINFORCE whose average forgets by this factor an estimate.
    ///
    /// # Errors
    /// Returns an error if it is not in [0, 1).
    pub fn new(decay: f64) -> Result<Self, InvalidParameter> {
        Ok(Self { decay: super::decay(decay)?, reinforce: Reinforce::new(0.0)?, weight: 0.0 })
    }

    /// c.
    #[must_use]
    pub fn baseline(&self) -> f64 {
        self.reinforce.baseline
    }
}

impl<D: Distribution> Estimator<D> for ReinforceEma {
    fn ask(&self, distribution: &D, noise: &[f64], points: &mut [f64]) {
        self.reinforce.ask(distribution, noise, points);
    }

    fn starts_with_a_sample(&self) -> bool {
        true
    }

    fn has_equal_weights(&self) -> bool {
        true
    }

    fn answer(&self, distribution: &D, told: Told<'_>, answer: Answer<'_>) {
        self.reinforce.answer(distribution, told, answer);
    }

    fn advantages(&self) -> Option<&dyn Advantages> {
        Some(&self.reinforce)
    }

    fn learn(&mut self, _: &D, told: Told<'_>) {
        self.weight = self.decay * self.weight + 1.0;
        self.reinforce.baseline = super::towards(self.reinforce.baseline, told.values[0], 1.0 / self.weight);
    }

    fn state(&self) -> Learned {
        vec![("baseline".into(), vec![self.reinforce.baseline]), ("weight".into(), vec![self.weight])]
    }

    fn restore(&mut self, state: &[(&str, &[f64])]) -> Result<(), ShapeMismatch> {
        let [baseline, weight] =
            [learned(state, "baseline", Some(1))?[0], learned(state, "weight", Some(1))?[0]];
        (self.reinforce.baseline, self.weight) = (baseline, weight);
        Ok(())
    }

    fn rule(&self, distribution: &D) -> Option<Rule> {
        self.reinforce.rule(distribution)
    }
}
