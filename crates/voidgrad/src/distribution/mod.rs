//! What an estimator needs of a distribution.

use crate::error::DistributionError;
use crate::noise::Rule;

/// A distribution `p(b|a)` that is sampled by uniform numbers and whose score is known.
///
/// Estimators that need no more than this (REINFORCE with its baselines, RLOO) are written once for all of
/// them. `a` are the parameters by which gradients are taken, flat and unconstrained: the logits of [`Bernoulli`](crate::Bernoulli) and
/// [`Categorical`](crate::Categorical) variables, means and logarithms of standard deviations of [`Gaussian`](crate::Gaussian) ones.
///
/// ```
/// use voidgrad::{Bernoulli, Distribution};
/// let bernoulli = Bernoulli::from_logits(&[0.0, 3.0])?;
/// let (mut b, mut score) = ([0.0; 2], [0.0; 2]);
/// bernoulli.sample(&[0.25, 0.5], &mut b);
/// bernoulli.score(&b, &mut score);
/// assert_eq!((b, score[0]), ([0.0, 1.0], -0.5));
/// # Ok::<(), voidgrad::error::InvalidParameter>(())
/// ```
pub trait Distribution: Send + Sync {
    /// `a`, the parameters by which gradients are taken.
    fn parameters(&self) -> &[f64];

    /// Takes over the values of `a`.
    ///
    /// # Errors
    /// Returns an error if there are not as many as before, or if one is NaN or infinite; then nothing has changed.
    fn set_parameters(&mut self, parameters: &[f64]) -> Result<(), DistributionError>;

    /// The number of entries of a sample b.
    fn dimension(&self) -> usize;

    /// How many uniform numbers a sample takes.
    fn uniforms(&self) -> usize;

    /// Writes the sample that these uniform numbers make, in the form in which the objective takes it.
    ///
    /// # Panics
    /// Panics if `u` or `b` have another length than [`uniforms`](Self::uniforms) and [`dimension`](Self::dimension).
    fn sample(&self, u: &[f64], b: &mut [f64]);

    /// A finite set of noise over which the expectation of every function of one sample is a sum, if there is one.
    fn rule(&self) -> Option<Rule> {
        None
    }

    /// Whether this is a single Bernoulli variable by its logit: a training of one has a loop of its own.
    #[doc(hidden)]
    fn is_one_bit(&self) -> bool {
        false
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
