//! `DisARM`, also called U2G: ARM with its uniform numbers integrated out.

use super::pair::Between;
use super::{Bias, Draw, Estimator, Method, Needs, Pair, Rule};
use crate::bernoulli::Bernoulli;
use crate::error::InvalidParameter;
use crate::estimator::EstimateError;
use crate::noise::Uniforms;
use crate::objective::Objective;
use voidgrad_real::sigmoid;

/// `ĝ_m = ½·(f(b) - f(b'))·(b_m - b'_m)·σ(|a_m|)`, where `b = H(a + ln(u/(1-u)))` and b' is what `1 - u` makes; with
/// several pairs, their mean.
///
/// Source: Dong, Mnih and Tucker 2020, section 3; the same as U2G, Yin, Ho, Yan, Qian and Zhou 2020.
///
/// ```
/// use voidgrad::estimators::{Disarm, Draw};
/// use voidgrad::{Bernoulli, Uniforms};
/// let bernoulli = Bernoulli::from_logits(&[0.0])?;
/// let mut draw = Draw::new(&bernoulli);
/// draw.update(&Disarm::new(2)?, &bernoulli, &|b: &[f64]| 3.0 * b[0], Uniforms::new(&[0.75])?)?;
/// assert_eq!(draw.gradient, [0.5 * (3.0 - 0.0) * 0.5]);
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
    cost: "K",
    parameters: "K, even, 2 unless given",
    bernoulli: Some(|setup, _| Ok(Box::new(Disarm::new(setup.evaluations.unwrap_or(2))?))),
    categorical: None,
    gaussian: None,
};

impl Disarm {
    /// `DisARM` with K/2 pairs.
    ///
    /// # Errors
    /// Where K is odd, less than 2, or so large that nobody could wait for it.
    pub fn new(samples: u64) -> Result<Self, InvalidParameter> {
        let allowed = "an even number from 2 to 1000000";
        match super::several(samples) {
            Ok(count) if count.is_multiple_of(2) => Ok(Self { pairs: count / 2 }),
            _ => Err(InvalidParameter { name: "evaluations", value: samples as f64, allowed }),
        }
    }
}

impl Estimator for Disarm {
    fn estimate(
        &self,
        bernoulli: &Bernoulli,
        objective: &dyn Objective,
        noise: Uniforms<'_>,
        draw: &mut Draw,
    ) -> Result<(), EstimateError> {
        let Draw { gradient, f, memory } = draw;
        let pair = memory.of(Pair::default);
        let pairs = self.pairs as f64;
        gradient.fill(0.0);
        *f = 0.0;
        for u in noise.chunks(bernoulli.len()) {
            let difference = pair.evaluate(bernoulli, objective, u)?;
            *f += pair.mean() / pairs;
            for (m, gradient) in gradient.iter_mut().enumerate() {
                let sign = pair.b[m] - pair.reflected[m];
                *gradient += 0.5 * difference * sign * sigmoid(bernoulli.logits()[m].abs()) / pairs;
            }
        }
        Ok(())
    }

    fn evaluations(&self, _: &Bernoulli) -> u64 {
        2 * self.pairs as u64
    }

    fn noise(&self, bernoulli: &Bernoulli) -> usize {
        self.pairs * bernoulli.len()
    }

    fn rule(&self, bernoulli: &Bernoulli) -> Option<Rule> {
        Some(super::pair::rule(bernoulli, Between::Constant).repeat(self.pairs))
    }
}
