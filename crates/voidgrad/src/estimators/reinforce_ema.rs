//! REINFORCE with a moving average of f as its baseline.

use super::{Bias, Draw, Estimator, Method, Needs, Reinforce, Rule};
use crate::distribution::Distribution;
use crate::error::InvalidParameter;
use crate::estimator::EstimateError;
use crate::noise::Uniforms;
use crate::objective::Objective;

/// `ĝ = (f(b) - c)·∂/∂a ln p(b)`, where c is the mean of the values of f so far, each weighted by `decay` to the power of its
/// age.
///
/// The baseline moves in [`Estimator::advance`] and depends on earlier samples only, so `ĝ` stays unbiased. Before the
/// first it is 0.
///
/// Source: Mnih and Gregor 2014, section 3.2.
///
/// ```
/// use voidgrad::estimators::{Draw, Estimator, ReinforceEma};
/// use voidgrad::{Bernoulli, Uniforms};
/// let bernoulli = Bernoulli::from_logits(&[0.0])?;
/// let f = |b: &[f64]| 2.0 + b[0];
/// let mut estimator = ReinforceEma::new(0.9)?;
/// let mut draw = Draw::new(&bernoulli);
/// draw.update(&estimator, &bernoulli, &f, Uniforms::new(&[0.25])?)?;
/// assert_eq!(draw.gradient, [2.0 * -0.5]);
/// Estimator::<Bernoulli>::advance(&mut estimator, &draw);
/// draw.update(&estimator, &bernoulli, &f, Uniforms::new(&[0.75])?)?;
/// assert!((draw.gradient[0] - (3.0 - 2.0) * 0.5).abs() < 1e-15);
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
    cost: "1",
    parameters: "the decay of the average, 0.99 unless given",
    bernoulli: Some(|_, _| Ok(Box::new(ReinforceEma::new(0.99)?))),
    categorical: Some(|_, _, _| Ok(Box::new(ReinforceEma::new(0.99)?))),
    gaussian: Some(|_, _, _| Ok(Box::new(ReinforceEma::new(0.99)?))),
};

impl ReinforceEma {
    /// REINFORCE whose average forgets by this factor an estimate.
    ///
    /// # Errors
    /// Where it is not in [0, 1).
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
    fn estimate(
        &self,
        distribution: &D,
        objective: &dyn Objective,
        noise: Uniforms<'_>,
        draw: &mut Draw,
    ) -> Result<(), EstimateError> {
        self.reinforce.estimate(distribution, objective, noise, draw)
    }

    fn rule(&self, distribution: &D) -> Option<Rule> {
        self.reinforce.rule(distribution)
    }

    fn advance(&mut self, draw: &Draw) {
        self.weight = self.decay * self.weight + 1.0;
        self.reinforce.baseline = super::towards(self.reinforce.baseline, draw.f, 1.0 / self.weight);
    }
}
