//! `MuProp`'s expansion around the mean.

use super::{Samples, ZeroMean};
use crate::bernoulli::Bernoulli;
use crate::distribution::Distribution as _;
use crate::estimator::Memory;
use voidgrad_real::sigmoid;

/// `h = 1/K Σ_k (β_k - f(θ) - ∇f(θ)ᵀ(b_k - θ))·(b_k - θ) + ∇f(θ)·θ(1 - θ)`, the last product by coordinate.
///
/// With the weight 1 it makes RLOO, or REINFORCE, the mean of K estimates of [`MuProp`](crate::estimators::MuProp). It wants f and ∇f at θ, one more
/// evaluation of f a round.
///
/// Source: Gu, Levine, Sutskever and Mnih 2016, equation 4, for one layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taylor;

impl ZeroMean for Taylor {
    fn name(&self) -> &'static str {
        "taylor"
    }

    fn add(&self, bernoulli: &Bernoulli, samples: Samples<'_>, h: &mut [f64], memory: &mut Memory) {
        let Some((value, slope)) = samples.at_mean else { return };
        let score: &mut Vec<f64> = memory.of(Vec::new);
        score.resize(bernoulli.len(), 0.0);
        for (b, others) in samples.rows(bernoulli).zip(samples.others()) {
            // The score is b - θ, without the rounding of the difference.
            bernoulli.score(b, score);
            let linear: f64 = slope.iter().zip(&*score).map(|(slope, score)| slope * score).sum();
            let weight = ((others - value) - linear) / samples.count();
            h.iter_mut().zip(&*score).for_each(|(h, score)| *h += weight * score);
        }
        add_mean(bernoulli, 1.0, slope, h);
    }

    fn wants_mean(&self) -> bool {
        true
    }

    fn treats_states_alike(&self) -> bool {
        true
    }
}

/// Adds `scale·d·θ(1 - θ)`, the gradient of the mean of a linear f with the slope d, times the scale.
pub(in crate::estimators) fn add_mean(
    bernoulli: &Bernoulli,
    scale: f64,
    slope: &[f64],
    gradient: &mut [f64],
) {
    for ((gradient, slope), &a) in gradient.iter_mut().zip(slope).zip(bernoulli.logits()) {
        *gradient += scale * slope * (sigmoid(a) * sigmoid(-a));
    }
}
