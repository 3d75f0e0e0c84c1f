//! The mean over a batch of samples.

use nalgebra::DVector;

use super::{Estimate, EstimateError, check_sum, check_variance_gradient};
use crate::bernoulli::Bernoulli;
use crate::control::Control;
use crate::noise::Noise;
use crate::objective::Objective;

/// The mean of [`estimate`](super::estimate) over B samples, and that of their variance gradients.
///
/// The samples are added in their order, so the same noise gives the same bits.
///
/// ```
/// use voidgrad::{Bernoulli, Constant, EstimateError, Noise, estimate_batch};
/// let bernoulli = Bernoulli::from_logits(&[0.0])?;
/// let f = |b: &[f64]| 3.0 * b[0];
/// let control = Constant::new(1.0)?;
/// let noise = [Noise::new(&[0.75], &[0.5])?, Noise::new(&[0.25], &[0.5])?];
/// let batch = estimate_batch(&bernoulli, &f, &control, &noise)?;
/// assert_eq!(batch.gradient[0], (1.0 + 0.5) / 2.0);
/// assert_eq!(estimate_batch(&bernoulli, &f, &control, &[]), Err(EstimateError::EmptyBatch));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// Returns an error if the batch is empty, if a row's noise does not have M entries, or if a value, a gradient or a sum of them is
/// NaN or infinite.
pub fn estimate_batch(
    bernoulli: &Bernoulli,
    objective: &(impl Objective + ?Sized),
    control: &(impl Control + ?Sized),
    noise: &[Noise<'_>],
) -> Result<Batch, EstimateError> {
    let mut batch = Batch::new(bernoulli.len(), control.parameters());
    for &noise in noise {
        batch.add(bernoulli, objective, control, noise)?;
    }
    batch.finish(bernoulli)?;
    Ok(batch)
}

/// What [`estimate_batch`] returns.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch {
    /// The mean of `ĝ` with respect to the logits, M entries.
    pub gradient: DVector<f64>,
    /// The mean of `(2/M)(∂ĝ/∂φ)ᵀ ĝ`, N entries.
    pub variance_gradient: DVector<f64>,
    /// The mean of `f(b)`.
    pub f: f64,
    /// The last sample, which is also the memory of the next.
    last: Estimate,
    samples: usize,
}

impl Batch {
    /// Memory for M variables and N parameters of the control, without a sample yet.
    pub(crate) fn new(variables: usize, parameters: usize) -> Self {
        Self {
            gradient: DVector::zeros(variables),
            variance_gradient: DVector::zeros(parameters),
            f: 0.0,
            last: Estimate::new(variables),
            samples: 0,
        }
    }

    /// The last of the samples.
    #[must_use]
    pub fn last(&self) -> &Estimate {
        &self.last
    }

    /// Adds one sample; the means are sums until [`finish`](Self::finish).
    pub(crate) fn add(
        &mut self,
        bernoulli: &Bernoulli,
        objective: &(impl Objective + ?Sized),
        control: &(impl Control + ?Sized),
        noise: Noise<'_>,
    ) -> Result<(), EstimateError> {
        let phi_bar = self.variance_gradient.as_mut_slice();
        self.last.update_and_add(bernoulli, objective, control, noise, phi_bar)?;
        self.gradient += &self.last.gradient;
        self.f += self.last.f;
        self.samples += 1;
        Ok(())
    }

    /// Makes means of the sums.
    pub(crate) fn finish(&mut self, bernoulli: &Bernoulli) -> Result<(), EstimateError> {
        if self.samples == 0 {
            return Err(EstimateError::EmptyBatch);
        }
        check_sum("f(b)", self.samples as u64, &[self.f])?;
        check_sum("ĝ", self.samples as u64, self.gradient.as_slice())?;
        let samples = self.samples as f64;
        self.gradient /= samples;
        self.variance_gradient /= samples;
        self.f /= samples;
        check_variance_gradient(self.variance_gradient.as_slice(), bernoulli.logits())
    }
}
