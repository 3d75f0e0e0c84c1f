//! Floors from samples of f.

use std::ops::Range;

use super::draws::{Draws, total};
use super::fit::{Fit, fit};
use super::gram::{Gram, Variables};
use crate::bernoulli::Bernoulli;
use crate::objective::Objective;
use crate::variance::VarianceError;
use crate::variance::monte_carlo::power_of_two;

/// What [`sampled_floors`] returns: estimates of what [`floors`](super::floors) computes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SampledFloors {
    /// With the best constant.
    pub constant: SampledFloor,
    /// With the best function of one variable for each coordinate; nothing if there are fewer than [`DRAWS_FOR_A_WEIGHT`] samples for each of its M + 1 weights.
    pub additive: Option<SampledFloor>,
    /// With the best function of two variables for each pair on top; nothing if there are fewer than [`DRAWS_FOR_A_WEIGHT`] samples for each of its `1 + M·(M + 1)/2` weights, or if M exceeds
    /// [`LARGEST_PAIRWISE`].
    pub pairwise: Option<SampledFloor>,
    /// How many samples were drawn.
    pub samples: u64,
}

/// A floor with its error.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SampledFloor {
    /// The unbiased estimate of the least `(1/M) Σ_m Var[ĝ_m]`. Of a floor near 0 it may be below 0, by about its error.
    pub variance: f64,
    /// The standard error of `variance`.
    pub standard_error: f64,
}

/// The fewest samples of a regression for each of its weights: two in each half, so that the fit of a half is much better than none.
pub const DRAWS_FOR_A_WEIGHT: u64 = 4;

/// The most variables of a family of pairs: a fit to 100,000 samples takes seconds.
pub const LARGEST_PAIRWISE: usize = 128;

/// The fewest samples: two for each group of each half.
const FEWEST: u64 = 4 * GROUPS as u64;

/// Groups of a half. With so many, a sixteenth of the pairs of draws is left out of the correction, which adds a sixteenth to its part of the error's square.
const GROUPS: usize = 16;

/// Bits of samples; a sample counts as 64 bits at least.
const MOST_BITS: u64 = 1 << 31;

/// The least variances that families of controls h(b) leave, as [`floors`](super::floors) defines them, estimated from samples: for more variables than have states to add up.
///
/// **Cross-fitting.** The weights w of each family are fitted by least squares on one half of the samples, and what they leave is measured on the other; then the halves change places. With weights
/// that were fitted on other samples, the variance that is measured is that of a control of the family. So it lies above the floor, by what w misses.
///
/// **What w misses** is measured as well. The second moments of the family's functions with the score are known, `A_JK = Σ_m Cov[e_J·s_m, e_K·s_m]` with the `e_J` of `floors`, and with the rest
/// `r = f - h_w` the floor is exactly
///
/// `(1/M)·(Σ_m Var[r·s_m] - ρᵀA⁻¹ρ)`, `ρ_J = Σ_m Cov[e_J·s_m, r·s_m]`.
///
/// Each measured half gives an unbiased estimate of the first term, and of the second one by products of ρ from different groups of its samples. So the estimate is an unbiased one of the floor itself, whatever w is,
/// and not only of a bound; a good w makes its error small.
///
/// **The error** is that of the sum over samples to first order in each. What the correction has of second order is counted twice, so with few samples for each weight the standard error is too large, by
/// at most √2. As with all samples, a state that is so rare that none of them shows it is not in the error either.
///
/// The fit takes a dozen or so passes over the samples by conjugate gradients, of n·M operations each for single variables and `n·M²` for pairs; A makes them few. It draws with the streams
/// `(seed, u64::MAX - 1, block)`. The result has the same bits for every number of threads.
///
/// Source: least squares for baselines as in [`floors`](super::floors); halves that change places, and a correction that makes the error of a fit one of second order: Chernozhukov et al. 2018; conjugate
/// gradients: Hestenes and Stiefel 1952.
///
/// ```
/// use voidgrad::{Bernoulli, variance};
/// let bernoulli = Bernoulli::from_probabilities(&[0.3; 40])?;
/// // A sum of functions of one variable each, and one product of three.
/// let f = |b: &[f64]| b.iter().sum::<f64>() + 4.0 * b[0] * b[1] * b[2];
/// let floors = variance::sampled_floors(&bernoulli, &f, 20_000, 1)?;
/// let additive = floors.additive.expect("41 weights");
/// assert!(floors.constant.variance > 10.0 * additive.variance);
/// // 821 weights of pairs have 24 samples each.
/// let pairwise = floors.pairwise.expect("enough samples");
/// assert!(additive.variance > pairwise.variance && pairwise.variance > 10.0 * pairwise.standard_error);
/// // With fewer than four, there is no such floor.
/// assert_eq!(variance::sampled_floors(&bernoulli, &f, 3_000, 1)?.pairwise, None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// Returns an error in these cases:
/// - there are fewer than 64 samples, or so many that samples times variables (64 at least) exceed 2³¹;
/// - the objective fails, or f of a sample is NaN or infinite;
/// - a variance or its standard error is too large for an `f64`.
pub fn sampled_floors(
    bernoulli: &Bernoulli,
    objective: &(impl Objective + Sync + ?Sized),
    samples: u64,
    seed: u64,
) -> Result<SampledFloors, VarianceError> {
    let count = bernoulli.len();
    if samples < FEWEST {
        return Err(VarianceError::TooFewForARegression { samples, needed: FEWEST });
    }
    let allowed = (MOST_BITS / (count as u64).max(64)).max(FEWEST);
    let drawn = usize::try_from(samples).ok().filter(|_| samples <= allowed);
    let Some(drawn) = drawn else { return Err(VarianceError::TooManySamples { samples, allowed }) };
    let variables = Variables::new(bernoulli);
    let (draws, mut f) = Draws::new((bernoulli, &variables), objective, (drawn, 2 * GROUPS), seed)?;
    // In a unit of its size, f has fourth powers that are numbers.
    let mean = f.iter().map(|f| f / samples as f64).sum::<f64>();
    let unit = power_of_two(f.iter().map(|f| (f - mean).abs() / samples as f64).sum());
    for f in &mut f {
        *f = (*f - mean) / unit;
    }
    let of_degree = |degree: usize| -> Result<Option<SampledFloor>, VarianceError> {
        let weights = Gram::weights(count, degree) as u64;
        let has_enough = degree == 0 || samples / DRAWS_FOR_A_WEIGHT >= weights;
        if !has_enough || degree > 1 && count > LARGEST_PAIRWISE {
            return Ok(None);
        }
        let Some(gram) = Gram::new(&variables, degree) else {
            return Err(VarianceError::NotFinite { mean, variance: f64::NAN });
        };
        let halves = [0..GROUPS, GROUPS..2 * GROUPS];
        let mut sum = SampledFloor { variance: 0.0, standard_error: 0.0 };
        for (own, other) in [(0, 1), (1, 0)] {
            let fitted = fit(&draws, &gram, degree, &halves[other], &f);
            let part = measure(&draws, (&gram, degree), &fitted, &halves[own], &f);
            let share = draws.range(&halves[own]).len() as f64 / samples as f64;
            sum.variance += share * part.variance;
            sum.standard_error += (share * part.standard_error).powi(2);
        }
        let [variance, standard_error] =
            [sum.variance, sum.standard_error.sqrt()].map(|value| value * unit * unit);
        if variance.is_finite() && standard_error.is_finite() {
            Ok(Some(SampledFloor { variance, standard_error }))
        } else {
            Err(VarianceError::NotFinite { mean, variance })
        }
    };
    let missing = VarianceError::NotFinite { mean, variance: f64::NAN };
    Ok(SampledFloors {
        constant: of_degree(0)?.ok_or(missing)?,
        additive: of_degree(1)?,
        pairwise: of_degree(2)?,
        samples,
    })
}

