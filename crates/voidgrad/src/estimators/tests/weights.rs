//! The weights of the points: `Σ_k w_k f(b_k)` is an unbiased estimate of `E[f]`.

use rayon::prelude::*;

use super::{Cubic, Named, all, categorical, close, gaussian, states, subset, variables};
use crate::distribution::Distribution;
use crate::estimator::{AnyEstimator, Round};
use crate::estimators::Needs;
use crate::gaussian::Gaussian;
use crate::noise::Stream;
use crate::objective::Objective;

/// Whether a point is a sample.
type IsSample = fn(&[f64]) -> bool;

/// Samples of all distributions here but the Gaussian one: relaxed points are no samples.
fn is_of_bits(point: &[f64]) -> bool {
    point.iter().all(|b| *b == 0.0 || *b == 1.0)
}

/// Standard errors beyond which an estimate of `E[f]` is said to be biased: 2e-9 for a normal number.
const BOUND: f64 = 6.0;

/// `E[Σ_k w_k f(b_k)]` by the sum over the estimator's rule, if it has one of at most 100,000 nodes.
fn by_rule<D: Distribution>(
    estimator: &AnyEstimator<D>,
    distribution: &D,
    objective: &dyn Objective,
) -> Option<f64> {
    let rule = estimator.rule(distribution)?;
    if rule.size()? > 100_000 {
        return None;
    }
    let (mut round, mut mean) = (Round::new(), 0.0);
    let visited = rule.for_each(|noise, weight| {
        round.estimate(estimator, distribution, objective, noise)?;
        mean += weight * round.f();
        Ok::<_, crate::error::EstimateError>(())
    });
    visited.unwrap();
    Some(mean)
}

/// How many standard errors the mean of 20,000 estimates is away from `E[f]`.
fn score<D: Distribution>(
    estimator: &AnyEstimator<D>,
    distribution: &D,
    objective: &(dyn Objective + Sync),
    exact: f64,
) -> f64 {
    const BLOCKS: u64 = 20;
    const BLOCK: u64 = 1000;
    let block = |block: u64| {
        let (mut stream, mut round, mut sums) = (Stream::new(41, 0, block), Round::new(), [0.0; 2]);
        for _ in 0..BLOCK {
            round.draw(estimator, distribution, &mut stream).unwrap();
            round.evaluate(objective).unwrap();
            round.answer(estimator, distribution).unwrap();
            sums = [sums[0] + (round.f() - exact), sums[1] + (round.f() - exact).powi(2)];
        }
        sums
    };
    let blocks: Vec<[f64; 2]> = (0..BLOCKS).into_par_iter().map(block).collect();
    let count = (BLOCKS * BLOCK) as f64;
    let [first, second] = [0, 1].map(|i| blocks.iter().map(|sums| sums[i]).sum::<f64>() / count);
    first.abs() / ((second - first * first) / count).sqrt()
}

/// Holds every estimator of a table to `E[f]`, but for those that give weights to points that are no samples: these are biased. Returns how many have a rule, how many were sampled, and how many
/// are exempt.
fn check<D: Distribution>(
    estimators: Vec<Named<D>>,
    distribution: &D,
    objective: &(dyn Objective + Sync),
    exact: f64,
    is_sample: IsSample,
) -> [u32; 3] {
    let mut counts = [0; 3];
    for (name, method, estimator) in estimators {
        let one = |_: &[f64]| 1.0;
        let (mut round, mut of_samples) = (Round::new(), true);
        for row in 0..20 {
            round.draw(&estimator, distribution, &mut Stream::new(42, 0, row)).unwrap();
            let count = round.points().len();
            if matches!(method.needs, Needs::Gradient | Needs::Flips) {
                // Weights do not depend on the values.
                round.values_mut().fill(1.0);
                round.gradients_mut().fill(0.0);
            } else {
                round.evaluate(&one).unwrap();
            }
            round.answer(&estimator, distribution).unwrap();
            // Rounding of as many terms.
            close(&name, round.weights().iter().sum(), 1.0, f64::EPSILON * count as f64);
            let points = round.points().as_slice().chunks_exact(distribution.dimension());
            of_samples &= points.zip(round.weights()).all(|(b, weight)| *weight == 0.0 || is_sample(b));
        }
        if !of_samples {
            let score = score(&estimator, distribution, objective, exact);
            assert!(
                method.is_biased() && score > BOUND,
                "{name} need not be exempt: {score} standard errors"
            );
            counts[2] += 1;
        } else if let Some(mean) = by_rule(&estimator, distribution, objective) {
            // Rounding of sums of up to 100,000 terms below 10, as for ĝ.
            close(&name, mean, exact, 1e-13);
            counts[0] += 1;
        } else {
            let score = score(&estimator, distribution, objective, exact);
            assert!(score < BOUND, "{name}: {score} standard errors");
            counts[1] += 1;
        }
    }
    counts
}

/// No table has become shorter.
#[track_caller]
fn at_least(found: [u32; 3], least: [u32; 3]) {
    assert!(found.iter().zip(least).all(|(found, least)| *found >= least), "{found:?}");
}

#[test]
fn the_weights_of_bernoulli_samples_make_the_expectation_of_f() {
    let bernoulli = variables(3);
    let exact = states(&bernoulli).iter().map(|(b, p)| p * Cubic.value(b)).sum();
    at_least(check(all(&bernoulli), &bernoulli, &Cubic, exact, is_of_bits), [31, 19, 1]);
}

#[test]
fn the_weights_of_categorical_samples_make_the_expectation_of_f() {
    let rows = categorical::variables(2);
    let exact = categorical::states(&rows).iter().map(|(b, p)| p * Cubic.value(b)).sum();
    at_least(check(all(&rows), &rows, &Cubic, exact, is_of_bits), [17, 10, 1]);
}

#[test]
fn the_weights_of_gaussian_samples_make_the_expectation_of_f() {
    let gaussian = gaussian::variables();
    let exact = gaussian::Coupled::expectation(&gaussian);
    at_least(check::<Gaussian>(all(&gaussian), &gaussian, &gaussian::Coupled, exact, |_| true), [0, 10, 0]);
}

#[test]
fn the_weights_of_subsets_make_the_expectation_of_f() {
    let subset = subset::variables();
    let exact = subset::expectation(&subset, &Cubic);
    at_least(check(all(&subset), &subset, &Cubic, exact, is_of_bits), [10, 0, 0]);
}
