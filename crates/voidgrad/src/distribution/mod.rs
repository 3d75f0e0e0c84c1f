//! What a distribution is: its parameters, samples and score, which estimators need, and, if it has them in closed form, its mean, entropy and divergence, which
//! objectives are regularised with.

pub(crate) mod divergence;
pub(crate) mod natural;
#[cfg(test)]
mod tests;

use crate::error::{DistributionError, SampleError, ShapeMismatch};
use crate::noise::{Rule, Stream};

/// As many uniform numbers are on the stack; more are on the heap.
const ON_STACK: usize = 64;

/// A distribution `p(b|a)` that is sampled by uniform numbers and whose score is known.
///
/// Estimators that need no more than this (REINFORCE with its baselines, RLOO) are written once for all of
/// them. `a` are the parameters by which gradients are taken, flat and unconstrained: the logits of [`Bernoulli`](crate::Bernoulli) and
/// [`Categorical`](crate::Categorical) variables, of [`Subset`](crate::Subset)s, [`Chain`](crate::Chain)s and [rankings](crate::PlackettLuce), means and logarithms of standard deviations of
/// [`Gaussian`](crate::Gaussian) variables, logits and logarithms of rates of [counts](crate::counts).
///
/// ```
/// use voidgrad::{Bernoulli, Distribution};
/// let bernoulli = Bernoulli::from_logits(&[0.0, 3.0])?;
/// let (mut b, mut score) = ([0.0; 2], [0.0; 2]);
/// bernoulli.sample(&[0.25, 0.5], &mut b);
/// bernoulli.score(&b, &mut score);
/// assert_eq!((b, score[0]), ([0.0, 1.0], -0.5));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Sums beyond the largest `f64` (parameters of 1e308) are the largest `f64`, not infinite.
pub trait Distribution: Send + Sync {
    /// `a`, the parameters by which gradients are taken.
    fn parameters(&self) -> &[f64];

    /// Takes over the values of `a`.
    ///
    /// # Errors
    /// Returns an error if there are not as many as before, or if one is NaN or infinite; then nothing has changed.
    fn set_parameters(&mut self, parameters: &[f64]) -> Result<(), DistributionError>;

    /// Gives many distributions, with as many parameters each, the values of `a`, up to the first that refuses its own.
    #[doc(hidden)]
    fn set_all(all: &mut [Self], parameters: &[f64]) -> Result<(), DistributionError>
    where
        Self: Sized,
    {
        set_one_by_one(all, parameters)
    }

    /// The number of entries of a sample b.
    fn dimension(&self) -> usize;

    /// How many uniform numbers a sample takes.
    fn uniforms(&self) -> usize;

    /// Writes the sample that these uniform numbers make, in the form in which the objective takes it.
    ///
    /// # Panics
    /// Panics if `u` or `b` have another length than [`uniforms`](Self::uniforms) and [`dimension`](Self::dimension).
    fn sample(&self, u: &[f64], b: &mut [f64]);

    /// Writes a sample that the next numbers of a stream make, [`uniforms`](Self::uniforms) of them.
    ///
    /// ```
    /// use voidgrad::{Categorical, Distribution, Stream};
    /// let categorical = Categorical::from_logits(&[0.0; 6], 3)?;
    /// let mut b = [0.0; 6];
    /// categorical.sample_from(&mut Stream::new(1, 0, 0), &mut b);
    /// assert!(categorical.ln_p(&b).is_ok());
    /// # Ok::<(), voidgrad::categorical::CategoricalError>(())
    /// ```
    ///
    /// # Panics
    /// Panics if `b` does not have [`dimension`](Self::dimension) entries.
    fn sample_from(&self, stream: &mut Stream, b: &mut [f64]) {
        let count = self.uniforms();
        if count <= ON_STACK {
            let mut u = [0.0; ON_STACK];
            stream.fill_open01(&mut u[..count]);
            self.sample(&u[..count], b);
        } else {
            let mut u = vec![0.0; count];
            stream.fill_open01(&mut u);
            self.sample(&u, b);
        }
    }

    /// `ln p(b|a)`, of Gaussian variables the logarithm of the density.
    ///
    /// # Errors
    /// Returns an error if b is no sample: if its length differs from [`dimension`](Self::dimension), or if an entry or a row is nothing
    /// that a variable takes.
    fn ln_p(&self, b: &[f64]) -> Result<f64, SampleError>;

