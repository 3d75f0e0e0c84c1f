mod descent;
mod least_squares;

use super::{Cause, Settings, Step, TrainError, train};
use crate::bernoulli::Bernoulli;
use crate::categorical::Categorical;
use crate::control::Control;
use crate::controls::{Constant, RelaxLinear, Zero};
use crate::error::EstimateError;
use crate::estimator::AnyEstimator;
use crate::estimators::{Listed, Setup};
use crate::gaussian::Gaussian;
use crate::noise::Stream;
use crate::optimise::StepError;
use crate::toy::MeanQuadratic;
use crate::variance;

pub(super) const OBJECTIVE: MeanQuadratic = MeanQuadratic { target: 0.499 };

pub(super) fn start() -> Bernoulli {
    Bernoulli::from_probabilities(&[0.5]).unwrap()
}

#[test]
fn the_observer_sees_the_start_and_every_step() {
    let settings = Settings { iterations: 5, ..Settings::default() };
    let mut seen = Vec::new();
    let mut observer = |step: &Step<'_>| {
        seen.push((step.iteration, step.average.is_some(), step.distribution.logits()[0]));
    };
    let outcome = train(start(), &OBJECTIVE, Zero, &settings, 0, &mut observer).unwrap();
    assert_eq!(seen.iter().map(|step| step.0).collect::<Vec<_>>(), [0, 1, 2, 3, 4, 5]);
    assert!(seen.iter().all(|step| step.1 == (step.0 > 0)));
    assert_eq!(seen[0].2, 0.0);
    assert_eq!(seen[5].2, outcome.distribution.logits()[0]);
}

