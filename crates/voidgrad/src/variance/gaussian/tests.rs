//! The integral over ε, against closed forms and samples.

use super::moments_of_gaussian;
use crate::control;
use crate::controls::{Perceptron, Zero};
use crate::error::EstimateError;
use crate::estimator::Estimator;
use crate::estimators::{Lax, Listed as _, Reinforce, ReinforceOptimal, Rloo, Setup};
use crate::gaussian::Gaussian;
use crate::noise::Stream;
use crate::objective::Objective;
use crate::variance::{Technique, VarianceError, monte_carlo};

fn one(mu: f64, sigma: f64) -> Gaussian {
    Gaussian::new(&[mu], &[sigma]).unwrap()
}

/// Holds moments to those of both parameters; what is promised is 1e-7 of the variance.
#[track_caller]
fn agree(gaussian: &Gaussian, f: &dyn Objective, estimator: &impl Estimator<Gaussian>, known: [[f64; 2]; 2]) {
    let found = moments_of_gaussian(gaussian, f, estimator).unwrap();
    let variance = f64::midpoint(known[0][1], known[1][1]);
    assert_eq!(found.technique, Technique::Quadrature);
    for (mean, [known, _]) in found.mean.iter().zip(known) {
        assert!((mean - known).abs() < 1e-8 * variance.sqrt() + 1e-14, "{mean}, not {known}");
    }
    assert!((found.variance / variance - 1.0).abs() < 1e-7, "{}, not {variance}", found.variance);
}

fn times(a: &[f64], b: &[f64]) -> Vec<f64> {
    let mut product = vec![0.0; a.len() + b.len() - 1];
    for (i, a) in a.iter().enumerate() {
        for (j, b) in b.iter().enumerate() {
            product[i + j] += a * b;
        }
    }
    product
}

/// The mean and the variance of a polynomial in ε: `E[ε^n]` is (n - 1)·(n - 3)·…·1 for even n.
fn of_polynomial(coefficients: &[f64]) -> [f64; 2] {
    let moment = |n: usize| (1..n).rev().step_by(2).map(|n| n as f64).product::<f64>();
    let mean = |of: &[f64]| of.iter().enumerate().step_by(2).map(|(n, a)| a * moment(n)).sum::<f64>();
    let first = mean(coefficients);
    [first, mean(&times(coefficients, coefficients)) - first * first]
}

#[test]
fn reinforce_of_a_polynomial_has_its_moments() {
    for (mu, sigma, constant) in [(0.9, 0.6, 0.0), (-1.4, 1.7, 2.0), (30.0, 0.01, 900.0)] {
        // (μ + σε)² - c, times ε/σ and ε² - 1.
        let left = [mu * mu - constant, 2.0 * mu * sigma, sigma * sigma];
        let known = [
            of_polynomial(&times(&left, &[0.0, 1.0 / sigma])),
            of_polynomial(&times(&left, &[-1.0, 0.0, 1.0])),
        ];
        let f = |x: &[f64]| x[0] * x[0];
        agree(&one(mu, sigma), &f, &Reinforce::new(constant).unwrap(), known);
        if constant == 0.0 {
            agree(&one(mu, sigma), &f, &Lax::new(Zero), known);
            // No round has been before, so there is no baseline.
            agree(&one(mu, sigma), &f, &ReinforceOptimal::new(0.9).unwrap(), known);
        }
    }
}

/// With the threshold t in units of ε, `E[ε; ε > t] = φ`, `E[ε²; ε > t] = tφ + Q`, `E[ε⁴; ε > t] = (t³ + 3t)φ + 3Q`.
#[test]
fn reinforce_of_a_jump_has_its_moments() {
    let (mu, sigma, t, q) = (0.5, 0.8, 0.3_f64, 0.382_088_577_811_047_4);
    let phi = (-0.5 * t * t).exp() / std::f64::consts::TAU.sqrt();
    let f = |x: &[f64]| if x[0] > mu + sigma * t { 1.0 } else { 0.0 };
    let of_mu = [phi / sigma, (t * phi + q - phi * phi) / (sigma * sigma)];
    let of_ln_sigma = [t * phi, (t * t * t + t) * phi + 2.0 * q - t * t * phi * phi];
    agree(&one(mu, sigma), &f, &Reinforce::new(0.0).unwrap(), [of_mu, of_ln_sigma]);
}

