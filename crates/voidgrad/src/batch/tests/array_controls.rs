//! Kernels over arrays, against the estimator on the same noise.

use nalgebra::{SMatrix, SVector};
use voidgrad_macros::control;
use voidgrad_real::{log_sum_exp, sigmoid, softplus};

use super::kernels::{UNITS, agrees_at, from};
use super::*;
use crate::kernel::ArrayKernel;

const ONE_Z: [&[f64]; 3] = [&[0.3], &[0.999], &[0.1, 0.5, 0.7]];

/// Five variables.
const FIVE: [&[f64]; 1] = [&[0.1, 0.5, 0.7, 0.3, 0.9]];

/// That a control goes over arrays at all.
fn on_arrays<C: Control + ArrayKernel + Sync>(thetas: &[&[f64]], control: C, bounds: [f64; 2]) {
    agrees_at(thetas, control, bounds);
}

fn matrix<const M: usize, const N: usize>(scale: f64) -> SMatrix<f64, M, N> {
    SMatrix::from_fn(|i, j| scale * (1.3 * i as f64 - 2.1 * j as f64 + 0.4).sin())
}

#[control(positive(lambda), data(target))]
fn wide(
    z: f64,
    lambda: f64,
    w1: &SVector<f64, 29>,
    b1: &SVector<f64, 29>,
    w2: &SMatrix<f64, 31, 29>,
    b2: &SVector<f64, 31>,
    w3: &SVector<f64, 31>,
    b3: f64,
    target: f64,
) -> f64 {
    let h1 = (w1 * z + b1).map(f64::tanh);
    let h2 = (w2 * h1 + b2).map(f64::tanh);
    let difference = sigmoid(z / lambda) - target;
    difference * difference + w3.dot(&h2) + b3
}

#[test]
fn a_wide_network_of_one_z_agrees() {
    let (w1, b1) = (from(0.05), from(-0.03));
    let (w2, b2) = (matrix(0.2), from(0.02));
    let control = Wide::new(0.6, w1, b1, w2, b2, from(0.04), 0.1, 0.499).unwrap();
    on_arrays(&ONE_Z, control, UNITS);
}

#[control]
fn relu_layers(
    z: &SVector<f64, 5>,
    w1: &SMatrix<f64, 7, 5>,
    b1: &SVector<f64, 7>,
    w2: &SMatrix<f64, 3, 7>,
    w3: &SVector<f64, 3>,
) -> f64 {
    let h1 = (w1 * z + b1).map(|x| x.max(0.0));
    let h2 = (w2 * h1).map(softplus);
    w3.dot(&h2)
}

#[test]
fn a_network_of_all_variables_agrees() {
    let control = ReluLayers::new(matrix(0.7), from(0.1), matrix(0.5), from(0.6)).unwrap();
    on_arrays(&FIVE, control, UNITS);
}

#[control(positive(lambda), data(target, flag))]
fn quadratic_of_five(z: &[f64; 5], eta: f64, lambda: f64, target: f64, flag: bool) -> f64 {
    let mean = eta * z.iter().map(|z| (sigmoid(z / lambda) - target).powi(2)).sum::<f64>() / 5.0;
    if flag { mean + z[1] * z[3] * lambda } else { mean }
}

#[test]
fn sums_over_all_variables_agree() {
    for flag in [false, true] {
        on_arrays(&FIVE, QuadraticOfFive::new(0.8, 0.5, 0.499, flag).unwrap(), UNITS);
    }
}

#[control]
fn soft_largest(z: &[f64; 5], weights: &[f64; 5], scale: f64) -> f64 {
    let total: f64 = weights.iter().map(|w| w * w).sum();
    let x = z.map(|z| z * weights[1] / total);
    scale * log_sum_exp(&x) + weights[2] * z[2]
}

#[test]
fn what_all_samples_share_is_computed_over_arrays_too() {
    let control = SoftLargest::new([0.3, -1.2, 0.8, 0.1, 0.5], 0.7).unwrap();
    on_arrays(&FIVE, control, UNITS);
}

#[control]
fn bilinear(z: &SVector<f64, 5>, w: &SMatrix<f64, 5, 5>, b: &SVector<f64, 5>) -> f64 {
    let x = z.map(sigmoid);
    (w.transpose() * x).dot(&x) + b.dot(z)
}

#[test]
fn a_matrix_read_by_rows_agrees() {
    on_arrays(&FIVE, Bilinear::new(matrix(0.9), from(0.2)).unwrap(), UNITS);
}

#[test]
fn the_bits_do_not_depend_on_the_number_of_threads() {
    let control = Bilinear::new(matrix(0.9), from(0.2)).unwrap();
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| sums(FIVE[0], &control, &Draw::new(20_000, 1)))
    };
    let one = on(1);
    assert!(on(2) == one && on(7) == one);
}
