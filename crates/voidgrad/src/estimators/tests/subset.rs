//! Estimators of subsets, against sums over all of them and against categorical variables.

use super::{Cubic, all, close};
use crate::categorical::Categorical;
use crate::distribution::Distribution;
use crate::error::EstimateError;
use crate::estimator::{Estimator, Round};
use crate::estimators::{Enumerate, Listed, Method, Rloo, Simple, distributions};
use crate::objective::{Differentiable, Objective};
use crate::subset::Subset;
use crate::subset::tests::{states, subset};
use crate::variance;

/// Two of four elements, probable and improbable.
pub(super) fn variables() -> Subset {
    subset(&[0.4, -0.9, 1.3, -0.2], 2)
}

/// `E[f(b)]` by the sum over all subsets.
pub(super) fn expectation(subset: &Subset, objective: &dyn Objective) -> f64 {
    states(subset).iter().map(|(b, p)| p * objective.value(b).unwrap()).sum()
}

/// `∂/∂a E[f(b)]` by the sum over all subsets.
pub(super) fn gradient(subset: &Subset, objective: &dyn Objective) -> Vec<f64> {
    let states = states(subset);
    let gradient = |m: usize| {
        let theta: f64 = states.iter().map(|(b, p)| p * b[m]).sum();
        states.iter().map(|(b, p)| p * objective.value(b).unwrap() * (b[m] - theta)).sum()
    };
    (0..subset.len()).map(gradient).collect()
}

#[test]
fn the_list_has_the_estimators_of_subsets() {
    let names: Vec<&str> = Subset::estimators().iter().map(|row| row.method.name).collect();
    let expected = ["reinforce", "reinforce-ema", "reinforce-optimal", "rloo", "enumerate", "auto", "simple"];
    assert!(expected.iter().all(|name| names.contains(name)), "{names:?}");
    assert_eq!(distributions(Method::find("simple").unwrap()), ["k-subset"]);
}

#[test]
fn the_expectation_is_the_gradient_where_an_estimator_is_unbiased_and_else_it_is_not() {
    let mut tested = 0;
    for (name, method, estimator) in all(&variables()) {
        let size = estimator.rule(&variables()).and_then(|rule| rule.size());
        if size.is_none_or(|size| size > 100_000) {
            continue;
        }
        let found = variance::over_rule(&variables(), &Cubic, &estimator).unwrap();
        let exact = gradient(&variables(), &Cubic);
        let error = found.mean.iter().zip(exact).map(|(mean, g)| (mean - g).abs()).fold(0.0, f64::max);
        if method.is_biased() {
            assert!(error > 0.01, "{name} is said to be biased, and its error is {error:e}");
        } else {
            // Rounding of sums of up to 100,000 terms below 10.
            assert!(error < 1e-13, "{name}: {error:e}");
        }
        tested += 1;
    }
    assert!(tested >= 10, "{tested}");
}

#[test]
fn simple_has_the_derivative_of_the_marginals() {
    let (subset, mut round, mut slope) = (variables(), Round::new(), [0.0; 4]);
    round.estimate(&Simple, &subset, &Cubic, &[0.3, 0.4, 0.8, 0.6]).unwrap();
    Cubic.value_and_gradient(round.points().as_slice(), &mut slope);
    let moved = |m: usize, step: f64| {
        let mut logits = subset.logits().to_vec();
        logits[m] += step;
        let theta = Subset::from_logits(&logits, 2).unwrap().marginals().to_vec();
        theta.iter().zip(slope).map(|(theta, slope)| theta * slope).sum::<f64>()
    };
    for (m, found) in round.gradient().iter().enumerate() {
        // Truncation 1e-10 times a third derivative of up to 10, and rounding 1e-15/1e-5.
        close("SIMPLE", *found, (moved(m, 1e-5) - moved(m, -1e-5)) / 2e-5, 2e-9);
    }
}

/// Subsets of one element are one categorical variable.
#[test]
fn one_of_four_is_a_categorical_variable() {
    let a = [0.4, -0.9, 1.3, -0.2];
    let (one, categorical) = (subset(&a, 1), Categorical::from_logits(&a, 4).unwrap());
    let (mut found, mut expected) = (Round::new(), Round::new());
    found.estimate(&Enumerate, &one, &Cubic, &[]).unwrap();
    expected.estimate(&Enumerate, &categorical, &Cubic, &[]).unwrap();
    for (found, expected) in found.gradient().iter().zip(expected.gradient()) {
        close("enumerate", *found, *expected, 1e-15);
    }
    let rloo = Rloo::new(2).unwrap();
    let variance = |found: Result<variance::Moments, variance::VarianceError>| found.unwrap().variance;
    let found = variance(variance::over_rule(&one, &Cubic, &rloo));
    close("rloo", found, variance(variance::over_rule(&categorical, &Cubic, &rloo)), 1e-14);
}

#[test]
fn too_many_subsets_are_not_enumerated() {
    let many = subset(&[0.0; 23], 11);
    let error = EstimateError::TooManyVariables { found: 23, allowed: 22 };
    assert_eq!(Estimator::<Subset>::suits(&Enumerate, &many), Err(error));
    assert_eq!(Estimator::<Subset>::suits(&Enumerate, &subset(&[0.0; 1000], 2)), Ok(()));
    // As many as a number holds, and more.
    assert!(Estimator::<Subset>::suits(&Enumerate, &subset(&[0.0; 1000], 500)).is_err());
}

/// An estimate depends on logits through differences alone: all of them in the same direction change nothing.
#[test]
fn the_entries_of_a_score_add_up_to_0() {
    let subset = variables();
    for (b, _) in states(&subset) {
        let mut score = [0.0; 4];
        subset.score(&b, &mut score);
        close("the sum", score.iter().sum(), 0.0, 4.0 * f64::EPSILON);
    }
}
