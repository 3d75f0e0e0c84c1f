//! One test for all: the mean is the gradient, unless the estimator says that it has a bias.

use voidgrad::estimator::{Answer, Told, Want};
use voidgrad::noise::Rule;
use voidgrad::{Bernoulli, Estimator, variance};

use super::{all, exact_gradient, mixed, objective, own, variables};

/// How far the mean of the estimator is from the gradient: above 1 it is biased.
///
/// If the moments are exact the unit is their accuracy: a millionth of the standard deviation, and rounding. Elsewhere
/// there is one variable, and the unit is six standard errors of 50,000 samples: 2e-9 for a normal number, which is asked
/// for 9 times below, so that the false-alarm rate is 2e-8, were the seed not fixed.
fn bias(estimator: &dyn Estimator, bernoulli: &Bernoulli) -> f64 {
    const SAMPLES: u64 = 50_000;
    let gradient = exact_gradient(bernoulli, mixed);
    let (mean, unit) = match variance::moments(bernoulli, &objective(), estimator) {
        Ok(exact) => (exact.mean, 1e-6 * exact.variance.sqrt() + 1e-12),
        Err(_) => {
            assert_eq!(bernoulli.len(), 1);
            let sampled = variance::monte_carlo(bernoulli, &objective(), estimator, SAMPLES, 3).unwrap();
            (sampled.mean, 6.0 * (sampled.variance / SAMPLES as f64).sqrt())
        }
    };
    let distances = mean.iter().zip(gradient).map(|(mean, gradient)| (mean - gradient).abs() / unit);
    distances.fold(0.0, f64::max)
}

/// The estimator times a number: what a slip makes of it.
struct Times<E>(E, f64);

impl<E: Estimator> Estimator for Times<E> {
    fn ask(&self, bernoulli: &Bernoulli, noise: &[f64], points: &mut [f64]) {
        self.0.ask(bernoulli, noise, points);
    }

    fn answer(&self, bernoulli: &Bernoulli, told: Told<'_>, answer: Answer<'_>) {
        let Answer { gradient, weights, phi_bar, memory } = answer;
        self.0.answer(bernoulli, told, Answer { gradient, weights, phi_bar, memory });
        for partial in gradient.iter_mut() {
            *partial *= self.1;
        }
    }

    fn want(&self, k: usize) -> Want {
        self.0.want(k)
    }

    fn evaluations(&self, bernoulli: &Bernoulli) -> u64 {
        self.0.evaluations(bernoulli)
    }

    fn noise(&self, bernoulli: &Bernoulli) -> usize {
        self.0.noise(bernoulli)
    }

    fn rule(&self, bernoulli: &Bernoulli) -> Option<Rule> {
        self.0.rule(bernoulli)
    }
}

#[test]
fn the_mean_is_the_gradient_of_all_but_the_biased_ones() {
    for (method, estimator) in all(&variables(1)) {
        let bias = bias(&estimator, &variables(1));
        assert_eq!(bias > 1.0, method.is_biased(), "{}: {bias}", method.name);
    }
}

#[test]
fn a_wrong_sign_or_a_missing_factor_fails_the_same_test() {
    for factor in [-1.0, 0.5] {
        for (method, estimator) in all(&variables(1)) {
            if !method.is_biased() {
                let bias = bias(&Times(estimator, factor), &variables(1));
                assert!(bias > 1.0, "{} times {factor}: {bias}", method.name);
            }
        }
    }
}

// Exact, by the sum over the three pieces of each of the numbers.
#[test]
fn the_mean_of_an_estimator_from_outside_is_the_gradient_for_up_to_eight_variables() {
    for count in 1..=8 {
        assert!(bias(&own::Reflected, &variables(count)) < 1.0, "M = {count}");
        let wrong = bias(&Times(own::Reflected, -1.0), &variables(count));
        assert!(wrong > 1e3, "and with the wrong sign it is not: {wrong}");
    }
}
