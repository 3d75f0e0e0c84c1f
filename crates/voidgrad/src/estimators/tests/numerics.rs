//! The ends of what f64 holds.

use super::{Named, Scaled, TAUGHT, all, close};
use crate::bernoulli::Bernoulli;
use crate::categorical::Categorical;
use crate::distribution::Distribution;
use crate::error::EstimateError;
use crate::estimator::{AnyEstimator, Estimator, Round};
use crate::estimators::{
    Arms, Bias, Cost, Count, Disarm, Enumerate, LocalExpectation, ReinforceOptimal, Rloo,
};
use crate::noise::Stream;
use crate::objective::Smooth;
use crate::subset::Subset;
use crate::toy::MeanQuadratic;
use crate::variance;
use voidgrad_real::sigmoid;

/// The smallest and the largest numbers in (0, 1), and some between.
const NUMBERS: [f64; 6] = [5e-324, 1.1e-16, 0.3, 0.5, 0.8, 1.0 - 0.5 * f64::EPSILON];

/// Logits from end to end, noise at both ends and mixed, f tiny and huge: no NaN and no infinity in `ĝ` and in the gradient of the
/// variance.
#[test]
fn extreme_logits_noise_and_values_give_numbers() {
    let bernoulli = Bernoulli::from_logits(&[-700.0, 700.0, -37.0, 36.0, 0.0]).unwrap();
    numbers_are_given(all(&bernoulli), &bernoulli);
    let logits = [-700.0, 700.0, 0.0, 0.0, -700.0, -700.0, -37.0, 36.0, 0.0];
    let rows = Categorical::from_logits(&logits, 3).unwrap();
    numbers_are_given(all(&rows), &rows);
    let subset = Subset::from_logits(&logits, 4).unwrap();
    numbers_are_given(all(&subset), &subset);
}

pub(super) fn numbers_are_given<D: Distribution>(estimators: Vec<Named<D>>, distribution: &D) {
    for (name, _, estimator) in estimators {
        let numbers = estimator.noise(distribution);
        let parameters = estimator.control().map_or(0, crate::Control::parameters);
        let mut round = Round::new();
        for scale in [1e-150, 1.0, 1e150] {
            for shift in 0..NUMBERS.len() {
                let constant = vec![NUMBERS[shift]; numbers];
                let mixed: Vec<f64> = (0..numbers).map(|i| NUMBERS[(5 * i / 3 + shift) % 6]).collect();
                for noise in [constant, mixed] {
                    let f = Scaled(scale);
                    round
                        .estimate_with_variance_gradient(&estimator, distribution, &f, &noise)
                        .unwrap_or_else(|error| panic!("{name}, f of {scale}: {error}"));
                    assert!(round.f().is_finite(), "{name}");
                    // The library refuses what is not finite.
                    assert_eq!(round.variance_gradient().len(), parameters, "{name}");
                }
            }
        }
    }
}

/// Without a control `ĝ` is linear in f, so a power of two goes through it, its moments and their standard error bit for bit.
#[test]
fn values_of_1e150_and_of_1e_150_lose_no_digit() {
    let bernoulli = Bernoulli::from_logits(&[0.4, -1.7]).unwrap();
    no_digit_is_lost(all(&bernoulli), &bernoulli, 4, |f, estimator| {
        let found = variance::moments(&bernoulli, f, estimator).ok()?;
        Some((found.mean, found.variance))
    });
    let rows = Categorical::from_logits(&[0.4, -1.7, 0.0, 1.0], 2).unwrap();
    no_digit_is_lost(all(&rows), &rows, 4, |f, estimator| {
        let found = variance::over_rule(&rows, f, estimator).ok()?;
        Some((found.mean, found.variance))
    });
    let subset = Subset::from_logits(&[0.4, -1.7, 0.0, 1.0], 2).unwrap();
    no_digit_is_lost(all(&subset), &subset, 6, |f, estimator| {
        let found = variance::over_rule(&subset, f, estimator).ok()?;
        Some((found.mean, found.variance))
    });
}

