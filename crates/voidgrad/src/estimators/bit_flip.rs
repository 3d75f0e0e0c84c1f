//! `BitFlip`: local expectation gradients of some of the variables, chosen at random.

use super::{Bias, Cost, Count, Method, Needs};
use crate::bernoulli::Bernoulli;
use crate::distribution::Distribution as _;
use crate::error::InvalidParameter;
use crate::estimator::{Answer, Estimator, Told};
use crate::noise::{Node, Rule};

/// `ĝ_m = M/(K-1)·(f(b with b_m = 1) - f(b with b_m = 0))·θ_m(1 - θ_m)` for K - 1 of the M variables, and 0 for the others.
///
/// One sample, and K - 1 points with a variable flipped each. The variables are chosen uniformly, without replacement. With K = 2 it is `BitFlip-1` of the paper, with K = M + 1 it is
/// [`LocalExpectation`](super::LocalExpectation). K is at most M + 1: a larger one is taken for it.
///
/// Source: Kunes et al. 2023, section 3.
///
/// ```
/// use voidgrad::estimators::BitFlip;
/// use voidgrad::{Bernoulli, Round};
/// let bernoulli = Bernoulli::from_logits(&[0.0, 0.0])?;
/// let mut round = Round::new();
/// // b = (1, 0), and then the second variable.
/// round.estimate(&BitFlip::new(2)?, &bernoulli, &|b: &[f64]| 3.0 * b[0] + b[1], &[0.75, 0.25, 0.9])?;
/// assert_eq!(round.gradient(), [0.0, 2.0 * 0.25]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BitFlip {
    samples: usize,
}

/// What the list says of it.
pub const METHOD: Method = Method {
    name: "bit-flip",
    title: "BitFlip",
    formula: "ĝ_m = M/(K - 1)·(f(b, b_m = 1) - f(b, b_m = 0))·θ_m(1 - θ_m) for K - 1 random variables, 0 for the others",
    source: "Kunes et al. 2023, section 3",
    bias: Bias::Unbiased,
    needs: Needs::Values,
    cost: Cost::f(Count::KOrVariablesAndOne),
    parameters: "K ≥ 2, 2 unless given; at most M + 1",
};

impl BitFlip {
    /// One sample, and K - 1 flips.
    ///
    /// # Errors
    /// Returns an error if K is less than 2, or so large that nobody could wait for it.
    pub fn new(samples: u64) -> Result<Self, InvalidParameter> {
        Ok(Self { samples: super::several(samples)? })
    }

    fn flips(self, bernoulli: &Bernoulli) -> usize {
        (self.samples - 1).min(bernoulli.len())
    }

    /// The variables that are flipped, in the order of the points.
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the product is between 0 and the number of variables"
    )]
    fn chosen(self, bernoulli: &Bernoulli, u: &[f64]) -> Vec<usize> {
        let mut rest: Vec<usize> = (0..bernoulli.len()).collect();
        for (i, u) in u.iter().enumerate() {
            let left = rest.len() - i;
            rest.swap(i, i + ((u * left as f64) as usize).min(left - 1));
        }
        rest.truncate(self.flips(bernoulli));
        rest
    }
}

impl Estimator for BitFlip {
    /// b, and then b with each of the chosen variables flipped in turn.
    fn ask(&self, bernoulli: &Bernoulli, noise: &[f64], points: &mut [f64]) {
        let (of_sample, of_choice) = noise.split_at(bernoulli.len());
        let (b, flipped) = points.split_at_mut(bernoulli.len());
        bernoulli.sample(of_sample, b);
        let chosen = self.chosen(bernoulli, of_choice);
        for (m, row) in chosen.into_iter().zip(flipped.chunks_exact_mut(bernoulli.len())) {
            row.copy_from_slice(b);
            row[m] = 1.0 - b[m];
        }
    }

    fn answer(&self, bernoulli: &Bernoulli, told: Told<'_>, answer: Answer<'_>) {
        let Answer { gradient, weights, .. } = answer;
        weights.fill(0.0);
        weights[0] = 1.0;
        let (theta, rest) = (bernoulli.probabilities(), bernoulli.complements());
        let chosen = self.chosen(bernoulli, &told.noise[bernoulli.len()..]);
        let factor = bernoulli.len() as f64 / chosen.len() as f64;
        for (m, flipped) in chosen.into_iter().zip(&told.values[1..]) {
            let difference =
                if told.points[m] == 1.0 { told.values[0] - flipped } else { flipped - told.values[0] };
            gradient[m] = factor * difference * (theta[m] * rest[m]);
        }
    }

    fn starts_with_a_sample(&self) -> bool {
        true
    }

    fn evaluations(&self, bernoulli: &Bernoulli) -> u64 {
        self.flips(bernoulli) as u64 + 1
    }

    fn noise(&self, bernoulli: &Bernoulli) -> usize {
        bernoulli.len() + self.flips(bernoulli)
    }

    fn rule(&self, bernoulli: &Bernoulli) -> Option<Rule> {
        let equal = |left: usize| {
            let share = 1.0 / left as f64;
            (0..left).map(|i| Node { u: (i as f64 + 0.5) * share, weight: share }).collect::<Vec<Node>>()
        };
        // With many variables there are more combinations than anybody sums over.
        let choices = (0..self.flips(bernoulli)).map(|i| equal(bernoulli.len() - i));
        Some(Rule::new(bernoulli.rule()?.nodes().iter().cloned().chain(choices).collect()))
    }
}
