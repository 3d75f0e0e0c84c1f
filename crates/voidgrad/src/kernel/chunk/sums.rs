//! What a batch adds up to.

use crate::error::{EstimateError, are_finite, check_sum, check_variance_gradient};
use crate::ranks::Inbox;

/// Sums over the samples of a batch.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Sums {
    /// How many samples.
    pub samples: u64,
    /// `Σ f(b)`
    pub f: f64,
    /// `Σ ĝ` with respect to the logits, M entries.
    pub gradient: Vec<f64>,
    /// `Σ ĝ²`, M entries.
    pub square: Vec<f64>,
    /// `Σ (2/M)(∂ĝ/∂φ)ᵀ ĝ`, which is `∂/∂φ Σ (1/M) Σ_m ĝ_m²`, N entries, with respect to the flat φ of
    /// [`Control`](crate::Control).
    pub variance_gradient: Vec<f64>,
}

impl Sums {
    /// The mean of `ĝ`, M entries.
    #[must_use]
    pub fn mean(&self) -> Vec<f64> {
        self.gradient.iter().map(|sum| sum / self.samples as f64).collect()
    }

    /// No samples yet, of M variables and N parameters.
    pub(crate) fn reset(&mut self, variables: usize, parameters: usize) {
        self.samples = 0;
        self.f = 0.0;
        for (sums, length) in [
            (&mut self.gradient, variables),
            (&mut self.square, variables),
            (&mut self.variance_gradient, parameters),
        ] {
            sums.clear();
            sums.resize(length, 0.0);
        }
    }

    /// Takes over the sums of other samples, in the memory that is there.
    pub(crate) fn copy(&mut self, other: &Self) {
        self.reset(other.gradient.len(), other.variance_gradient.len());
        self.add(other);
    }

    /// Adds the sums of other samples.
    pub(crate) fn add(&mut self, other: &Self) {
        self.samples += other.samples;
        self.f += other.f;
        for (sums, others) in [
            (&mut self.gradient, &other.gradient),
            (&mut self.square, &other.square),
            (&mut self.variance_gradient, &other.variance_gradient),
        ] {
            sums.iter_mut().zip(others).for_each(|(sum, other)| *sum += other);
        }
    }

    /// Adds the sums to a message to another rank.
    pub(crate) fn write(&self, message: &mut Vec<u64>) {
        let Self { samples, f, gradient, square, variance_gradient } = self;
        message.extend([*samples, f.to_bits()]);
        let sums = [gradient, square, variance_gradient];
        message.extend(sums.into_iter().flatten().map(|sum| sum.to_bits()));
    }

    /// Reads sums of M variables and N parameters.
    pub(crate) fn read(&mut self, variables: usize, parameters: usize, message: &mut Inbox<'_>) {
        self.reset(variables, parameters);
        self.samples = message.word();
        self.f = f64::from_bits(message.word());
        for sums in [&mut self.gradient, &mut self.square, &mut self.variance_gradient] {
            let numbers = message.numbers(sums.len());
            sums.iter_mut().zip(numbers).for_each(|(sum, number)| *sum = number);
        }
    }

    /// Whether no sum is NaN or infinite.
    pub(crate) fn is_finite(&self) -> bool {
        let Self { samples: _, f, gradient, square, variance_gradient } = self;
        f.is_finite() && are_finite(gradient) && are_finite(square) && are_finite(variance_gradient)
    }

    /// Refuses sums that are NaN or infinite; f and `ĝ` of every sample are known to be finite.
    pub(crate) fn check(&self, logits: &[f64]) -> Result<(), EstimateError> {
        let Self { samples, f, gradient, square, variance_gradient } = self;
        check_sum("f(b)", *samples, &[*f])?;
        check_sum("ĝ", *samples, gradient)?;
        check_sum("ĝ²", *samples, square)?;
        check_variance_gradient(variance_gradient, logits)
    }
}
