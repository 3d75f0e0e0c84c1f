//! ARM: one uniform number and its reflection.

use super::pair::{self, Between};
use super::{Bias, Cost, Count, Method, Needs};
use crate::bernoulli::Bernoulli;
use crate::estimator::{Answer, Estimator, Told};
use crate::noise::Rule;

/// `ĝ_m = (f(b) - f(b'))·(u_m - ½)`, where `b = H(a + ln(u/(1-u)))` and b' is what `1 - u` makes.
///
/// Source: Yin and Zhou 2019, theorem 1.
///
/// ```
/// use voidgrad::estimators::Arm;
/// use voidgrad::{Bernoulli, Round};
/// let bernoulli = Bernoulli::from_logits(&[0.0])?;
/// let mut round = Round::new();
/// round.estimate(&Arm, &bernoulli, &|b: &[f64]| 3.0 * b[0], &[0.75])?;
/// assert_eq!(round.gradient(), [(3.0 - 0.0) * 0.25]);
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
    cost: Cost::f(Count::Fixed(2)),
    parameters: "",
};

impl Estimator for Arm {
    fn ask(&self, bernoulli: &Bernoulli, noise: &[f64], points: &mut [f64]) {
        pair::sample(bernoulli, noise, points);
    }

    fn answer(&self, _: &Bernoulli, told: Told<'_>, answer: Answer<'_>) {
        let difference = told.values[0] - told.values[1];
        for (gradient, u) in answer.gradient.iter_mut().zip(told.noise) {
            *gradient = difference * (u - 0.5);
        }
    }

    fn starts_with_a_sample(&self) -> bool {
        true
    }

    fn has_equal_weights(&self) -> bool {
        true
    }

    fn evaluations(&self, _: &Bernoulli) -> u64 {
        2
    }

    fn rule(&self, bernoulli: &Bernoulli) -> Option<Rule> {
        Some(pair::rule(bernoulli, Between::Linear))
    }
}