fn no_digit_is_lost<D: Distribution>(
    estimators: Vec<Named<D>>,
    distribution: &D,
    states: u64,
    moments: impl Fn(&Scaled, &AnyEstimator<D>) -> Option<(Vec<f64>, f64)>,
) {
    for (name, method, estimator) in estimators {
        // What it has learned of another f is a constant as well.
        let has_control = estimator.control().is_some_and(|control| control.parameters() > 0);
        if has_control || name == "reinforce with a constant" || name == TAUGHT {
            continue;
        }
        let sampled = |scale: f64| {
            let sampled = variance::monte_carlo(distribution, &Scaled(scale), &estimator, 300, 4).unwrap();
            (sampled.mean, sampled.variance, sampled.standard_error)
        };
        for exponent in [-498, 498] {
            let scale = 2.0_f64.powi(exponent);
            let scaled = |values: &[f64]| values.iter().map(|value| value * scale).collect::<Vec<f64>>();
            if let Some((mean, variance)) = moments(&Scaled(1.0), &estimator) {
                let other = moments(&Scaled(scale), &estimator).unwrap();
                assert_eq!(other.0, scaled(&mean), "{name}");
                let rounding = 1e-13 * variance * scale * scale;
                close(&name, other.1, variance * scale * scale, rounding);
            }
            let (one, other) = (sampled(1.0), sampled(scale));
            assert_eq!(other.0, scaled(&one.0), "{name}");
            assert_eq!((other.1, other.2), (one.1 * scale * scale, one.2 * scale * scale), "{name}");
            // Those that have gone through all states have no variance.
            let is_exact = match method.cost.f {
                Count::States => true,
                Count::KOrStates => estimator.evaluations(distribution) == states,
                _ => false,
            };
            assert!(method.bias == Bias::Biased || is_exact || one.2 > 0.0, "{name}");
        }
    }
}

/// A rare state is drawn by a number close to 0 where it is 0: everything there keeps its digits.
#[test]
fn a_state_as_rare_as_e_to_the_minus_700_has_its_gradient_and_variance() {
    let f = MeanQuadratic { target: 0.25 };
    let rare = sigmoid(-690.0);
    for a in [-690.0, 690.0] {
        let bernoulli = Bernoulli::from_logits(&[a]).unwrap();
        // ½·θ(1 - θ); and ĝ is ½·(f(1) - f(0)) with the probability 2θ(1 - θ), or by DisARM ½·σ(|a|)·(f(1) - f(0)) with 2θ.
        for estimator in [&Rloo::new(2).unwrap() as &dyn Estimator, &Disarm::new(2).unwrap()] {
            let found = variance::moments(&bernoulli, &f, estimator).unwrap();
            close("mean", found.mean[0], 0.5 * rare, 1e-14 * rare);
            close("variance", found.variance, 2.0 * rare * 0.0625, 1e-14 * rare);
        }
        let mut round = Round::new();
        round.estimate(&Enumerate, &bernoulli, &f, &[]).unwrap();
        close("enumeration", round.gradient()[0], 0.5 * rare, 1e-14 * rare);
    }
}

/// Two rare states beside a certain one: `p_i·(f_i - E[f])` for them, and what is left for the third.
#[test]
fn rare_states_of_a_categorical_variable_have_their_gradient_and_variance() {
    let f = |b: &[f64]| 3.0 * b[0] - 2.0 * b[1] + 0.5 * b[2];
    for logits in [[-690.0, -689.0, 0.0], [0.0, 1.0, 690.0]] {
        let variable = Categorical::from_logits(&logits, 3).unwrap();
        let rare = [0, 1].map(|k| (logits[k] - logits[2]).exp());
        let exact = [2.5 * rare[0], -2.5 * rare[1], 2.5 * (rare[1] - rare[0])];
        let mut round = Round::new();
        round.estimate(&Enumerate, &variable, &f, &[]).unwrap();
        let found = variance::over_rule(&variable, &f, &Rloo::new(2).unwrap()).unwrap();
        for (k, exact) in exact.into_iter().enumerate() {
            // e^-690 itself is known to 690 units in the last place.
            close("enumeration", round.gradient()[k], exact, 2e-13 * exact.abs());
            close("rloo", found.mean[k], exact, 2e-13 * exact.abs());
        }
        // A rare state is in one of two samples, twice as often; then ĝ is ±½·2.5 for it, and for the third.
        let variance = 2.0 * (rare[0] + rare[1]) * 2.0 * 1.25 * 1.25 / 3.0;
        close("rloo", found.variance, variance, 2e-13 * variance);
    }
}

