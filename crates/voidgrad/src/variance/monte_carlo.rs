//! Moments from samples.

use rayon::prelude::*;

use super::VarianceError;
use crate::distribution::Distribution;
use crate::estimator::{Estimator, Round, check_wants};
use crate::noise::Stream;
use crate::objective::Objective;

/// Moments of the estimator from so many samples.
///
/// The samples are made in parallel, in blocks of 256 with a [`Stream`] each, `(seed, u64::MAX, block)`,
/// which no training run uses; the blocks are added in their order. The result has the same bits for every
/// number of threads.
///
/// ```
/// use voidgrad::controls::Rebar;
/// use voidgrad::toy::MeanQuadratic;
/// use voidgrad::{Bernoulli, variance};
/// let bernoulli = Bernoulli::from_probabilities(&[0.3])?;
/// let objective = MeanQuadratic { target: 0.499 };
/// let control = Rebar::new(0.3, 1.0, 0.499)?;
/// let sampled = variance::monte_carlo(&bernoulli, &objective, &control, 20_000, 1)?;
/// let exact = variance::quadrature(&bernoulli, &objective, &control)?;
/// // Four standard errors: false alarm in one of 16,000 seeds.
/// assert!((sampled.variance - exact.variance).abs() < 4.0 * sampled.standard_error);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// Returns an error if there are fewer than 2 samples, if an estimate fails, or if a moment or its standard error is infinite.
pub fn monte_carlo<D: Distribution>(
    distribution: &D,
    objective: &(impl Objective + Sync),
    estimator: &(impl Estimator<D> + ?Sized),
    samples: u64,
    seed: u64,
) -> Result<Sampled, VarianceError> {
    if samples < 2 {
        return Err(VarianceError::TooFewSamples { samples });
    }
    estimator.suits(distribution)?;
    check_wants(estimator, distribution, objective)?;
    let variables = distribution.parameters().len();
    // Sums over all samples of what `visit` adds to `width` numbers for one of them.
    let sum = |width: usize, visit: &(dyn Fn(&[f64], &mut [f64]) + Sync)| {
        let blocks: Result<Vec<Vec<f64>>, VarianceError> = (0..samples.div_ceil(BLOCK))
            .into_par_iter()
            .map(|block| {
                let mut stream = Stream::new(seed, u64::MAX, block);
                let (mut round, mut sums) = (Round::new(), vec![0.0; width]);
                for _ in 0..BLOCK.min(samples - block * BLOCK) {
                    round.draw(estimator, distribution, &mut stream)?;
                    round.evaluate(objective)?;
                    round.answer(estimator, distribution)?;
                    visit(round.gradient(), &mut sums);
                }
                Ok(sums)
            })
            .collect();
        let mut total = vec![0.0; width];
        for block in blocks? {
            total.iter_mut().zip(block).for_each(|(total, sum)| *total += sum);
        }
        Ok::<_, VarianceError>(total)
    };
    let count = samples as f64;
    let mut mean = sum(variables + 1, &|g_hat, sums| {
        sums.iter_mut().zip(g_hat).for_each(|(sum, gradient)| *sum += gradient);
        sums[variables] += g_hat.iter().map(|gradient| gradient.abs() / count).sum::<f64>();
    })?;
    let unit = mean.pop().map_or(1.0, power_of_two);
    for mean in &mut mean {
        *mean /= count;
    }
    // A second pass over the same noise, about the mean: the difference of two raw moments would lose the
    // digits of a small variance. It is made in a unit of the size of ĝ, whose fourth power may not be a number.
    let squares = sum(2, &|g_hat, sums| {
        let deviations = g_hat.iter().zip(&mean).map(|(gradient, mean)| (gradient - mean) / unit);
        let square = deviations.map(|deviation| deviation * deviation).sum::<f64>() / variables as f64;
        sums[0] += square;
        sums[1] += square * square;
    })?;
    let variance = squares[0] / (count - 1.0);
    let spread = (squares[1] / count - (squares[0] / count).powi(2)).max(0.0);
    let standard_error = (spread / (count - 1.0)).sqrt();
    let [variance, standard_error] = [variance, standard_error].map(|value| value * unit * unit);
    match mean.iter().copied().chain([variance, standard_error]).find(|value| !value.is_finite()) {
        Some(mean) => Err(VarianceError::NotFinite { mean, variance }),
        None => Ok(Sampled { mean, variance, standard_error, samples }),
    }
}

/// The power of two below a size; 1 for 0. A division by it is exact.
pub(super) fn power_of_two(size: f64) -> f64 {
    // The bits of the exponent alone.
    let power = f64::from_bits(size.to_bits() & f64::INFINITY.to_bits());
    if size == 0.0 { 1.0 } else { power.max(f64::MIN_POSITIVE) }
}

/// Samples that share a stream.
const BLOCK: u64 = 256;

/// What [`monte_carlo`] returns.
#[derive(Debug, Clone, PartialEq)]
pub struct Sampled {
    /// The mean of `ĝ`, M entries.
    pub mean: Vec<f64>,
    /// The unbiased estimate of `(1/M) Σ_m Var[ĝ_m]`.
    pub variance: f64,
    /// The standard error of `variance`.
    pub standard_error: f64,
    /// How many samples were drawn.
    pub samples: u64,
}