/// The floor from one half, with weights that were fitted on the other.
fn measure(
    draws: &Draws<'_>,
    (gram, degree): (&Gram, usize),
    fitted: &Fit,
    groups: &Range<usize>,
    f: &[f64],
) -> SampledFloor {
    let (range, sigma) = (draws.range(groups), &draws.variables.sigma);
    let (first, count) = (range.start, range.len() as f64);
    let h = draws.values(groups.clone(), |_| &fitted.weights);
    let rest: Vec<f64> = f[range].iter().zip(&h).map(|(f, h)| f - h).collect();
    // About the means: the difference of two raw moments would lose the digits of a small variance.
    let mean = draws.mean_with_scores(groups.clone(), &rest);
    let squares = draws.of_each(groups.clone(), |_, e, i| {
        let scores = e.iter().zip(sigma).zip(&mean);
        scores.map(|((e, sigma), mean)| (rest[i - first] * sigma * e - mean).powi(2)).sum()
    });
    // ρ of each sample, added up in each group. It is taken about the mean of the other half, which is none of these samples.
    let about = draws.about(groups.clone(), &rest, &fitted.mean);
    let mut rho = draws.analyse(groups.clone(), degree, &about);
    let own = |e: &[f64], i: usize, m: usize| sigma[m] * (rest[i - first] * sigma[m] * e[m] - fitted.mean[m]);
    if degree > 0 {
        let with_scores = draws.analyse(groups.clone(), 1, &rest);
        for ((rho, sums), group) in rho.iter_mut().zip(with_scores).zip(groups.clone()) {
            let size = draws.groups[group].len() as f64;
            for (m, rho) in rho[1..].iter_mut().take(sigma.len()).enumerate() {
                *rho -= sigma[m] * (sigma[m] * sums[m + 1] - size * fitted.mean[m]);
            }
        }
    }
    let all = total(&rho);
    // `A⁻¹ρ` of all groups but one.
    let others: Vec<Vec<f64>> = rho
        .iter()
        .zip(groups.clone())
        .map(|(rho, group)| {
            let size = count - draws.groups[group].len() as f64;
            let mean: Vec<f64> = all.iter().zip(rho).map(|(all, own)| (all - own) / size).collect();
            gram.solve(draws.variables, &mean)
        })
        .collect();
    let others_of = |group: usize| &others[group - groups.start][..];
    let along = draws.values(groups.clone(), others_of);
    let missed = draws.of_each(groups.clone(), |group, e, i| {
        let ones = others_of(group)[1..].iter().take(sigma.len()).enumerate();
        let means: f64 = ones.map(|(m, weight)| weight * own(e, i, m)).sum();
        along[i - first] * about[i - first] - means
    });
    let variables = sigma.len() as f64;
    let unbiased = count / (count - 1.0);
    let terms = |factor: f64| {
        squares.iter().zip(&missed).map(move |(square, missed)| unbiased * square - factor * missed)
    };
    let variance = terms(1.0).sum::<f64>() / count / variables;
    let center = terms(2.0).sum::<f64>() / count;
    let spread = terms(2.0).map(|term| (term - center).powi(2)).sum::<f64>();
    SampledFloor { variance, standard_error: (spread / (count - 1.0) / count).sqrt() / variables }
}