/// The variance of RLOO with two samples, `½·θ(1 - θ)·d²·(1 - 2θ(1 - θ))` with `d = f(1) - f(0)`, and of `DisARM`,
/// `½·r·d²·(1 - r)²·(1 - 2r)` with `r = min(θ, 1 - θ)`.
#[test]
fn the_exact_variances_hold_for_any_probability_and_target() {
    let thetas = [1e-300, 1e-20, 1e-15, 1e-9, 0.004, 0.3, 0.5, 0.71, 0.9999, 1.0 - 1e-12, 1.0 - 1.2e-16];
    for theta in thetas {
        for target in [-3.0, 0.0, 0.499, 0.5, 0.7, 1e8] {
            let bernoulli = Bernoulli::from_probabilities(&[theta]).unwrap();
            let f = MeanQuadratic { target };
            let d = f.value(&[1.0]) - f.value(&[0.0]);
            let (rare, often) = (theta.min(1.0 - theta), theta.max(1.0 - theta));
            let spread = rare * often;
            let rloo = 0.5 * spread * d * d * (1.0 - 2.0 * spread);
            let disarm = 0.5 * rare * d * d * often * often * (1.0 - 2.0 * rare);
            let of = |estimator: &dyn Estimator| {
                let found = variance::moments(&bernoulli, &f, estimator).unwrap();
                close("mean", found.mean[0], d * spread, 1e-9 * (d * spread).abs());
                found.variance
            };
            close("rloo", of(&Rloo::new(2).unwrap()), rloo, 1e-9 * rloo);
            close("disarm", of(&Disarm::new(2).unwrap()), disarm, 1e-9 * disarm + 1e-30 * d * d);
        }
    }
}

/// A constant of 1e15 beside a difference of 1.
#[test]
fn a_large_constant_in_f_costs_differences_no_digits() {
    let bernoulli = Bernoulli::from_logits(&[0.3, -0.8]).unwrap();
    let f = |b: &[f64]| 1e15 + b[0] + 2.0 * b[0] * b[1];
    let exact = sigmoid(0.3) * sigmoid(-0.3) * (1.0 + 2.0 * sigmoid(-0.8));
    let mut round = Round::new();
    round.estimate(&Enumerate, &bernoulli, &f, &[]).unwrap();
    close("enumeration", round.gradient()[0], exact, 1e-15);
    for estimator in [&Rloo::new(2).unwrap() as &dyn Estimator, &Disarm::new(2).unwrap()] {
        let found = variance::moments(&bernoulli, &f, estimator).unwrap();
        close("mean", found.mean[0], exact, 1e-15);
    }
    let rows = Categorical::from_logits(&[0.0, 0.3, 0.0, -0.8], 2).unwrap();
    let f = |b: &[f64]| 1e15 + b[1] + 2.0 * b[1] * b[3];
    let mut round = Round::new();
    round.estimate(&Enumerate, &rows, &f, &[]).unwrap();
    let found = variance::over_rule(&rows, &f, &Rloo::new(2).unwrap()).unwrap();
    for (k, exact) in [-exact, exact].into_iter().enumerate() {
        close("enumeration", round.gradient()[k], exact, 1e-15);
        close("mean", found.mean[k], exact, 1e-15);
    }
}

