//! The test that every unbiased estimator passes and every biased one fails.

use rayon::prelude::*;

use super::{Cubic, all, categorical, gaussian, gradient, structured, subset, teach, variables};
use crate::distribution::Distribution;
use crate::estimator::{AnyEstimator, Round};
use crate::estimators::{Arms, Bias, Listed};
use crate::noise::Stream;
use crate::objective::Objective;

/// The largest `|z|` of the coordinates: the mean of so many estimates less the gradient, in standard errors.
fn largest_score<D: Distribution>(
    estimator: &AnyEstimator<D>,
    distribution: &D,
    objective: &(dyn Objective + Sync),
    exact: &[f64],
    (samples, seed): (u64, u64),
) -> f64 {
    const BLOCK: u64 = 1000;
    // Sums of deviations from the gradient and of their squares, block by block.
    let block = |block: u64| {
        let mut stream = Stream::new(seed, 0, block);
        let mut noise = vec![0.0; estimator.noise(distribution)];
        let (mut round, mut sums) = (Round::new(), vec![[0.0; 2]; exact.len()]);
        for _ in 0..BLOCK {
            stream.fill_open01(&mut noise);
            round.estimate(estimator, distribution, objective, &noise).unwrap();
            for ((g, exact), sum) in round.gradient().iter().zip(exact).zip(&mut sums) {
                sum[0] += g - exact;
                sum[1] += (g - exact).powi(2);
            }
        }
        sums
    };
    let blocks: Vec<_> = (0..samples / BLOCK).into_par_iter().map(block).collect();
    let count = samples as f64;
    let score = |m: usize| {
        let [first, second] = [0, 1].map(|i| blocks.iter().map(|block| block[m][i]).sum::<f64>() / count);
        let error = ((second - first * first).max(0.0) / count).sqrt();
        // Enumeration has no standard error, and an error that is rounding.
        first.abs() / error.max(1e-14)
    };
    (0..exact.len()).map(score).fold(0.0, f64::max)
}

/// Standard errors beyond which an estimator is said to be biased: 2e-9 for a normal number.
const BOUND: f64 = 6.0;

#[track_caller]
fn judge(name: &str, bias: Bias, score: f64) {
    match bias {
        Bias::Biased => {
            assert!(score > BOUND, "{name} is said to be biased, and its error is {score} standard errors");
        }
        Bias::Unbiased => assert!(score < BOUND, "{name}: {score} standard errors"),
    }
}

#[test]
fn every_unbiased_estimator_passes_and_every_biased_one_fails() {
    let bernoulli = variables(3);
    let exact = gradient(&bernoulli, &Cubic);
    for (name, method, mut estimator) in all(&bernoulli) {
        teach(&mut estimator, &bernoulli, &Cubic, 100);
        judge(&name, method.bias, largest_score(&estimator, &bernoulli, &Cubic, &exact, (20_000, 1)));
    }
}

#[test]
fn so_they_do_for_categorical_variables() {
    let distribution = categorical::variables(2);
    let exact = categorical::gradient(&distribution, &Cubic);
    let mut biased = 0;
    for (name, method, mut estimator) in all(&distribution) {
        teach(&mut estimator, &distribution, &Cubic, 100);
        // Many for those that should be unbiased and whose expectation no finite sum gives; for one f that a control relaxes.
        let is_known = method.is_biased()
            || estimator.rule(&distribution).is_some()
            || name.ends_with("by gradient")
            || name == "relax-perceptron";
        let samples = if is_known { 50_000 } else { 300_000 };
        judge(&name, method.bias, largest_score(&estimator, &distribution, &Cubic, &exact, (samples, 3)));
        biased += u32::from(method.is_biased());
    }
    assert!(biased >= 4, "{biased}");
}

#[test]
fn so_they_do_for_gaussian_variables() {
    let (distribution, objective) = (gaussian::variables(), gaussian::Coupled);
    let exact = gaussian::Coupled::gradient(&distribution);
    for (name, method, mut estimator) in all(&distribution) {
        teach(&mut estimator, &distribution, &objective, 100);
        judge(&name, method.bias, largest_score(&estimator, &distribution, &objective, &exact, (300_000, 4)));
    }
}

#[test]
fn so_they_do_for_subsets() {
    let distribution = subset::variables();
    judge_all(&distribution, &subset::gradient(&distribution, &Cubic), 5);
}

/// Judges every estimator of a table.
pub(super) fn judge_all<D: Listed>(distribution: &D, exact: &[f64], seed: u64) {
    for (name, method, mut estimator) in all(distribution) {
        teach(&mut estimator, distribution, &Cubic, 100);
        judge(&name, method.bias, largest_score(&estimator, distribution, &Cubic, exact, (50_000, seed)));
    }
}

/// The numbers with a bound of [`BOUND`] standard errors: one for each parameter of each estimator, `E[f]` of each estimator of those that [`weights`](super::weights) has, and those of ARMS below.
#[test]
fn the_numbers_that_are_left_to_chance_are_less_than_900() {
    fn of<D: Listed>(distribution: &D, others: usize) -> usize {
        all(distribution).len() * (distribution.parameters().len() + others)
    }
    let judged = of(&variables(3), 1)
        + of(&categorical::variables(2), 1)
        + of(&gaussian::variables(), 1)
        + of(&subset::variables(), 1)
        + structured::judged()
            .into_iter()
            .map(|[estimators, parameters]| estimators * parameters)
            .sum::<usize>();
    assert!((500..900).contains(&(judged + 2)), "{judged}");
}

/// ARMS has no finite noise, and no sum of functions of one number each: a million samples instead.
#[test]
fn arms_is_unbiased() {
    let bernoulli = variables(2);
    let exact = gradient(&bernoulli, &Cubic);
    let estimator: AnyEstimator = Box::new(Arms::new(3).unwrap());
    let score = largest_score(&estimator, &bernoulli, &Cubic, &exact, (1_000_000, 2));
    assert!(score < BOUND, "{score} standard errors");
}
