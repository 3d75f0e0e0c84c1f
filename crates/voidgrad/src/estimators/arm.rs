//! ARM: one uniform number and its reflection.

use super::pair::Between;
use super::{Bias, Draw, Estimator, Method, Needs, Pair, Rule};
use crate::bernoulli::Bernoulli;
use crate::estimator::EstimateError;
use crate::noise::Uniforms;
use crate::objective::Objective;

/// `ĝ_m = (f(b) - f(b'))·(u_m - ½)`, where `b = H(a + ln(u/(1-u)))` and b' is what `1 - u` makes.
///
/// Source: Yin and Zhou 2019, theorem 1.
///
/// ```
/// use voidgrad::estimators::{Arm, Draw};
/// use voidgrad::{Bernoulli, Uniforms};
/// let bernoulli = Bernoulli::from_logits(&[0.0])?;
/// let mut draw = Draw::new(&bernoulli);
/// draw.update(&Arm, &bernoulli, &|b: &[f64]| 3.0 * b[0], Uniforms::new(&[0.75])?)?;
/// assert_eq!(draw.gradient, [(3.0 - 0.0) * 0.25]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arm;

/// What the list says of it.
pub const METHOD: Method = Method {
    name: "arm",
    title: "ARM",
    formula: "ĝ = (f(b) - f(b'))·(u - ½), b of u and b' of 1 - u",
    source: "Yin and Zhou 2019, theorem 1",
    bias: Bias::Unbiased,
    needs: Needs::Values,
    cost: "2",
    parameters: "",
    bernoulli: Some(|_, _| Ok(Box::new(Arm))),
    categorical: None,
    gaussian: None,
};

impl Estimator for Arm {
    fn estimate(
        &self,
        bernoulli: &Bernoulli,
        objective: &dyn Objective,
        noise: Uniforms<'_>,
        draw: &mut Draw,
    ) -> Result<(), EstimateError> {
        let Draw { gradient, f, memory } = draw;
        let pair = memory.of(Pair::default);
        let difference = pair.evaluate(bernoulli, objective, &noise)?;
        *f = pair.mean();
        for (gradient, u) in gradient.iter_mut().zip(&*noise) {
            *gradient = difference * (u - 0.5);
        }
        Ok(())
    }

    fn evaluations(&self, _: &Bernoulli) -> u64 {
        2
    }

    fn rule(&self, bernoulli: &Bernoulli) -> Option<Rule> {
        Some(super::pair::rule(bernoulli, Between::Linear))
    }
}
