//! Estimators of Gaussian variables, against closed forms and quadrature.

use super::{all, close, setup};
use crate::control::Control;
use crate::controls::{Perceptron, Rebar, Zero};
use crate::error::ObjectiveError;
use crate::estimator::{AnyEstimator, Estimator, Round};
use crate::estimators::{Lax, Listed, MeasureValued, Method, Reinforce, distributions};
use crate::gaussian::Gaussian;
use crate::noise::Stream;
use crate::objective::{Objective, Points};
use crate::quadrature::integrate;
use crate::variance::{self, Tolerance};
use voidgrad_macros::control;

/// `x₀·x₁² + sin x₀ + (x₁ - 0.3)²`, whose expectation is known.
pub(super) struct Coupled;

impl Objective for Coupled {
    fn values(&self, points: Points<'_>, f: &mut [f64]) -> Result<(), ObjectiveError> {
        points.fill(f, |x| x[0] * x[1] * x[1] + x[0].sin() + (x[1] - 0.3).powi(2));
        Ok(())
    }
}

impl Coupled {
    /// `μ₀(μ₁² + σ₁²) + e^(-σ₀²/2)·sin μ₀ + (μ₁ - 0.3)² + σ₁²`.
    pub(super) fn expectation(gaussian: &Gaussian) -> f64 {
        let (mu, square) = (gaussian.mu(), [0, 1].map(|m| (2.0 * gaussian.ln_sigma()[m]).exp()));
        let sine = (-0.5 * square[0]).exp() * mu[0].sin();
        mu[0] * (mu[1] * mu[1] + square[1]) + sine + (mu[1] - 0.3).powi(2) + square[1]
    }

    /// The gradient of the [expectation](Self::expectation) by μ and ln σ.
    pub(super) fn gradient(gaussian: &Gaussian) -> Vec<f64> {
        let (mu, square) = (gaussian.mu(), [0, 1].map(|m| (2.0 * gaussian.ln_sigma()[m]).exp()));
        let damped = (-0.5 * square[0]).exp();
        vec![
            mu[1] * mu[1] + square[1] + damped * mu[0].cos(),
            2.0 * mu[0] * mu[1] + 2.0 * (mu[1] - 0.3),
            -square[0] * damped * mu[0].sin(),
            2.0 * (mu[0] + 1.0) * square[1],
        ]
    }
}

pub(super) fn variables() -> Gaussian {
    Gaussian::new(&[0.4, -0.9], &[0.7, 1.3]).unwrap()
}

#[test]
fn the_list_has_the_estimators_of_gaussian_variables() {
    let names: Vec<&str> = Gaussian::estimators().iter().map(|row| row.method.name).collect();
    let expected = ["reinforce", "reinforce-ema", "reinforce-optimal", "rloo", "auto", "lax"];
    assert!(names.len() >= 7 && expected.iter().all(|name| names.contains(name)), "{names:?}");
    assert_eq!(distributions(Method::find("lax").unwrap()), ["Gaussian"]);
}

/// With f = `w·x²` and μ = 0 that by μ is 0, and that by ln σ is `w·σ²·D²·(1 - U²)`; with f = `c·x` they are `2c·W/√(2π)` and `c·σ·D·(1 - U)`. E\[W²\] is 2, E\[D²\] is 3 and E\[D⁴\] is 15.
#[test]
fn measure_valued_derivatives_have_their_known_variance() {
    let of = |f: fn(&[f64]) -> f64, mu: f64, sigma: f64, known: f64| {
        let gaussian = Gaussian::new(&[mu], &[sigma]).unwrap();
        let found = variance::monte_carlo(&gaussian, &f, &MeasureValued, 200_000, 5).unwrap();
        // Five standard errors: 6e-7 each, were the seed not fixed. The variance is the mean over both parameters.
        close("measure-valued", found.variance, known / 2.0, 5.0 * found.standard_error);
        assert!(found.standard_error < 0.02 * known);
    };
    // E[(1 - U²)²] is 8/15, and the mean 2.
    of(|x: &[f64]| 1.5 * x[0] * x[0], 0.0, 0.8, (1.5_f64 * 0.64).powi(2) * (8.0 - 4.0));
    // E[(1 - U)²] is 1/3; the mean by μ is c.
    let linear = 4.0 / std::f64::consts::PI - 1.0 + 0.64;
    of(|x: &[f64]| 1.5 * x[0], 0.3, 0.8, 1.5_f64.powi(2) * linear);
}

