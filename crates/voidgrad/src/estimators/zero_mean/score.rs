//! The score: a constant baseline.

use super::{Samples, ZeroMean};
use crate::distribution::Distribution;
use crate::estimator::Memory;

/// `h = 1/K Σ_k ∂/∂a ln p(b_k)`, for every distribution.
///
/// The weight w makes REINFORCE one with the baseline `-w`. The best weight is less `Σ_m E[f·s_m²] / Σ_m E[s_m²]`, the constant with which all
/// coordinates together vary least; s is the score. With two samples or more, the others are a baseline already.
///
/// Source: Williams 1992, equation 6; the constant, Greensmith, Bartlett and Baxter 2004, theorem 8.
///
/// ```
/// use voidgrad::estimators::Mixed;
/// use voidgrad::estimators::zero_mean::Score;
/// use voidgrad::{Bernoulli, Round, Stream};
/// let bernoulli = Bernoulli::from_logits(&[0.0])?;
/// let mut mixed = Mixed::new(1, vec![Box::new(Score)], 0.99)?;
/// let (mut stream, mut round) = (Stream::new(7, 0, 0), Round::new());
/// for _ in 0..200 {
///     round.draw(&mixed, &bernoulli, &mut stream)?;
///     round.evaluate(&|b: &[f64]| 2.0 + b[0])?;
///     round.tell(&mut mixed, &bernoulli)?;
/// }
/// // Of one variable it is (1 - θ)·f(1) + θ·f(0), and there is no variance.
/// assert!((mixed.weights().next().unwrap().1 + 2.5).abs() < 0.1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Score;

impl<D: Distribution> ZeroMean<D> for Score {
    fn name(&self) -> &'static str {
        "score"
    }

    fn add(&self, distribution: &D, samples: Samples<'_>, h: &mut [f64], _: &mut Memory) {
        samples.rows(distribution).for_each(|b| distribution.add_score(1.0 / samples.count(), b, h));
    }

    fn treats_states_alike(&self) -> bool {
        true
    }
}
