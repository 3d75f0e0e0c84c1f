//! How small a variance is: none at all, or none that can be told from rounding.

use super::comparison::Comparison;
use crate::evaluation::{Evaluation, Technique};
use voidgrad_kit::error::Error;
use voidgrad_kit::number;

/// What is known of a variance.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Size {
    /// There is none: all estimates are the same.
    Zero,
    /// It can't be told from what rounding leaves, or is less than the smallest number.
    Rounding {
        /// What it is less than.
        below: f64,
    },
    /// As it says.
    Value,
}

impl Size {
    /// Its name in files.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Zero => "zero",
            Self::Rounding { .. } => "rounding",
            Self::Value => "value",
        }
    }

    /// A variance of this size.
    pub(crate) fn text(self, variance: f64) -> String {
        match self {
            Self::Zero => "0".to_owned(),
            Self::Rounding { below } => format!("< {}", number::short(below)),
            Self::Value => number::short(variance),
        }
    }
}

/// Fewer estimates than this in which a variable has its rarer state say nothing about how they vary.
const FEWEST_RARE: f64 = 10.0;

impl Comparison {
    /// # Errors
    /// Returns an error if so many samples contain hardly any rare states. Rare states make up most of a variance.
    pub(crate) fn sees_rare_states(&self, samples: u64) -> Result<(), Error> {
        let expected = samples as f64 * self.bernoulli.len() as f64 * self.rarer();
        if expected >= FEWEST_RARE {
            return Ok(());
        }
        Err(Error::computation(format!(
            "its variance cannot be sampled: in {} samples a variable has its rarer state {} times, fewer than {FEWEST_RARE}",
            number::grouped(samples),
            number::short(expected)
        )))
    }

    /// What is known of the variance of an evaluation.
    pub(crate) fn size_of(&self, evaluation: &Evaluation, has_no_noise: bool) -> Size {
        let is_exact = evaluation.technique != Technique::MonteCarlo;
        match evaluation.variance {
            0.0 if has_no_noise || is_exact && self.sums_are_exact() => Size::Zero,
            variance if variance < self.rounding() => Size::Rounding { below: self.rounding() },
            _ => Size::Value,
        }
    }

    /// What rounding may leave of the variance of ĝ: 1e-28 of the variance of f times the score. It is never 0, since a variance that
    /// is less than the smallest number is computed as 0.
    pub(crate) fn rounding(&self) -> f64 {
        (self.precision() * self.spread().sqrt()).powi(2).max(f64::MIN_POSITIVE)
    }

    /// The same for the distance of the mean from the gradient.
    pub(crate) fn bias_of_rounding(&self) -> f64 {
        (self.precision() * self.spread()).max(f64::MIN_POSITIVE)
    }

    /// The probability of the rarer state of a variable.
    pub(crate) fn rarer(&self) -> f64 {
        self.theta.min(1.0 - self.theta)
    }

    /// Whether a sum over all states that is 0 has only terms that are 0. It has if no term underflows, not even one that is made of
    /// rounding, in the rarest state.
    pub(crate) fn sums_are_exact(&self) -> bool {
        let states = self.bernoulli.len() as f64 * self.rarer().log2();
        let deviation = (f64::EPSILON * self.rarer()).log2() + self.size().log2();
        states + 2.0 * deviation > f64::from(f64::MIN_EXP)
    }

    /// The variance of the score, `θ(1 - θ)`.
    fn spread(&self) -> f64 {
        self.theta * (1.0 - self.theta)
    }

    /// What a few hundred operations lose of f.
    fn precision(&self) -> f64 {
        1e-14 * self.size()
    }
}