#[test]
fn a_run_is_named_by_its_seed_and_number() {
    let settings = Settings { iterations: 50, batch: 3, ..Settings::default() };
    let end = |seed: u64, run: u64| {
        let settings = Settings { seed, ..settings };
        train(start(), &OBJECTIVE, Zero, &settings, run, &mut |_: &Step<'_>| ()).unwrap().distribution
    };
    assert_eq!(end(1, 2), end(1, 2));
    assert_ne!(end(1, 2), end(1, 3));
    assert_ne!(end(1, 2), end(2, 2));
}

// The constant that minimises the variance of one variable is c* = (1-θ)f(1) + θf(0), about ¼ here.
#[test]
fn the_control_learns_the_best_constant() {
    let settings = Settings { iterations: 3_000, learning_rate: 1e-6, ..Settings::default() };
    let control = Constant::new(1.0).unwrap();
    let outcome = train(start(), &OBJECTIVE, control, &settings, 0, &mut |_: &Step<'_>| ()).unwrap();
    assert!((outcome.estimator.baseline() - 0.250_001).abs() < 1e-3, "{}", outcome.estimator.baseline());
}

// One seed of the toy experiment; about one run in a hundred is not there after 10,000 steps.
#[test]
fn relax_without_its_last_relu_finds_the_minimum() {
    let control = RelaxLinear::draw(0.5, 0.499, &mut Stream::new(1, 0, u64::MAX)).unwrap();
    let settings = Settings { seed: 1, ..Settings::default() };
    let outcome = train(start(), &OBJECTIVE, control, &settings, 0, &mut |_: &Step<'_>| ()).unwrap();
    assert!(outcome.distribution.probabilities()[0] < 0.1);
}

#[test]
fn a_run_that_diverges_says_where_and_with_what_values() {
    let objective = |b: &[f64]| if b[0] > 0.5 { f64::INFINITY } else { 0.0 };
    let control = Constant::new(0.25).unwrap();
    let mut last = 0;
    let mut observer = |step: &Step<'_>| last = step.iteration;
    let error = train(start(), &objective, control, &Settings::default(), 0, &mut observer).unwrap_err();
    let message = error.to_string();
    let TrainError::Diverged { iteration, source, logits, control, .. } = error else { panic!("{message}") };
    assert_eq!(iteration, last + 1);
    assert_eq!(*source, Cause::Estimate(EstimateError::Objective { value: f64::INFINITY, b: vec![1.0] }));
    assert!(logits[0].is_finite() && control[0].0 == "baseline");
    assert!(message.starts_with(&format!("iteration {iteration}: f(b) = inf is not a finite number")));
    assert!(message.contains("baseline = "), "{message}");
}

/// By both loops: a batch of 2 is left to the general one. In 50 steps of the same direction θ goes as far as Adam can.
#[test]
fn an_objective_of_any_size_is_followed() {
    for batch in [1, 2] {
        for size in [1e153, 1e154, 1e200, 1e300] {
            let objective = move |b: &[f64]| if b[0] > 0.5 { size } else { -size };
            let settings = Settings { iterations: 50, batch, ..Settings::default() };
            let outcome = train(start(), &objective, Zero, &settings, 0, &mut |_: &Step<'_>| ()).unwrap();
            let a = outcome.distribution.logits()[0];
            // Every sample has the gradient -size·½ or -size·(-½)·(-1): ĝ = size·½ both times, but for the change of θ.
            assert!((a + 0.5).abs() < 0.05, "batch {batch}, f of {size}: {a}");
        }
    }
}

/// θ or φ leaves the finite numbers at the first step, in both loops, and at the last step, too.
#[test]
fn a_learning_rate_that_no_f64_can_follow_is_a_divergence() {
    for (batch, iterations) in [(1, 1), (1, 50), (2, 1), (2, 50)] {
        for (learning_rate, control_learning_rate) in [(1e308, 0.01), (0.01, 1e308)] {
            let settings =
                Settings { iterations, batch, learning_rate, control_learning_rate, ..Settings::default() };
            let control = Constant::new(0.3).unwrap();
            let mut seen = 0;
            let mut observer = |_: &Step<'_>| seen += 1;
            let error = train(start(), &OBJECTIVE, control, &settings, 0, &mut observer).unwrap_err();
            let TrainError::Diverged { iteration, source, logits, control, .. } = error else {
                panic!("{error}")
            };
            assert!(matches!(*source, Cause::Step(StepError::Parameter { .. })), "{source}");
            // The state is that before the step.
            assert_eq!((iteration, seen, logits, control[0].1), (1, 1, vec![0.0], 0.3));
        }
    }
}

#[test]
fn settings_outside_their_domain_are_refused() {
    let good = Settings::default();
    for settings in [
        Settings { iterations: 0, ..good },
        Settings { batch: 0, ..good },
        Settings { learning_rate: 0.0, ..good },
        Settings { control_learning_rate: f64::NAN, ..good },
    ] {
        let result = train(start(), &OBJECTIVE, Zero, &settings, 0, &mut |_: &Step<'_>| ());
        assert!(matches!(result, Err(TrainError::Setting(_))), "{settings:?}");
    }
}

#[test]
fn a_control_chosen_at_run_time_trains_the_same() {
    let settings = Settings { iterations: 100, ..Settings::default() };
    let control = Constant::new(0.3).unwrap();
    let boxed: Box<dyn Control + Send + Sync> = Box::new(control.clone());
    let plain = train(start(), &OBJECTIVE, control, &settings, 4, &mut |_: &Step<'_>| ()).unwrap();
    let chosen = train(start(), &OBJECTIVE, boxed, &settings, 4, &mut |_: &Step<'_>| ()).unwrap();
    assert_eq!(plain.distribution, chosen.distribution);
    assert_eq!(plain.estimator.phi(), chosen.estimator.phi());
}

fn relax(rows: &Categorical) -> AnyEstimator<Categorical> {
    let row = Categorical::estimator("relax").unwrap();
    row.make(&Setup::relaxing(MeanQuadratic { target: 0.499 }), rows, &mut Stream::new(1, 0, u64::MAX))
        .unwrap()
}

/// The best of two variables with three states, at which f is 0.
fn of_rows(b: &[f64]) -> f64 {
    b[0] + 0.5 * b[2] + b[4] + 0.6 * b[1] * b[5]
}

#[test]
fn relax_of_categorical_variables_finds_the_best_states() {
    let rows = Categorical::from_logits(&[0.0; 6], 3).unwrap();
    let settings = Settings { iterations: 2_000, batch: 4, learning_rate: 0.02, ..Settings::default() };
    let estimator = relax(&rows);
    let mut seen = 0;
    let mut observer = |_: &Step<'_, Categorical>| seen += 1;
    let end = train(rows, &of_rows, estimator, &settings, 0, &mut observer).unwrap().distribution;
    assert_eq!(seen, 2_001);
    let theta = end.probabilities();
    assert!(theta[1] > 0.9 && theta[3] > 0.9, "{theta:?}");
}

/// With variables that stay where they are, the control alone moves, down the variance.
#[test]
fn the_control_of_categorical_variables_learns_to_take_variance_away() {
    let rows = Categorical::from_logits(&[0.3, -0.4, 0.0, 0.0, 0.5, -0.2], 3).unwrap();
    let settings = Settings { iterations: 3_000, batch: 4, learning_rate: 1e-9, ..Settings::default() };
    let mut observer = |_: &Step<'_, Categorical>| ();
    let learned = train(rows.clone(), &of_rows, relax(&rows), &settings, 0, &mut observer).unwrap().estimator;
    let variance = |estimator: &AnyEstimator<Categorical>| {
        // A standard error of 1 in 100 or so.
        variance::monte_carlo(&rows, &of_rows, estimator, 20_000, 5).unwrap().variance
    };
    let none: AnyEstimator<Categorical> = Box::new(Zero);
    let (before, without) = (variance(&relax(&rows)), variance(&none));
    let after = variance(&learned);
    assert!(after < 0.5 * without && after < 0.5 * before, "{after}, before {before}, without {without}");
}

/// `E[(x - 3)²]` is least at `μ = 3` and the smallest σ.
#[test]
fn lax_of_a_gaussian_variable_finds_the_minimum() {
    let gaussian = Gaussian::new(&[0.0], &[1.0]).unwrap();
    let f = |x: &[f64]| (x[0] - 3.0).powi(2);
    let row = Gaussian::estimator("lax").unwrap();
    let estimator = row.make(&Setup::default(), &gaussian, &mut Stream::new(1, 0, u64::MAX)).unwrap();
    let settings = Settings { iterations: 4_000, batch: 4, learning_rate: 0.01, ..Settings::default() };
    let mut observer = |_: &Step<'_, Gaussian>| ();
    let end = train(gaussian, &f, estimator, &settings, 0, &mut observer).unwrap().distribution;
    assert!((end.mu()[0] - 3.0).abs() < 0.1 && end.ln_sigma()[0] < -1.0, "{end:?}");
}
