//! The test that every unbiased estimator passes and every biased one fails.

use rayon::prelude::*;

use super::{Cubic, all, gradient, variables};
use crate::bernoulli::Bernoulli;
use crate::estimators::{AnyEstimator, Arms, Draw};
use crate::noise::{Stream, Uniforms};

/// The largest `|z|` of the coordinates: the mean of so many estimates less the gradient, in standard errors.
fn largest_score(estimator: &AnyEstimator, bernoulli: &Bernoulli, samples: u64, seed: u64) -> f64 {
    const BLOCK: u64 = 1000;
    let exact = gradient(bernoulli, &Cubic);
    // Sums of deviations from the gradient and of their squares, block by block.
    let block = |block: u64| {
        let mut stream = Stream::new(seed, 0, block);
        let mut noise = vec![0.0; estimator.noise(bernoulli)];
        let (mut draw, mut sums) = (Draw::new(bernoulli), vec![[0.0; 2]; exact.len()]);
        for _ in 0..BLOCK {
            stream.fill_open01(&mut noise);
            draw.update(estimator, bernoulli, &Cubic, Uniforms::trusted(&noise)).unwrap();
            for ((g, exact), sum) in draw.gradient.iter().zip(&exact).zip(&mut sums) {
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

/// An estimator with a state comes to the test with one, which does not depend on its noise.
fn learn(estimator: &mut AnyEstimator, bernoulli: &Bernoulli) {
    let mut stream = Stream::new(100, 0, 0);
    let mut noise = vec![0.0; estimator.noise(bernoulli)];
    let mut draw = Draw::new(bernoulli);
    for _ in 0..20 {
        stream.fill_open01(&mut noise);
        draw.update(estimator, bernoulli, &Cubic, Uniforms::trusted(&noise)).unwrap();
        estimator.advance(&draw);
    }
}

#[test]
fn every_unbiased_estimator_passes_and_every_biased_one_fails() {
    let bernoulli = variables(3);
    for (name, method, mut estimator) in all() {
        learn(&mut estimator, &bernoulli);
        let score = largest_score(&estimator, &bernoulli, 50_000, 1);
        if method.is_biased() {
            assert!(score > BOUND, "{name} is said to be biased, and its error is {score} standard errors");
        } else {
            assert!(score < BOUND, "{name}: {score} standard errors");
        }
    }
}

/// ARMS has no finite noise, and no sum of functions of one number each: a million samples instead.
#[test]
fn arms_is_unbiased() {
    let bernoulli = variables(2);
    let estimator: AnyEstimator = Box::new(Arms::new(3).unwrap());
    let score = largest_score(&estimator, &bernoulli, 1_000_000, 2);
    assert!(score < BOUND, "{score} standard errors");
}
