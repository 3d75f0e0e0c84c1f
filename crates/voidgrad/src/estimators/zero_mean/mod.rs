//! Controls whose mean is 0, for [`Mixed`](super::Mixed): one file each, with paper and equation.
//!
//! A control h has as many entries as `ĝ`, and `E[h] = 0` exactly, whatever it has learned from earlier rounds. So `ĝ + Σ_i w_i h_i` has the mean of
//! `ĝ` if the weights don't depend on the round.
//!
//! Most controls here put a model `m_k(b)` of f in the place of the mean of the other samples, `β_k = 1/(K-1) Σ_{j≠k} f(b_j)`:
//!
//! `h = 1/K Σ_k (β_k - m_k(b_k))·∂/∂a ln p(b_k) + ∂/∂a E[m_k(b)]`.
//!
//! Added to RLOO with the weight 1, such a control takes away all variance of an f that is equal to its model. With one sample `β_k` is 0, and the
//! control is added to REINFORCE.
//!
//! | control | what it is | it needs |
//! |---|---|---|
//! | [`Score`] | the score; its weight is less a constant baseline | values of f |
//! | [`Baseline`] | m is the mean of f in earlier rounds | values of f |
//! | [`Additive`] | m is a sum of functions of one variable each, learned from earlier rounds | values of f |
//! | [`Taylor`] | m is `MuProp`'s expansion of f around θ | f and ∇f at θ |
//! | [`Slopes`] | RLOO of a linear f, whose slope is ∇f at the other samples | ∇f at the samples, two of them or more |
//! | [`Relaxation`] | m is a `c_φ(z̃)` with a fixed φ, as REBAR and RELAX have it | values of f, noise for z̃ |
//!
//! A control of one's own is a type that implements [`ZeroMean`].

mod additive;
mod baseline;
mod relaxation;
mod score;
mod slopes;
mod taylor;

use std::slice::ChunksExact;

use crate::bernoulli::Bernoulli;
use crate::distribution::Distribution;
use crate::error::{EstimateError, ShapeMismatch, same_length};
use crate::estimator::{Learned, Memory};

pub use additive::Additive;
pub use baseline::Baseline;
pub use relaxation::Relaxation;
pub use score::Score;
pub(super) use slopes::Linear;
pub use slopes::Slopes;
pub use taylor::Taylor;
pub(super) use taylor::add_mean;

