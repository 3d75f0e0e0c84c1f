//! Moments, exact and from samples.

use std::slice::from_ref;

use voidgrad::controls::{Constant, Rebar};
use voidgrad::estimator::{Answer, AnyEstimator, Told};
use voidgrad::estimators::{Coupled, Listed, Setup};
use voidgrad::noise::Rule;
use voidgrad::objective::Multilinear;
use voidgrad::toy::MeanQuadratic;
use voidgrad::variance::{self, VarianceError};
use voidgrad::{Bernoulli, Categorical, Distribution, Estimator, Gaussian, Round, Stream, Subset};

use super::{Outcomes, TwoValues};

/// Fewer than for single estimates, since moments take many of them.
fn objectives() -> impl Iterator<Item = TwoValues> {
    let pairs = [[0.0, 1e-300], [0.0, 1.0], [-1e154, 1e154], [0.0, 1e200], [-1e308, 1e308], [1.0, f64::NAN]];
    pairs.into_iter().map(TwoValues)
}

fn setups() -> [Setup; 3] {
    let plain = || Setup::relaxing(MeanQuadratic { target: 0.499 });
    let hot = Setup { lambda: 1e300, eta: 1e300, baseline: 1e308, ..plain() };
    [plain(), Setup { lambda: 1e-300, ..plain() }, hot]
}

fn sampled<D: Distribution>(
    outcomes: &mut Outcomes,
    (name, estimator): (&str, &AnyEstimator<D>),
    distribution: &D,
) {
    for f in objectives() {
        let found = variance::monte_carlo(distribution, &f, estimator, 20, 3);
        let all = found
            .as_ref()
            .map(|found| [&found.mean[..], from_ref(&found.variance), from_ref(&found.standard_error)]);
        outcomes.see(all, || format!("{name}, {f:?}, {:?}", distribution.parameters()));
    }
}

#[test]
fn of_bernoulli_variables() {
    let (mut exact, mut samples) = (Outcomes::default(), Outcomes::default());
    for logits in [&[0.3][..], &[-700.0, 36.0]] {
        let bernoulli = Bernoulli::from_logits(logits).unwrap();
        for row in Bernoulli::estimators() {
            for setup in setups() {
                let estimator = row.make(&setup, &bernoulli, &mut Stream::new(3, 0, 1)).unwrap();
                sampled(&mut samples, (row.method.name, &estimator), &bernoulli);
                for f in objectives() {
                    let found = variance::moments(&bernoulli, &f, &estimator);
                    let all = found.as_ref().map(|found| [&found.mean[..], from_ref(&found.variance)]);
                    exact.see(all, || format!("{}, {f:?}, {logits:?}", row.method.name));
                }
            }
        }
    }
    exact.are_both();
    samples.are_both();
}

#[test]
fn that_the_best_controls_leave() {
    let mut outcomes = Outcomes::default();
    for f in super::objectives() {
        for first in super::LOGITS {
            for logits in [&[first][..], &[first, 0.3], &[-1.0, first, first]] {
                let found = variance::floors(&Bernoulli::from_logits(logits).unwrap(), &f);
                let all = found.as_ref().map(|found| [found.constant, found.additive, found.pairwise]);
                outcomes.see(all.as_ref().map(|all| [&all[..]]), || format!("{f:?}, {logits:?}"));
            }
        }
    }
    outcomes.are_both();
}

#[test]
fn that_the_best_controls_leave_by_samples() {
    let mut outcomes = Outcomes::default();
    for f in super::objectives() {
        for first in super::LOGITS {
            let bernoulli = Bernoulli::from_logits(&[-1.0, first, 0.3]).unwrap();
            let found = variance::sampled_floors(&bernoulli, &f, 64, 3);
            let all = found.as_ref().map(|found| {
                let all = [Some(found.constant), found.additive, found.pairwise];
                let all = all.into_iter().flatten();
                all.flat_map(|floor| [floor.variance, floor.standard_error]).collect::<Vec<f64>>()
            });
            outcomes.see(all.as_ref().map(|all| [&all[..]]), || format!("{f:?}, {first}"));
        }
    }
    outcomes.are_both();
}

#[test]
fn that_the_best_controls_leave_of_coefficients() {
    let mut outcomes = Outcomes::default();
    let coefficients = || super::VALUES.into_iter().filter(|value| value.is_finite());
    for (one, two) in coefficients().flat_map(|one| coefficients().map(move |two| (one, two))) {
        let f = Multilinear::new(one, &[two, one, 0.0], &[(0, 1, one), (1, 2, two)]).unwrap();
        for first in super::LOGITS {
            let bernoulli = Bernoulli::from_logits(&[-1.0, first, 0.3]).unwrap();
            let found = variance::floors_of_multilinear(&bernoulli, &f);
            let all = found.as_ref().map(|found| [found.constant, found.additive, found.pairwise]);
            outcomes.see(all.as_ref().map(|all| [&all[..]]), || format!("{one}, {two}, {first}"));
        }
    }
    outcomes.are_both();
}