    /// Writes the most probable sample; of several equally probable ones, the state with the smallest number.
    ///
    /// # Panics
    /// Panics if `b` does not have [`dimension`](Self::dimension) entries.
    fn mode(&self, b: &mut [f64]);

    /// A finite set of noise over which the expectation of every function of one sample is a sum, if there is one.
    fn rule(&self) -> Option<Rule> {
        None
    }

    /// The logits, if these are Bernoulli variables: a training of one has a loop of its own, and a control of them may be learned by least squares.
    #[doc(hidden)]
    fn logits_of_bits(&self) -> Option<&[f64]> {
        None
    }

    /// Writes the score `∂/∂a ln p(b|a)`, as many entries as `a` has.
    ///
    /// # Panics
    /// Panics if `b` or `score` have the wrong length.
    fn score(&self, b: &[f64], score: &mut [f64]);

    /// Adds `weight·∂/∂a ln p(b|a)` to `gradient`.
    ///
    /// # Panics
    /// Panics if `b` or `gradient` have the wrong length.
    fn add_score(&self, weight: f64, b: &[f64], gradient: &mut [f64]) {
        let mut score = vec![0.0; gradient.len()];
        self.score(b, &mut score);
        gradient.iter_mut().zip(score).for_each(|(gradient, score)| *gradient += weight * score);
    }
}

/// A distribution whose mean, entropy and divergence are known in closed form: objectives are regularised with them.
///
/// ```
/// use voidgrad::ClosedForms;
/// use voidgrad::Bernoulli;
/// let bernoulli = Bernoulli::from_logits(&[0.0, 3.0])?;
/// let prior = Bernoulli::from_logits(&[0.0, 0.0])?;
/// assert_eq!(bernoulli.kl(&bernoulli)?, 0.0);
/// // Against a uniform prior: the entropy that is missing.
/// let missing = 2.0 * 2.0_f64.ln() - bernoulli.entropy();
/// assert!((bernoulli.kl(&prior)? - missing).abs() < 1e-15);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Sums beyond the largest `f64` (parameters of 1e308) are the largest `f64`, not infinite.
pub trait ClosedForms: Distribution {
    /// Writes `E[b]`.
    ///
    /// # Panics
    /// Panics if `mean` does not have [`dimension`](Distribution::dimension) entries.
    fn mean(&self, mean: &mut [f64]);

    /// The entropy `-E[ln p(b|a)]` in nats, the sum over the variables; of Gaussian variables the differential entropy.
    fn entropy(&self) -> f64;

    /// Adds `weight·∂/∂a` of the [entropy](Self::entropy) to `gradient`, as many entries as a has.
    ///
    /// # Panics
    /// Panics if `gradient` has the wrong length.
    fn add_entropy_gradient(&self, weight: f64, gradient: &mut [f64]);

    /// `KL(self || other) = E[ln p(b|a) - ln p(b|a')]` with b of `self`, in nats, the sum over the variables. It is never negative, and
    /// exactly 0 for equal parameters.
    ///
    /// # Errors
    /// Returns an error if `other` has another number of variables or states.
    fn kl(&self, other: &Self) -> Result<f64, ShapeMismatch>
    where
        Self: Sized;

    /// Adds `weight·∂/∂a KL(self || other)` to `gradient`; a are the parameters of `self`.
    ///
    /// # Errors
    /// As [`kl`](Self::kl); then nothing is added.
    ///
    /// # Panics
    /// Panics if `gradient` has the wrong length.
    fn add_kl_gradient(&self, weight: f64, other: &Self, gradient: &mut [f64]) -> Result<(), ShapeMismatch>
    where
        Self: Sized;

    /// Adds `weight·∂/∂a' KL(self || other)` to `gradient`; a' are the parameters of `other`, such as a prior that is trained.
    ///
    /// # Errors
    /// As [`kl`](Self::kl); then nothing is added.
    ///
    /// # Panics
    /// Panics if `gradient` has the wrong length.
    fn add_kl_gradient_of_other(
        &self,
        weight: f64,
        other: &Self,
        gradient: &mut [f64],
    ) -> Result<(), ShapeMismatch>
    where
        Self: Sized;
}

/// [`Distribution::set_all`] for those that have nothing quicker.
pub(crate) fn set_one_by_one<D: Distribution>(
    all: &mut [D],
    parameters: &[f64],
) -> Result<(), DistributionError> {
    let each = all.first().map_or(1, |first| first.parameters().len().max(1));
    let mut rows = all.iter_mut().zip(parameters.chunks_exact(each));
    rows.try_for_each(|(one, parameters)| one.set_parameters(parameters))
}
