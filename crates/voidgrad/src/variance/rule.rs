//! Exact moments by the sum over all noise that matters.

use super::{Moments, Technique, VarianceError};
use crate::distribution::Distribution;
use crate::estimator::{Estimator, Round};
use crate::objective::Objective;

/// The largest number of estimates that [`over_rule`] makes.
pub const LARGEST_RULE: u64 = 1 << 22;

/// Exact moments of an estimator that has a [`rule`](Estimator::rule): one that depends on its noise through samples, or
/// through pieces that are polynomials.
///
/// ```
/// use voidgrad::estimators::Rloo;
/// use voidgrad::toy::MeanQuadratic;
/// use voidgrad::{Bernoulli, variance};
/// let bernoulli = Bernoulli::from_probabilities(&[0.5])?;
/// let moments = variance::over_rule(&bernoulli, &MeanQuadratic { target: 0.499 }, &Rloo::new(2)?)?;
/// assert!((moments.mean[0] - 0.0005).abs() < 1e-17 && (moments.variance - 2.5e-7).abs() < 1e-19);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// Returns an error in these cases:
/// - the estimator has no rule, an empty one, or one of more than [`LARGEST_RULE`] nodes;
/// - a state is so rare that no uniform number in f64 leads to it (a probability below 1e-15);
/// - an estimate fails, or a moment is NaN or infinite.
pub fn over_rule<D: Distribution>(
    distribution: &D,
    objective: &dyn Objective,
    estimator: &(impl Estimator<D> + ?Sized),
) -> Result<Moments, VarianceError> {
    estimator.suits(distribution)?;
    let rule = estimator.rule(distribution).ok_or(VarianceError::NoRule)?;
    match rule.size() {
        Some(0) => return Err(VarianceError::NoRule),
        Some(size) if size <= LARGEST_RULE => {}
        _ => return Err(VarianceError::TooManyNodes { allowed: LARGEST_RULE }),
    }
    if rule.nodes().iter().flatten().any(|node| !(node.u >= f64::MIN_POSITIVE && node.u < 1.0 - 1e-15)) {
        return Err(VarianceError::OutOfReach);
    }
    let mut round = Round::new();
    let variables = distribution.parameters().len();
    let mut mean = vec![0.0; variables];
    rule.for_each(|noise, weight| {
        round.estimate(estimator, distribution, objective, noise)?;
        mean.iter_mut().zip(round.gradient()).for_each(|(mean, gradient)| *mean += weight * gradient);
        Ok::<_, VarianceError>(())
    })?;
    // About the mean: the difference of two raw moments would lose the digits of a small variance.
    let mut variance = 0.0;
    rule.for_each(|noise, weight| {
        round.estimate(estimator, distribution, objective, noise)?;
        let squares = mean.iter().zip(round.gradient()).map(|(mean, gradient)| (gradient - mean).powi(2));
        variance += weight * squares.sum::<f64>() / variables as f64;
        Ok::<_, VarianceError>(())
    })?;
    Moments { mean, variance, technique: Technique::Enumeration }.finite()
}