#[test]
fn that_the_best_parameters_leave() {
    let mut outcomes = Outcomes::default();
    for f in objectives() {
        for logits in [&[0.3][..], &[-700.0, 36.0]] {
            let bernoulli = Bernoulli::from_logits(logits).unwrap();
            for (scale, lambda) in [(0.8, 0.5), (1e300, 1e-300)] {
                let mut rebar = Rebar::new(scale, lambda, 0.499).unwrap();
                let found = variance::floor_in_use(&bernoulli, &f, &mut rebar, 20, 3);
                let all = found.as_ref().map(|found| [found.variance, found.standard_error]);
                outcomes.see(all.as_ref().map(|all| [&all[..]]), || format!("{f:?}, {logits:?}, {scale}"));
            }
        }
    }
    outcomes.are_both();
}

#[test]
fn of_other_variables() {
    let (mut exact, mut samples) = (Outcomes::default(), Outcomes::default());
    let rows = Categorical::from_logits(&[0.3, -0.4, 700.0, 0.0], 2).unwrap();
    let gaussian = Gaussian::new(&[0.0, 1e300], &[1.0, 1e-300]).unwrap();
    let subset = Subset::from_logits(&[0.3, -0.4, 700.0, 0.0], 2).unwrap();
    for setup in setups() {
        for row in Categorical::estimators() {
            let estimator = row.make(&setup, &rows, &mut Stream::new(3, 0, 1)).unwrap();
            sampled(&mut samples, (row.method.name, &estimator), &rows);
            for f in objectives() {
                let found = variance::over_rule(&rows, &f, &estimator);
                let all = found.as_ref().map(|found| [&found.mean[..], from_ref(&found.variance)]);
                exact.see(all, || format!("{}, {f:?}", row.method.name));
            }
        }
        for row in Subset::estimators() {
            let estimator = row.make(&setup, &subset, &mut Stream::new(3, 0, 1)).unwrap();
            sampled(&mut samples, (row.method.name, &estimator), &subset);
            for f in objectives() {
                let found = variance::over_rule(&subset, &f, &estimator);
                let all = found.as_ref().map(|found| [&found.mean[..], from_ref(&found.variance)]);
                exact.see(all, || format!("{} of subsets, {f:?}", row.method.name));
            }
        }
        for row in Gaussian::estimators() {
            let estimator = row.make(&setup, &gaussian, &mut Stream::new(3, 0, 1)).unwrap();
            sampled(&mut samples, (row.method.name, &estimator), &gaussian);
        }
    }
    exact.are_both();
    samples.are_both();
}

#[test]
fn of_controls() {
    let mut outcomes = Outcomes::default();
    let one = Bernoulli::from_logits(&[0.3]).unwrap();
    let two = Bernoulli::from_logits(&[0.3, 700.0]).unwrap();
    for (scale, lambda) in [(0.8, 0.5), (1e300, 0.5), (0.8, 1e-300), (1e300, 1e-300)] {
        let rebar = Rebar::new(scale, lambda, 0.499).unwrap();
        let constant = Constant::new(scale).unwrap();
        for f in objectives() {
            let what = || format!("{scale}, {lambda}, {f:?}");
            let all = [
                variance::quadrature(&one, &f, &rebar),
                variance::quadrature(&one, &f, &constant),
                variance::moments(&one, &f, &Coupled::new(rebar.clone())),
            ];
            for found in all {
                outcomes.see(found.as_ref().map(|found| [&found.mean[..], from_ref(&found.variance)]), what);
            }
            let found = variance::enumerate(&two, &f, &constant);
            outcomes.see(found.as_ref().map(|found| [&found.mean[..], from_ref(&found.variance)]), what);
        }
    }
    outcomes.are_both();
}

/// An estimator of someone else, whose rule has a number without nodes.
struct Empty;

impl Estimator for Empty {
    fn ask(&self, _: &Bernoulli, _: &[f64], _: &mut [f64]) {}

    fn answer(&self, _: &Bernoulli, _: Told<'_>, _: Answer<'_>) {}

    fn rule(&self, _: &Bernoulli) -> Option<Rule> {
        Some(Rule::new(vec![Vec::new()]))
    }
}

#[test]
fn a_rule_without_nodes_is_none() {
    let one = Bernoulli::from_logits(&[0.3]).unwrap();
    let found = variance::over_rule(&one, &TwoValues([0.0, 1.0]), &Empty);
    assert_eq!(found, Err(VarianceError::NoRule));
}

/// An estimator of someone else, which writes what is no number.
struct Broken;

impl Estimator for Broken {
    fn ask(&self, _: &Bernoulli, _: &[f64], _: &mut [f64]) {}

    fn answer(&self, _: &Bernoulli, _: Told<'_>, answer: Answer<'_>) {
        answer.weights.fill(f64::NAN);
    }
}

#[test]
fn a_mean_of_f_that_is_no_number_is_an_error() {
    let one = Bernoulli::from_logits(&[0.3]).unwrap();
    let error = Round::new().estimate(&Broken, &one, &TwoValues([0.0, 1.0]), &[0.5]).unwrap_err();
    assert_eq!(error.to_string(), "the mean of the values of f is NaN, which is not a finite number");
}
