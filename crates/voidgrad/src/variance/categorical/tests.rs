//! The quadrature of one categorical variable, against sums over its states and against samples.

use super::moments_of_categorical;
use crate::categorical::Categorical;
use crate::control;
use crate::controls::{Perceptron, Relaxed, Zero};
use crate::estimator::Estimator;
use crate::estimators::{Listed as _, Reinforce, Setup};
use crate::noise::Stream;
use crate::toy::MeanQuadratic;
use crate::variance::{Technique, VarianceError, monte_carlo, over_rule};

/// An f that tells all states apart.
fn f(b: &[f64]) -> f64 {
    b.iter().enumerate().map(|(k, b)| [0.9, -0.6, 1.7, 0.4][k] * b).sum()
}

fn variables() -> [Categorical; 3] {
    let of = |theta: &[f64]| Categorical::from_probabilities(theta, theta.len()).unwrap();
    [of(&[0.3, 0.7]), of(&[0.999, 0.001]), of(&[0.05, 0.15, 0.8])]
}

/// `∂/∂a_k E[f] = θ_k·(f_k - E[f])`.
fn gradient(categorical: &Categorical) -> Vec<f64> {
    let states = categorical.states();
    let of_state = |k: usize| f(&(0..states).map(|i| if i == k { 1.0 } else { 0.0 }).collect::<Vec<f64>>());
    let mean: f64 =
        categorical.probabilities().iter().enumerate().map(|(k, theta)| theta * of_state(k)).sum();
    categorical.probabilities().iter().enumerate().map(|(k, theta)| theta * (of_state(k) - mean)).collect()
}

#[test]
fn without_a_control_it_has_the_moments_of_reinforce() {
    for categorical in variables() {
        let found = moments_of_categorical(&categorical, &f, &Zero).unwrap();
        let known = over_rule(&categorical, &f, &Reinforce::new(0.0).unwrap()).unwrap();
        assert_eq!((found.technique, known.technique), (Technique::Quadrature, Technique::Enumeration));
        assert!((found.variance / known.variance - 1.0).abs() < 1e-12, "{found:?} {known:?}");
        let through = moments_of_categorical(&categorical, &f, &Reinforce::new(0.0).unwrap()).unwrap();
        assert_eq!(through, known);
    }
}

/// REBAR, with a temperature that is low, and RELAX with two networks.
fn estimators(categorical: &Categorical) -> Vec<(String, Box<dyn Estimator<Categorical>>)> {
    let toy = MeanQuadratic { target: 0.3 };
    let mut all: Vec<(String, Box<dyn Estimator<Categorical>>)> = Vec::new();
    for (eta, lambda) in [(1.0, 0.5), (-2.0, 0.1)] {
        all.push((format!("λ = {lambda}"), Box::new(Relaxed::new(toy, categorical, eta, lambda).unwrap())));
    }
    for row in 0..2 {
        let network = Perceptron::draw(categorical.states(), 10, &mut Stream::new(3, 0, row)).unwrap();
        all.push((format!("network {row}"), Box::new(network)));
    }
    let relax = Categorical::estimator("relax").unwrap();
    all.push((
        "relax".to_owned(),
        relax.make(&Setup::relaxing(toy), categorical, &mut Stream::new(3, 0, 2)).unwrap(),
    ));
    all
}

#[test]
fn rebar_and_relax_have_the_gradient_and_the_variance_of_samples() {
    for categorical in variables() {
        let exact = gradient(&categorical);
        // Three states take up to three million nodes: REBAR and RELAX once.
        let step = if categorical.states() == 3 { 4 } else { 1 };
        for (name, estimator) in estimators(&categorical).into_iter().step_by(step) {
            let found = moments_of_categorical(&categorical, &f, &*estimator)
                .unwrap_or_else(|error| panic!("{name}, {categorical:?}: {error}"));
            for (mean, exact) in found.mean.iter().zip(&exact) {
                assert!((mean - exact).abs() < 1e-7 * found.variance.sqrt(), "{name}: {mean}, not {exact}");
            }
            let sampled = monte_carlo(&categorical, &f, &*estimator, 100_000, 9).unwrap();
            // Five standard errors: 6e-7 for each of 13, were the seed not fixed.
            let distance = (found.variance - sampled.variance).abs();
            assert!(distance < 5.0 * sampled.standard_error, "{name}: {found:?} {sampled:?}");
        }
    }
}

#[control]
fn kink(z: f64, weight: f64) -> f64 {
    weight * (z - 0.3).abs()
}

#[test]
fn what_is_not_covered_is_refused() {
    let two = Categorical::from_logits(&[0.0; 4], 2).unwrap();
    let found = moments_of_categorical(&two, &f, &Zero);
    assert_eq!(found, Err(VarianceError::TooManyVariables { found: 2, allowed: 1 }));
    let four = Categorical::from_logits(&[0.0; 4], 4).unwrap();
    let error = moments_of_categorical(&four, &f, &Zero).unwrap_err();
    assert_eq!(error, VarianceError::TooManyStates { found: 4, allowed: 3 });
    assert_eq!(error.to_string(), "4 states are too many for a control's quadrature: at most 3");
    let one = Categorical::from_logits(&[0.0; 2], 2).unwrap();
    let toy = MeanQuadratic { target: 0.3 };
    // The slope of a kink jumps.
    let found = moments_of_categorical(&one, &f, &Kink::new(1.0).unwrap());
    assert!(matches!(found, Err(VarianceError::NotConverged { .. })), "{found:?}");
    let nan = |b: &[f64]| if b[1] == 1.0 { f64::NAN } else { toy.value(b) };
    let found = moments_of_categorical(&one, &nan, &Zero);
    assert!(matches!(found, Err(VarianceError::Estimate(_))), "{found:?}");
    // REBAR that asks for f has no rule, and no control that is known before.
    let asking = Categorical::estimator("rebar").unwrap();
    let asking = asking.make(&Setup::default(), &one, &mut Stream::new(0, 0, 0)).unwrap();
    assert_eq!(moments_of_categorical(&one, &f, &*asking), Err(VarianceError::NoRule));
}
