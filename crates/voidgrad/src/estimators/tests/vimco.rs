//! VIMCO, against the bound by the sum over all states of K samples.

use super::{Cubic, categorical, close, states, variables};
use crate::bernoulli::Bernoulli;
use crate::categorical::Categorical;
use crate::distribution::Distribution;
use crate::estimator::Round;
use crate::estimators::{Rloo, Vimco};
use crate::objective::{Objective, Points};
use crate::variance;

/// `ln q(b) - ln p(x, b)`, with logits that move and `ln p(x, b) = -Cubic`.
struct LogRatio<'a, D>(&'a D);

impl<D: Distribution> Objective for LogRatio<'_, D> {
    fn values(&self, points: Points<'_>, f: &mut [f64]) -> Result<(), crate::error::ObjectiveError> {
        points.fill(f, |b| self.0.ln_p(b).unwrap() + Cubic.value(b));
        Ok(())
    }
}

/// `-E[L]` by the sum over all states of K samples.
fn exact<D: Distribution>(distribution: &D, states: &[(Vec<f64>, f64)], samples: u32) -> f64 {
    let values: Vec<f64> = states.iter().map(|(b, _)| LogRatio(distribution).value(b).unwrap()).collect();
    let count = states.len();
    let of_index = |index: usize| {
        let digits = (0..samples).map(|k| index / count.pow(k) % count);
        let p: f64 = digits.clone().map(|i| states[i].1).product();
        let weights: f64 = digits.map(|i| (-values[i]).exp()).sum();
        -p * (weights / f64::from(samples)).ln()
    };
    (0..count.pow(samples)).map(of_index).sum()
}

/// Central differences of the exact bound: truncation 1e-8 times a third derivative of order 1, and rounding 1e-16/1e-4 times a value of order 1.
const STEP: f64 = 1e-4;
const TOLERANCE: f64 = 1e-7;

#[test]
fn its_expectation_is_the_gradient_of_the_bound_for_bernoulli_variables() {
    for (count, samples) in [(1, 2), (2, 2), (2, 3), (1, 5)] {
        let at = |n: usize, offset: f64| {
            let mut logits = variables(count).logits().to_vec();
            logits[n] += offset;
            let moved = Bernoulli::from_logits(&logits).unwrap();
            exact(&moved, &states(&moved), samples)
        };
        let bernoulli = variables(count);
        let vimco = Vimco::new(u64::from(samples)).unwrap();
        let found = variance::over_rule(&bernoulli, &LogRatio(&bernoulli), &vimco).unwrap();
        for n in 0..count {
            let difference = (at(n, STEP) - at(n, -STEP)) / (2.0 * STEP);
            close("logit", found.mean[n], difference, TOLERANCE);
            assert!(difference.abs() > 1e-3, "nothing was tested");
        }
        // What is estimated of E[f] is another gradient.
        let rloo = Rloo::new(u64::from(samples)).unwrap();
        let other = variance::over_rule(&bernoulli, &LogRatio(&bernoulli), &rloo).unwrap();
        assert!((other.mean[0] - found.mean[0]).abs() > 1e-3);
    }
}

#[test]
fn its_expectation_is_the_gradient_of_the_bound_for_categorical_variables() {
    let categorical = categorical::variables(1);
    let at = |n: usize, offset: f64| {
        let mut logits = categorical.logits().to_vec();
        logits[n] += offset;
        let moved = Categorical::from_logits(&logits, 3).unwrap();
        exact(&moved, &categorical::states(&moved), 3)
    };
    let found = variance::over_rule(&categorical, &LogRatio(&categorical), &Vimco::new(3).unwrap()).unwrap();
    for n in 0..3 {
        let difference = (at(n, STEP) - at(n, -STEP)) / (2.0 * STEP);
        close("logit", found.mean[n], difference, TOLERANCE);
    }
}

/// The gradient by ψ of `f + ψ·b_0` is the mean of `b_0` with the weights of the round.
#[test]
fn its_weights_give_the_gradient_by_parameters_of_f() {
    let (values, b_0) = ([0.3, -1.2, 2.0], [1.0, 0.0, 1.0]);
    let (bernoulli, mut round) = (variables(1), Round::new());
    let vimco = Vimco::new(3).unwrap();
    round.ask(&vimco, &bernoulli, &[0.9, 0.1, 0.8]).unwrap();
    assert_eq!(round.points().as_slice(), b_0);
    round.values_mut().copy_from_slice(&values);
    round.answer(&vimco, &bernoulli).unwrap();
    let at = |psi: f64| {
        let moved = [0, 1, 2].map(|k| values[k] + psi * b_0[k]);
        -Vimco::bound(&moved)
    };
    let difference = (at(STEP) - at(-STEP)) / (2.0 * STEP);
    let found: f64 = round.weights().iter().zip(b_0).map(|(weight, b)| weight * b).sum();
    close("ψ", found, difference, TOLERANCE);
}

/// Weights that differ by more than `f64` holds: the largest is all.
#[test]
fn values_of_any_size_give_numbers() {
    let (bernoulli, mut round) = (variables(1), Round::new());
    let vimco = Vimco::new(3).unwrap();
    for values in [[1e150, 0.0, -1e150], [1e-300, 0.0, 0.0], [800.0, -800.0, 0.0]] {
        round.ask(&vimco, &bernoulli, &[0.9, 0.1, 0.8]).unwrap();
        round.values_mut().copy_from_slice(&values);
        round.answer(&vimco, &bernoulli).unwrap();
        close("weights", round.weights().iter().sum(), 1.0, 1e-15);
    }
    assert_eq!(Vimco::bound(&[-800.0, 800.0]), 800.0 - 2.0_f64.ln());
    assert!(Vimco::bound(&[]).is_nan());
    assert!(Vimco::new(1).is_err());
}