/// Scores of 1e-304, whose squares are no numbers, still make the average that they weight.
#[test]
fn the_optimal_baseline_of_a_variable_that_never_changes_is_the_value_of_f() {
    let bernoulli = Bernoulli::from_logits(&[-700.0, 0.3]).unwrap();
    let mut estimator = ReinforceOptimal::new(0.9).unwrap();
    let mut round = Round::new();
    for _ in 0..200 {
        round.ask(&estimator, &bernoulli, &[0.4, 0.7]).unwrap();
        round.evaluate(&|_: &[f64]| 5.0).unwrap();
        round.tell(&mut estimator, &bernoulli).unwrap();
    }
    assert_eq!(estimator.baselines(), [5.0, 5.0]);
}

/// `1/(1 - ρ)` with a million samples: `(1 - r^(1/(K-1)))` and the like are differences of numbers next to 1.
#[test]
fn arms_of_a_million_samples_is_rloo_of_a_million() {
    let bernoulli = Bernoulli::from_logits(&[0.7]).unwrap();
    let count = 1_000_000;
    let mut noise = vec![0.0; count];
    Stream::new(12, 0, 0).fill_open01(&mut noise);
    let f = |b: &[f64]| 3.0 * b[0];
    let mut round = Round::new();
    round.estimate(&Arms::new(count as u64).unwrap(), &bernoulli, &f, &noise).unwrap();
    let exact = 3.0 * sigmoid(0.7) * sigmoid(-0.7);
    // The spread of a mean over so many samples is below 1e-3, and five of that is what a wrong correction is not within.
    close("arms", round.gradient()[0], exact, 5e-3);
}

/// A million points of a million entries are 8 TB.
#[test]
fn points_that_no_memory_holds_are_an_error() {
    let count = 1_000_000;
    let bernoulli = Bernoulli::from_logits(&vec![0.5; count]).unwrap();
    let f = MeanQuadratic { target: 0.3 };
    let made = Round::new().estimate(&LocalExpectation, &bernoulli, &f, &vec![0.5; count]);
    assert_eq!(made, Err(EstimateError::TooManyPoints { points: count + 1, dimension: count }));
}

/// Memory or time in proportion to the square of their number would be seen.
#[test]
fn two_hundred_thousand_variables_are_estimated() {
    let count = 200_000;
    let logits: Vec<f64> = (0..count).map(|m| [0.5, -3.0, 12.0][m % 3]).collect();
    let bernoulli = Bernoulli::from_logits(&logits).unwrap();
    let f = MeanQuadratic { target: 0.3 };
    let mut round = Round::new();
    for (name, method, estimator) in all(&bernoulli) {
        // Those by gradient are other functions of as many numbers. A network at each variable takes seconds: its derivatives are the same
        // at each, and what is made of them is what rebar makes of its own.
        if name == "enumerate"
            || method.cost == Cost::f(Count::VariablesAndOne)
            || name.ends_with("of 4")
            || name.ends_with("by gradient")
            || name.starts_with("relax")
        {
            continue;
        }
        let mut noise = vec![0.0; estimator.noise(&bernoulli)];
        Stream::new(9, 0, 0).fill_open01(&mut noise);
        let made = round.estimate(&estimator, &bernoulli, &f, &noise);
        made.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(round.gradient().iter().any(|&gradient| gradient != 0.0), "{name}");
    }
    // As many logits, two a variable.
    let rows = Categorical::from_logits(&logits, 2).unwrap();
    let weights: Vec<f64> = (0..count).map(|i| [0.2, -0.9, 0.5][i % 3] / count as f64).collect();
    let linear = |b: &[f64]| b.iter().zip(&weights).map(|(b, weight)| b * weight).sum::<f64>();
    let f = Smooth::new(linear, |x: &[f64], gradient: &mut [f64]| {
        gradient.copy_from_slice(&weights);
        linear(x)
    });
    for (name, _, estimator) in all(&rows) {
        // Those that go through all states refuse so many.
        if estimator.suits(&rows).is_err() || name.ends_with("of 4") {
            continue;
        }
        let mut noise = vec![0.0; estimator.noise(&rows)];
        Stream::new(9, 0, 0).fill_open01(&mut noise);
        round.estimate(&estimator, &rows, &f, &noise).unwrap();
        assert!(round.gradient().iter().any(|&gradient| gradient != 0.0), "{name}");
    }
}
