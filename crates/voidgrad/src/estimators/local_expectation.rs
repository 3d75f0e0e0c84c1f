//! Local expectation gradients: every variable summed out in its turn, by values of f or by its flips.

use super::{Bias, Cost, Count, Method, Needs};
use crate::bernoulli::Bernoulli;
use crate::distribution::Distribution as _;
use crate::estimator::{Answer, Estimator, Told, Want};

use crate::noise::Rule;
use voidgrad_real::sigmoid;

/// `ĝ_m = (f(b with b_m = 1) - f(b with b_m = 0))·θ_m(1 - θ_m)`: the exact expectation over each variable, given the
/// others as they were drawn.
///
/// Source: Titsias and Lázaro-Gredilla 2015, equation 6.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LocalExpectation;

/// What the list says of it.
pub const METHOD: Method = Method {
    name: "local-expectation",
    title: "local expectation gradients",
    formula: "ĝ_m = (f(b, b_m = 1) - f(b, b_m = 0))·θ_m(1 - θ_m)",
    source: "Titsias and Lázaro-Gredilla 2015, equation 6",
    bias: Bias::Unbiased,
    needs: Needs::Values,
    cost: Cost::f(Count::VariablesAndOne),
    parameters: "",
};

impl Estimator for LocalExpectation {
    /// b, and then b with each of its variables flipped in turn.
    fn ask(&self, bernoulli: &Bernoulli, noise: &[f64], points: &mut [f64]) {
        let (b, flipped) = points.split_at_mut(bernoulli.len());
        bernoulli.sample(noise, b);
        for (m, row) in flipped.chunks_exact_mut(bernoulli.len()).enumerate() {
            row.copy_from_slice(b);
            row[m] = 1.0 - b[m];
        }
    }

    fn answer(&self, bernoulli: &Bernoulli, told: Told<'_>, answer: Answer<'_>) {
        let Answer { gradient, weights, .. } = answer;
        weights.fill(0.0);
        weights[0] = 1.0;
        let (f, flipped) = (told.values[0], &told.values[1..]);
        for (m, (gradient, &a)) in gradient.iter_mut().zip(bernoulli.logits()).enumerate() {
            let difference = if told.points[m] == 1.0 { f - flipped[m] } else { flipped[m] - f };
            *gradient = difference * (sigmoid(a) * sigmoid(-a));
        }
    }

    fn starts_with_a_sample(&self) -> bool {
        true
    }

    fn evaluations(&self, bernoulli: &Bernoulli) -> u64 {
        bernoulli.len() as u64 + 1
    }

    fn rule(&self, bernoulli: &Bernoulli) -> Option<Rule> {
        bernoulli.rule()
    }
}

/// [`LocalExpectation`] of an objective that knows how each bit changes it ([`Flips`](crate::objective::Flips)): the same `ĝ` for one evaluation of f.
///
/// ```
/// use voidgrad::estimators::LocalExpectationByFlips;
/// use voidgrad::toy::MeanQuadratic;
/// use voidgrad::{Bernoulli, Round};
/// let (bernoulli, f) = (Bernoulli::from_logits(&[0.0, 1.0])?, MeanQuadratic { target: 0.25 });
/// let mut round = Round::new();
/// round.estimate(&LocalExpectationByFlips, &bernoulli, &f, &[0.75, 0.1])?;
/// // f is a sum over the variables, so nothing of it is random.
/// assert_eq!(round.gradient(), f.gradient(&bernoulli));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LocalExpectationByFlips;

/// What is said of it if f knows its flips.
pub const BY_FLIPS: Method = Method {
    formula: "ĝ_m = (f(b, b_m = 1) - f(b, b_m = 0))·θ_m(1 - θ_m), by the flips of f",
    needs: Needs::Flips,
    cost: Cost::f(Count::Fixed(1)),
    ..METHOD
};

impl Estimator for LocalExpectationByFlips {
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn ask(&self, bernoulli: &Bernoulli, noise: &[f64], points: &mut [f64]) {
        bernoulli.sample(noise, points);
    }

    fn answer(&self, bernoulli: &Bernoulli, told: Told<'_>, answer: Answer<'_>) {
        let sides = bernoulli.logits().iter().map(|&a| sigmoid(a) * sigmoid(-a));
        let flips = told.points.iter().zip(told.gradients);
        for ((gradient, slope), (b, flip)) in answer.gradient.iter_mut().zip(sides).zip(flips) {
            *gradient = (1.0 - 2.0 * b) * flip * slope;
        }
    }

    fn want(&self, _: usize) -> Want {
        Want::Flips
    }

    fn has_equal_weights(&self) -> bool {
        true
    }

    fn starts_with_a_sample(&self) -> bool {
        true
    }

    fn rule(&self, bernoulli: &Bernoulli) -> Option<Rule> {
        bernoulli.rule()
    }
}
