//! What an estimator needs of a distribution.

use crate::bernoulli::{Bernoulli, logit};
use crate::error::{InvalidParameter, ShapeMismatch, finite};
use crate::estimators::Rule;
use crate::estimators::rule::Node;
use voidgrad_real::sigmoid;

/// A distribution `p(b|a)` that is sampled by uniform numbers and whose score is known.
///
/// Estimators that need no more than this (REINFORCE with its baselines, RLOO) are written once for all of
/// them. `a` are the parameters by which gradients are taken, flat and unconstrained: the logits of [`Bernoulli`] and
/// [`Categorical`](crate::Categorical) variables, means and logarithms of standard deviations of [`Gaussian`](crate::Gaussian) ones.
///
/// ```
/// use voidgrad::{Bernoulli, Distribution};
/// let bernoulli = Bernoulli::from_logits(&[0.0, 3.0])?;
/// let (mut b, mut score) = ([0.0; 2], [0.0; 2]);
/// bernoulli.draw(&[0.25, 0.5], &mut b);
/// bernoulli.score(&b, &mut score);
/// assert_eq!((b, score[0]), ([0.0, 1.0], -0.5));
/// # Ok::<(), voidgrad::InvalidParameter>(())
/// ```
pub trait Distribution: Send + Sync {
    /// `a`, the parameters by which gradients are taken.
    fn parameters(&self) -> &[f64];

    /// Takes over the values of `a`.
    ///
    /// # Errors
    /// Where there are not as many as before, or one is NaN or infinite.
    fn set_parameters(&mut self, parameters: &[f64]) -> Result<(), DistributionError>;

    /// The number of entries of a sample b.
    fn dimension(&self) -> usize;

    /// How many uniform numbers a sample takes.
    fn uniforms(&self) -> usize;

    /// Writes the sample that these uniform numbers make, in the form in which the objective takes it.
    ///
    /// # Panics
    /// Where `u` or `b` have another length than [`uniforms`](Self::uniforms) and [`dimension`](Self::dimension).
    fn draw(&self, u: &[f64], b: &mut [f64]);

    /// A finite set of noise over which the expectation of every function of one sample is a sum, where there is one.
    fn rule(&self) -> Option<Rule> {
        None
    }

    /// Writes `∂/∂a ln p(b|a)`, as many entries as `a` has.
    ///
    /// # Panics
    /// Where `b` or `score` have the wrong length.
    fn score(&self, b: &[f64], score: &mut [f64]);
}

/// Parameters that a distribution does not take.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum DistributionError {
    /// One of them is outside its domain.
    #[error(transparent)]
    Value(#[from] InvalidParameter),
    /// There are too few or too many.
    #[error(transparent)]
    Shape(#[from] ShapeMismatch),
}

impl Distribution for Bernoulli {
    fn parameters(&self) -> &[f64] {
        self.logits()
    }

    fn set_parameters(&mut self, parameters: &[f64]) -> Result<(), DistributionError> {
        if parameters.len() != self.len() {
            let (found, expected) = (parameters.len(), self.len());
            return Err(ShapeMismatch { name: "logits", found, expected }.into());
        }
        parameters.iter().try_for_each(|&logit| finite("logit", logit).map(drop))?;
        self.logits_mut().copy_from_slice(parameters);
        Ok(())
    }

    fn dimension(&self) -> usize {
        self.len()
    }

    fn uniforms(&self) -> usize {
        self.len()
    }

    fn draw(&self, u: &[f64], b: &mut [f64]) {
        assert_eq!((u.len(), b.len()), (self.len(), self.len()), "one number a variable");
        for ((&a, &u), b) in self.logits().iter().zip(u).zip(b) {
            *b = f64::from(u8::from(logit::threshold(logit::g(u, a))));
        }
    }

    fn rule(&self) -> Option<Rule> {
        let nodes = self.logits().iter().map(|&a| {
            let (p_0, p_1) = (sigmoid(-a), sigmoid(a));
            vec![Node { u: 0.5 * p_0, weight: p_0 }, Node { u: 1.0 - 0.5 * p_1, weight: p_1 }]
        });
        Some(Rule::new(nodes.collect()))
    }

    fn score(&self, b: &[f64], score: &mut [f64]) {
        assert_eq!((b.len(), score.len()), (self.len(), self.len()), "one number a variable");
        for ((&a, &b), score) in self.logits().iter().zip(b).zip(score) {
            *score = logit::ln_p::d_a(b == 1.0, a);
        }
    }
}