/// Functions of one variable with the gradient of their expectation by μ and ln σ.
type Known = (&'static str, fn(f64) -> f64, fn(f64, f64) -> [f64; 2]);

const KNOWN: [Known; 3] = [
    ("quadratic", |x| (x - 0.4) * (x - 0.4), |mu, sigma| [2.0 * (mu - 0.4), 2.0 * sigma * sigma]),
    ("sine", f64::sin, |mu, sigma| {
        let damped = (-0.5 * sigma * sigma).exp();
        [damped * mu.cos(), -sigma * sigma * damped * mu.sin()]
    }),
    ("cubic", |x| x * x * x, |mu, sigma| [3.0 * (mu * mu + sigma * sigma), 6.0 * mu * sigma * sigma]),
];

fn controls() -> Vec<(&'static str, AnyEstimator<Gaussian>)> {
    let perceptron = |row: u64| Perceptron::draw(1, 4, &mut Stream::new(3, 0, row)).unwrap();
    vec![
        ("zero", Box::new(Lax::new(Zero))),
        ("relaxed", Box::new(Lax::new(Rebar::new(0.8, 0.6, 0.3).unwrap()))),
        ("perceptron", Box::new(Lax::new(perceptron(0)))),
        ("another", Box::new(Lax::new(perceptron(1)))),
        ("sine", Box::new(Lax::new(Sine::new(0.7, 1.3).unwrap()))),
    ]
}

/// A control that is an f of [`KNOWN`] where both parameters are 1.
#[control]
fn sine(z: f64, weight: f64, frequency: f64) -> f64 {
    weight * (frequency * z).sin()
}

/// `E[g(ε)]` of entry i of something that depends on the noise of one variable, by an integral over ε: the first number makes a
/// radius of 13, and the second the angle at which its projection is ε.
fn expectation(mut g: impl FnMut(&[f64]) -> f64) -> f64 {
    const RADIUS: f64 = 13.0;
    let tolerance = Tolerance { relative: 1e-11, absolute: 1e-13, ..Tolerance::default() };
    let ends: Vec<f64> = (-6..=6).map(|i| 2.0 * f64::from(i)).collect();
    let cell = std::cell::RefCell::new(&mut g);
    let integrand = |epsilon: f64| {
        let noise = [(-0.5 * RADIUS * RADIUS).exp(), (epsilon / RADIUS).acos() / std::f64::consts::TAU];
        let density = (-0.5 * epsilon * epsilon).exp() / std::f64::consts::TAU.sqrt();
        density * (cell.borrow_mut())(&noise)
    };
    integrate(integrand, &ends, tolerance).value
}

/// Mean and variance, averaged over both parameters, of an estimator of one variable.
fn moments(estimator: &AnyEstimator<Gaussian>, gaussian: &Gaussian, f: &dyn Objective) -> ([f64; 2], f64) {
    let mut round = Round::new();
    let mut of = |i: usize, power: i32| {
        expectation(|noise| {
            round.estimate(estimator, gaussian, f, noise).unwrap();
            round.gradient()[i].powi(power)
        })
    };
    let (mean, square) = ([of(0, 1), of(1, 1)], [of(0, 2), of(1, 2)]);
    (mean, 0.5 * (square[0] - mean[0] * mean[0] + square[1] - mean[1] * mean[1]))
}

#[test]
fn the_expectation_is_the_gradient_whatever_the_control() {
    for (mu, sigma) in [(0.9, 0.6), (-1.4, 1.7)] {
        let gaussian = Gaussian::new(&[mu], &[sigma]).unwrap();
        for (name, f, gradient) in KNOWN {
            for (control, estimator) in controls() {
                let (mean, _) = moments(&estimator, &gaussian, &|x: &[f64]| f(x[0]));
                for (mean, exact) in mean.iter().zip(gradient(mu, sigma)) {
                    // The tolerance of the integrals of numbers up to 100.
                    close(&format!("{name}, {control}"), *mean, exact, 1e-9);
                }
            }
        }
    }
}

#[test]
fn with_the_objective_as_its_control_the_estimate_is_the_pathwise_gradient() {
    let gaussian = Gaussian::new(&[0.9], &[0.6]).unwrap();
    let lax = Lax::new(Sine::new(1.0, 1.0).unwrap());
    let mut round = Round::new();
    for row in 0..100 {
        let mut noise = [0.0; 2];
        Stream::new(5, 0, row).fill_open01(&mut noise);
        round.estimate(&lax, &gaussian, &|x: &[f64]| x[0].sin(), &noise).unwrap();
        let epsilon = crate::gaussian::box_muller(noise[0], noise[1])[0];
        let slope = (0.9 + 0.6 * epsilon).cos();
        // Rounding of a few operations on numbers up to 5.
        close("∂/∂μ", round.gradient()[0], slope, 1e-15);
        close("∂/∂ln σ", round.gradient()[1], slope * 0.6 * epsilon, 3e-15);
    }
}

#[test]
fn a_good_control_takes_variance_away() {
    let gaussian = Gaussian::new(&[0.9], &[0.6]).unwrap();
    let f = |x: &[f64]| x[0].sin();
    let variance = |estimator: AnyEstimator<Gaussian>| moments(&estimator, &gaussian, &f).1;
    let none = variance(Box::new(Lax::new(Zero)));
    let half = variance(Box::new(Lax::new(Sine::new(0.5, 1.0).unwrap())));
    let all = variance(Box::new(Lax::new(Sine::new(1.0, 1.0).unwrap())));
    assert!(all < 0.2 * none && all < half && half < none, "{none} {half} {all}");
}

#[test]
fn without_a_control_it_is_reinforce() {
    let gaussian = variables();
    let (lax, reinforce) = (Lax::new(Zero), Reinforce::new(0.0).unwrap());
    let [mut first, mut second] = [Round::new(), Round::new()];
    for noise in [[0.2, 0.7], [0.9, 0.4], [1e-9, 0.99]] {
        first.estimate(&lax, &gaussian, &Coupled, &noise).unwrap();
        second.estimate(&reinforce, &gaussian, &Coupled, &noise).unwrap();
        for (first, second) in first.gradient().iter().zip(second.gradient()) {
            // The score by ε and by x, which has lost a digit.
            close("score", *first, *second, 1e-13 * (1.0 + second.abs()));
        }
    }
}

#[test]
fn the_variance_gradient_is_the_derivative_of_the_mean_square() {
    for (_, estimator) in controls().into_iter().skip(1) {
        let gaussian = Gaussian::new(&[0.9], &[0.6]).unwrap();
        let f = |x: &[f64]| x[0] * x[0];
        super::variance_gradient_is_the_derivative("lax of one variable", estimator, &gaussian, &f);
    }
    let estimator = super::make("lax", &setup(), &variables());
    super::variance_gradient_is_the_derivative("lax", estimator, &variables(), &Coupled);
}

#[test]
fn its_expectation_is_the_derivative_of_the_variance() {
    let gaussian = Gaussian::new(&[0.9], &[0.6]).unwrap();
    let f = |x: &[f64]| x[0] * x[0];
    let at = |weight: f64, frequency: f64| Sine::new(weight, frequency).unwrap();
    let lax = Lax::new(at(0.7, 1.3));
    let mut round = Round::new();
    for n in 0..2 {
        let found = expectation(|noise| {
            round.estimate_with_variance_gradient(&lax, &gaussian, &f, noise).unwrap();
            round.variance_gradient()[n]
        });
        let variance = |offset: f64| {
            let control = if n == 0 { at(0.7 + offset, 1.3) } else { at(0.7, 1.3 + offset) };
            let estimator: AnyEstimator<Gaussian> = Box::new(Lax::new(control));
            moments(&estimator, &gaussian, &f).1
        };
        let difference = (variance(1e-4) - variance(-1e-4)) / 2e-4;
        // Truncation 1e-8 times a third derivative of up to 10.
        close("∂Var/∂φ", found, difference, 1e-7);
        assert!(found.abs() > 0.1);
    }
}

/// Standard deviations and means from end to end, noise at both ends, f tiny and huge.
#[test]
fn extreme_parameters_noise_and_values_give_numbers() {
    let mu = [0.0, 1e-150, -700.0, 1e100];
    let parameters: Vec<f64> = mu.into_iter().chain([300.0, -300.0, 0.0, -37.0]).collect();
    let gaussian = Gaussian::from_parameters(&parameters).unwrap();
    for (name, _, estimator) in all(&gaussian) {
        let mut round = Round::new();
        let numbers = [5e-324, 1.1e-16, 0.3, 0.5, 0.8, 1.0 - 0.5 * f64::EPSILON];
        for shift in 0..36 {
            let noise: Vec<f64> = (0..estimator.noise(&gaussian))
                .map(|i| numbers[(shift / 6 * (i % 2) + shift * (1 - i % 2)) % 6])
                .collect();
            for scale in [1e-150, 1.0, 1e150] {
                let f = |x: &[f64]| scale * (x[2].sin() + if x[0] > 0.0 { 1.0 } else { -1.0 });
                round
                    .estimate(&estimator, &gaussian, &f, &noise)
                    .unwrap_or_else(|error| panic!("{name}, f of {scale}: {error}"));
                assert!(round.f().is_finite());
                // Where the squares of ĝ are numbers.
                if round.gradient().iter().all(|gradient| gradient.abs() < 1e150) {
                    round
                        .answer_with_variance_gradient(&estimator, &gaussian)
                        .unwrap_or_else(|error| panic!("{name}, f of {scale}: {error}"));
                    let parameters = estimator.control().map_or(0, Control::parameters);
                    assert_eq!(round.variance_gradient().len(), parameters, "{name}");
                }
            }
        }
    }
}
