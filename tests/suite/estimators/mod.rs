//! Every estimator of the library's list, and one that is added here, from outside of the crate.

mod own;
mod training;
mod unbiased;

use voidgrad::batch::Plate;
use voidgrad::estimator::AnyEstimator;
use voidgrad::estimators::{Listed, Method, Setup};
use voidgrad::objective::Smooth;
use voidgrad::toy::MeanQuadratic;
use voidgrad::{Bernoulli, Stream};

/// The library's table, and one estimator of our own, with settings that are nowhere 0 or 1, for variables like these.
fn all(bernoulli: &Bernoulli) -> Vec<(&'static Method, AnyEstimator)> {
    let setup =
        Setup { lambda: 0.6, eta: 0.8, baseline: 0.3, ..Setup::relaxing(MeanQuadratic { target: 0.45 }) };
    let rows = Bernoulli::estimators().iter();
    let listed =
        rows.map(|row| (row.method, row.make(&setup, bernoulli, &mut Stream::new(11, 0, 0)).unwrap()));
    listed.chain([(&own::METHOD, Box::new(own::Reflected) as AnyEstimator)]).collect()
}

/// An objective of the third degree in every variable, and in which all of them meet.
fn mixed(x: &[f64]) -> f64 {
    let s = sum(x);
    s * s * s - 0.7 * s + 1.2
}

/// `∇` of [`mixed`], and its value.
fn mixed_with_gradient(x: &[f64], gradient: &mut [f64]) -> f64 {
    let s = sum(x);
    for (m, gradient) in gradient.iter_mut().enumerate() {
        *gradient = weight(m) * (3.0 * s * s - 0.7);
    }
    mixed(x)
}

fn sum(x: &[f64]) -> f64 {
    x.iter().enumerate().map(|(m, x)| weight(m) * x).sum::<f64>() - 0.4
}

fn weight(m: usize) -> f64 {
    1.1 - 0.17 * m as f64
}

type Closures = Smooth<fn(&[f64]) -> f64, fn(&[f64], &mut [f64]) -> f64>;

/// [`mixed`] with its gradient.
fn objective() -> Closures {
    Smooth::new(mixed, mixed_with_gradient)
}

/// The first of eight variables with probabilities of all kinds.
fn variables(count: usize) -> Bernoulli {
    Bernoulli::from_probabilities(&[0.3, 0.62, 0.08, 0.5, 0.85, 0.41, 0.93, 0.2][..count]).unwrap()
}

/// `∂/∂a E[f(b)]` by the sum over all states.
fn exact_gradient(bernoulli: &Bernoulli, f: impl Fn(&[f64]) -> f64) -> Vec<f64> {
    let theta = bernoulli.probabilities();
    let mut gradient = vec![0.0; theta.len()];
    for state in 0..1_usize << theta.len() {
        let b: Vec<f64> = (0..theta.len()).map(|m| f64::from(u8::from(state >> m & 1 == 1))).collect();
        let p: f64 =
            b.iter().zip(theta).map(|(&b, theta)| if b == 1.0 { *theta } else { 1.0 - theta }).product();
        for (m, gradient) in gradient.iter_mut().enumerate() {
            *gradient += p * f(&b) * (b[m] - theta[m]);
        }
    }
    gradient
}

/// The weights that are known before the values of f are those that the answer gives; and only where they cannot depend on the values.
#[test]
fn weights_that_are_known_before_are_those_of_the_answer() {
    let bernoulli = variables(3);
    let mut equal = 0;
    for (method, mut estimator) in all(&bernoulli) {
        let mut plate: Plate = Plate::new(bernoulli.clone(), 2);
        let logits = [bernoulli.logits(), &[0.4, -0.3, 1.2]].concat();
        plate.ask(&*estimator, &logits, &mut Stream::new(5, 0, 0)).unwrap();
        let (before, share) = (plate.weights().to_vec(), 1.0 / plate.points_each() as f64);
        plate.evaluate(&objective()).unwrap();
        plate.tell(&mut *estimator).unwrap();
        if estimator.has_equal_weights() {
            equal += 1;
            assert_eq!(
                (&*before, plate.weights()),
                (&*vec![share; before.len()], &*before),
                "{}",
                method.name
            );
        } else {
            assert!(before.iter().all(|weight| weight.is_nan()), "{}", method.name);
        }
    }
    assert!(equal >= 8, "{equal} estimators of the table");
}
