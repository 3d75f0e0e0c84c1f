//! The perceptron's kernel, whose sizes the run knows, against the estimator on the same noise.

use super::kernels::{UNITS, agrees_at};
use super::*;
use crate::controls::Perceptron;

/// θ of so many variables: some often 1, some seldom.
fn theta(variables: usize) -> Vec<f64> {
    (0..variables).map(|m| 0.1 + 0.8 * ((m * 5 + 2) % 9) as f64 / 8.0).collect()
}

/// Weights as they are drawn, times a factor.
fn perceptron(dimension: usize, units: usize, factor: f64) -> Perceptron {
    let mut control = Perceptron::draw(dimension, units, &mut Stream::new(9, 0, 0)).unwrap();
    let phi = control.phi() * factor;
    control.set_phi(phi.as_view()).unwrap();
    control
}

/// One of each, fewer and more than a tile of a product has outputs, whole tiles and what is left of them.
const SIZES: [[usize; 2]; 6] = [[1, 1], [1, 5], [3, 1], [2, 4], [5, 9], [17, 8]];

/// That no chunk is left to the caller, to whom the estimator itself is no other.
fn on_arrays(control: Perceptron) -> Through<Perceptron> {
    Through(control, |control, chunk| {
        assert!(control.chunk(chunk), "the kernel gives up");
        true
    })
}

// The bound is that of every kernel: the sums of 4,097 samples are taken in another order.
#[test]
fn a_perceptron_of_any_size_agrees() {
    for [dimension, units] in SIZES {
        agrees_at(&[&theta(dimension)], on_arrays(perceptron(dimension, units, 1.0)), UNITS);
    }
}

/// `1 - tanh²` would have lost all digits of the slope.
#[test]
fn units_that_are_saturated_agree() {
    for [dimension, units] in [[1, 5], [3, 2]] {
        agrees_at(&[&theta(dimension)], on_arrays(perceptron(dimension, units, 12.0)), UNITS);
    }
}

#[test]
fn the_bits_do_not_depend_on_the_number_of_threads() {
    let (theta, control) = (theta(5), perceptron(5, 9, 1.0));
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| sums(&theta, &control, &Options::new(20_000, 1)))
    };
    let one = on(1);
    assert!(on(2) == one && on(7) == one);
}