/// `weight·sin z`.
#[control]
fn sine(z: f64, weight: f64) -> f64 {
    weight * z.sin()
}

/// With c = f = sin the estimate is `cos x·(1, σε)`; `E[e^(itε)] = e^(-t²/2)`, and `E[ε² e^(itε)]` is 1 - t² times that.
#[test]
fn lax_with_the_objective_as_its_control_has_the_moments_of_the_pathwise_gradient() {
    for (mu, sigma) in [(0.9_f64, 0.6_f64), (-1.4, 1.7), (0.0, 3.0)] {
        let (square, twice) = (sigma * sigma, (2.0 * mu).cos());
        let (damped, far) = ((-0.5 * square).exp(), (-2.0 * square).exp());
        let means = [damped * mu.cos(), -square * damped * mu.sin()];
        let squares = [0.5 * (1.0 + far * twice), 0.5 * square * (1.0 + (1.0 - 4.0 * square) * far * twice)];
        let known = [0, 1].map(|i| [means[i], squares[i] - means[i] * means[i]]);
        agree(&one(mu, sigma), &|x: &[f64]| x[0].sin(), &Lax::new(Sine::new(1.0).unwrap()), known);
    }
}

#[test]
fn lax_has_the_variance_of_samples() {
    let gaussian = one(0.4, 0.7);
    let f = |x: &[f64]| (2.0 * x[0]).sin() + if x[0] > 0.0 { 0.5 } else { 0.0 };
    for row in 0..3 {
        let lax = Lax::new(Perceptron::draw(1, 10, &mut Stream::new(3, 0, row)).unwrap());
        let found = moments_of_gaussian(&gaussian, &f, &lax).unwrap();
        let sampled = monte_carlo(&gaussian, &f, &lax, 400_000, 9).unwrap();
        // Five standard errors: 6e-7 for each of three, were the seed not fixed.
        assert!(
            (found.variance - sampled.variance).abs() < 5.0 * sampled.standard_error,
            "{found:?} {sampled:?}"
        );
        assert!(sampled.standard_error < 0.02 * found.variance);
    }
}

#[test]
fn what_is_not_covered_is_refused() {
    let (gaussian, f) = (one(0.4, 0.7), |x: &[f64]| x[0]);
    let found = moments_of_gaussian(&gaussian, &f, &Rloo::new(2).unwrap());
    assert_eq!(found, Err(VarianceError::MoreThanOneSample { noise: 4, allowed: 2, evaluations: 2 }));
    let mut covered = 0;
    for row in Gaussian::estimators() {
        let estimator = row.make(&Setup::default(), &gaussian, &mut Stream::new(3, 0, 0)).unwrap();
        let found = moments_of_gaussian(&gaussian, &f, &*estimator);
        if estimator.evaluations(&gaussian) == 1 && estimator.noise(&gaussian) == 2 {
            assert!(found.is_ok(), "{row:?}: {found:?}");
            covered += 1;
        } else {
            assert!(matches!(found, Err(VarianceError::MoreThanOneSample { .. })), "{row:?}: {found:?}");
        }
    }
    assert!(covered >= 4, "{covered}");
    let two = Gaussian::new(&[0.0; 2], &[1.0; 2]).unwrap();
    let found = moments_of_gaussian(&two, &f, &Lax::new(Zero));
    assert_eq!(found, Err(VarianceError::TooManyVariables { found: 2, allowed: 1 }));
    let nan = |x: &[f64]| if x[0] > 3.0 { f64::NAN } else { 0.0 };
    let found = moments_of_gaussian(&gaussian, &nan, &Lax::new(Zero));
    assert!(matches!(found, Err(VarianceError::Estimate(EstimateError::Objective { .. }))), "{found:?}");
    // E[f²] is infinite for a standard normal variable, though E[f] is not.
    let steep = |x: &[f64]| (0.3 * x[0] * x[0]).exp();
    let found = moments_of_gaussian(&one(0.0, 1.0), &steep, &Lax::new(Zero));
    assert!(
        matches!(found, Err(VarianceError::NotConverged { .. } | VarianceError::NotFinite { .. })),
        "{found:?}"
    );
}
