//! The weights of the points: `Σ_k w_k f(b_k)` is an unbiased estimate of `E[f]`.

use rayon::prelude::*;

use super::{Cubic, Named, all, categorical, close, gaussian, states, subset, variables};
use crate::distribution::Distribution;
use crate::estimator::{AnyEstimator, Round};
use crate::estimators::Needs;
use crate::gaussian::Gaussian;
use crate::noise::Stream;
use crate::objective::Objective;

/// Those whose points are no samples: they evaluate f at relaxed points alone, and are biased.
const EXEMPT: [&str; 1] = ["gumbel"];

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

/// Holds every estimator of a table to `E[f]`; returns how many have a rule, and how many were sampled.
fn check<D: Distribution>(
    estimators: Vec<Named<D>>,
    distribution: &D,
    objective: &(dyn Objective + Sync),
    exact: f64,
) -> [u32; 2] {
    let mut counts = [0; 2];
    for (name, method, estimator) in estimators {
        let one = |_: &[f64]| 1.0;
        let mut round = Round::new();
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
        }
        if EXEMPT.contains(&method.name) {
            let score = score(&estimator, distribution, objective, exact);
            assert!(
                method.is_biased() && score > BOUND,
                "{name} need not be exempt: {score} standard errors"
            );
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

#[test]
fn the_weights_of_bernoulli_samples_make_the_expectation_of_f() {
    let bernoulli = variables(3);
    let exact = states(&bernoulli).iter().map(|(b, p)| p * Cubic.value(b)).sum();
    assert_eq!(check(all(&bernoulli), &bernoulli, &Cubic, exact), [31, 19]);
}

#[test]
fn the_weights_of_categorical_samples_make_the_expectation_of_f() {
    let rows = categorical::variables(2);
    let exact = categorical::states(&rows).iter().map(|(b, p)| p * Cubic.value(b)).sum();
    assert_eq!(check(all(&rows), &rows, &Cubic, exact), [17, 10]);
}

#[test]
fn the_weights_of_gaussian_samples_make_the_expectation_of_f() {
    let gaussian = gaussian::variables();
    let exact = gaussian::Coupled::expectation(&gaussian);
    assert_eq!(check::<Gaussian>(all(&gaussian), &gaussian, &gaussian::Coupled, exact), [0, 10]);
}

#[test]
fn the_weights_of_subsets_make_the_expectation_of_f() {
    let subset = subset::variables();
    let exact = subset::expectation(&subset, &Cubic);
    assert_eq!(check(all(&subset), &subset, &Cubic, exact), [10, 0]);
}
