//! REINFORCE with a constant baseline.

use super::{Bias, Draw, Estimator, Method, Needs, Rule};
use crate::controls::Zero;
use crate::distribution::Distribution;
use crate::error::{InvalidParameter, finite};
use crate::estimator::EstimateError;
use crate::noise::Uniforms;
use crate::objective::{Objective, evaluate};

/// `ĝ = (f(b) - c)·∂/∂a ln p(b)`, for every distribution with a score.
///
/// For one Bernoulli variable, `c* = (1 - θ)·f(1) + θ·f(0)` takes all of the variance away.
///
/// Source: REINFORCE (Williams 1992), equation 6.
///
/// ```
/// use voidgrad::estimators::{Draw, Reinforce};
/// use voidgrad::{Bernoulli, Uniforms};
/// let bernoulli = Bernoulli::from_logits(&[0.0])?;
/// let f = |b: &[f64]| 3.0 * b[0];
/// let mut draw = Draw::new(&bernoulli);
/// draw.update(&Reinforce::new(1.0)?, &bernoulli, &f, Uniforms::new(&[0.75])?)?;
/// assert_eq!(draw.gradient, [(3.0 - 1.0) * 0.5]);
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
    cost: "1",
    parameters: "the constant c, 0 unless given",
    bernoulli: Some(|setup, _| {
        if setup.baseline == 0.0 { Ok(Box::new(Zero)) } else { Ok(Box::new(Reinforce::new(setup.baseline)?)) }
    }),
    categorical: Some(|setup, _, _| Ok(Box::new(Reinforce::new(setup.baseline)?))),
    gaussian: Some(|setup, _, _| Ok(Box::new(Reinforce::new(setup.baseline)?))),
};

impl Reinforce {
    /// REINFORCE with the baseline c.
    ///
    /// # Errors
    /// Where it is NaN or infinite.
    pub fn new(baseline: f64) -> Result<Self, InvalidParameter> {
        Ok(Self { baseline: finite("baseline", baseline)? })
    }
}

impl<D: Distribution> Estimator<D> for Reinforce {
    fn estimate(
        &self,
        distribution: &D,
        objective: &dyn Objective,
        noise: Uniforms<'_>,
        draw: &mut Draw,
    ) -> Result<(), EstimateError> {
        let b: &mut Vec<f64> = draw.memory.of(Vec::new);
        b.resize(distribution.dimension(), 0.0);
        distribution.draw(&noise, b);
        draw.f = evaluate(objective, b)?;
        distribution.score(b, &mut draw.gradient);
        for gradient in &mut draw.gradient {
            *gradient *= draw.f - self.baseline;
        }
        Ok(())
    }

    fn rule(&self, distribution: &D) -> Option<Rule> {
        distribution.rule()
    }
}