/// A control h with `E[h] = 0`, for estimates of the gradient of a distribution `D`.
///
/// The mean has to be 0 exactly, at all parameters, for every state that the control may have learned. What it learns moves in [`learn`](Self::learn)
/// alone, after the round has been answered, so h knows earlier rounds only.
///
/// A control of one's own, which knows a part of f:
///
/// ```
/// use voidgrad::estimator::Memory;
/// use voidgrad::estimators::zero_mean::{Samples, ZeroMean};
/// use voidgrad::estimators::{Mixed, Rloo};
/// use voidgrad::{Bernoulli, Distribution, Round, Stream, variance};
///
/// /// f has a product b₀b₁, and `E[b₀b₁] = θ₀θ₁`.
/// struct Pair;
///
/// impl ZeroMean for Pair {
///     fn name(&self) -> &'static str {
///         "pair"
///     }
///
///     fn add(&self, bernoulli: &Bernoulli, samples: Samples<'_>, h: &mut [f64], _: &mut Memory) {
///         for (b, others) in samples.rows(bernoulli).zip(samples.others()) {
///             bernoulli.add_score((others - 5.0 * b[0] * b[1]) / samples.count(), b, h);
///         }
///         let theta = bernoulli.probabilities();
///         h[0] += 5.0 * theta[0] * theta[1] * (1.0 - theta[0]);
///         h[1] += 5.0 * theta[0] * theta[1] * (1.0 - theta[1]);
///     }
/// }
///
/// let bernoulli = Bernoulli::from_logits(&[0.3, -0.4, 0.1])?;
/// // 5·b₀b₁, and what the control does not know.
/// let f = |b: &[f64]| 5.0 * b[0] * b[1] + 0.2 * b[2];
/// let mut mixed = Mixed::new(2, vec![Box::new(Pair)], 0.99)?;
/// let (mut stream, mut round) = (Stream::new(7, 0, 0), Round::new());
/// for _ in 0..200 {
///     round.draw(&mixed, &bernoulli, &mut stream)?;
///     round.evaluate(&f)?;
///     round.tell(&mut mixed, &bernoulli)?;
/// }
/// let (name, weight) = mixed.weights().next().unwrap();
/// assert!(name == "pair" && (weight - 1.0).abs() < 0.05);
/// let rloo = variance::moments(&bernoulli, &f, &Rloo::new(2)?)?;
/// let mixed = variance::moments(&bernoulli, &f, &mixed)?;
/// assert!(mixed.variance < 0.02 * rloo.variance);
/// // Both means are the gradient.
/// assert!((mixed.mean[0] - rloo.mean[0]).abs() < 1e-14);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait ZeroMean<D: Distribution = Bernoulli>: Send + Sync {
    /// What its weight is called.
    fn name(&self) -> &str;

    /// Adds h of this round to an array of as many entries as the distribution has parameters. The memory is the control's own.
    ///
    /// Callers check that the control [suits](Self::suits) the distribution.
    fn add(&self, distribution: &D, samples: Samples<'_>, h: &mut [f64], memory: &mut Memory);

    /// Takes from a round what the next one may know of it. It is called once for each example, in the order of the examples.
    fn learn(&mut self, distribution: &D, samples: Samples<'_>) {
        let _ = (distribution, samples);
    }

    /// What the control has learned; nothing for one that does not learn.
    fn state(&self) -> Learned {
        Vec::new()
    }

    /// Takes over what [`state`](Self::state) gave; the control then continues with the same bits.
    ///
    /// # Errors
    /// Returns an error if there is another array than the control has, or if one has a wrong length; then nothing has changed.
    fn restore(&mut self, state: &[(&str, &[f64])]) -> Result<(), ShapeMismatch> {
        same_length("the control's state", state.len(), 0)
    }

    /// Whether it wants ∇f at each of the samples.
    fn wants_gradients(&self) -> bool {
        false
    }

    /// Whether it wants f and ∇f at `E[b]`, one more evaluation of f a round.
    fn wants_mean(&self) -> bool {
        false
    }

    /// How many uniform numbers of its own it takes for each sample.
    fn noise(&self, distribution: &D) -> usize {
        let _ = distribution;
        0
    }

    /// Refuses a distribution that the control can't be used for, before anything runs.
    ///
    /// # Errors
    /// Returns an error if the control is made for another number of variables.
    fn suits(&self, distribution: &D) -> Result<(), EstimateError> {
        let _ = distribution;
        Ok(())
    }

    /// Whether h has the other sign and the same size if 0 and 1 are exchanged in θ, b and f, with the state as it is.
    #[doc(hidden)]
    fn treats_states_alike(&self) -> bool {
        false
    }
}

/// A round of K samples, as a control sees it.
#[derive(Debug, Clone, Copy)]
pub struct Samples<'a> {
    /// The number of the example, from 0; 0 if there are no examples.
    pub example: usize,
    /// The uniform numbers of the samples, row by row.
    pub uniforms: &'a [f64],
    /// The uniform numbers of the control itself, a row for each sample.
    pub noise: &'a [f64],
    /// K samples, row by row.
    pub points: &'a [f64],
    /// f at each of the samples.
    pub values: &'a [f64],
    /// ∇f at each of the samples, row by row; empty if no control wants it.
    pub gradients: &'a [f64],
    /// f and ∇f at `E[b]`, if a control wants them.
    pub at_mean: Option<(f64, &'a [f64])>,
}

impl<'a> Samples<'a> {
    /// K, as a number to divide by.
    #[must_use]
    pub fn count(&self) -> f64 {
        self.values.len() as f64
    }

    /// The samples.
    pub fn rows(&self, distribution: &impl Distribution) -> ChunksExact<'a, f64> {
        self.points.chunks_exact(distribution.dimension())
    }

    /// `β_k`, the mean of f at the samples other than k, for each k; 0 if there is one sample.
    ///
    /// It is made of differences from the first value, so it keeps its digits where f is large.
    pub fn others(&self) -> impl Iterator<Item = f64> + use<'a> {
        let values = self.values;
        let others = values.len() as f64 - 1.0;
        let first = values.first().copied().unwrap_or_default();
        let total: f64 = values.iter().map(|value| (value - first) / others).sum();
        let of =
            move |value: &f64| if others > 0.0 { first + (total - (value - first) / others) } else { 0.0 };
        values.iter().map(of)
    }
}
