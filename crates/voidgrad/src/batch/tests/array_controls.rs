//! Kernels over arrays, against the estimator on the same noise.

use nalgebra::{SMatrix, SVector};
use voidgrad_macros::{control, differentiate};
use voidgrad_real::{log_sum_exp, sigmoid, softmax, softplus};

use super::kernels::{UNITS, agrees_at, compare, from};
use super::*;
use crate::kernel::ArrayKernel;
use crate::kernel::chunk::arrays_in_scalars;

const ONE_Z: [&[f64]; 3] = [&[0.3], &[0.999], &[0.1, 0.5, 0.7]];

/// Five variables.
const FIVE: [&[f64]; 1] = [&[0.1, 0.5, 0.7, 0.3, 0.9]];

/// On lanes of both precisions, with all instructions.
fn on_lanes<C: BatchControl + ArrayKernel + Sync>(thetas: &[&[f64]], control: C, bounds: [f64; 2]) {
    agrees_at(thetas, control, bounds);
}

/// In `f64`, one number at a time. What `#[control]` writes is one text for all lanes, so a control that shows a form of it is compiled once; the
/// lanes, and the loop around it, are those of the controls that go through [`on_lanes`].
fn in_scalars<C: ArrayKernel + Control + Clone + Sync>(control: C) {
    let slow = slowly(control.clone());
    let scalar = Through(control, |control, chunk| {
        assert!(arrays_in_scalars(control, chunk), "the kernel gives up");
        true
    });
    let found = compare(&FIVE, &slow, &scalar, (Precision::Double, UNITS[0]), &[Instructions::Scalar]);
    assert_eq!(found, None);
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
    on_lanes(&ONE_Z, control, UNITS);
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
    on_lanes(&FIVE, control, UNITS);
}

#[control(positive(lambda), data(target, flag))]
fn quadratic_of_five(z: &[f64; 5], eta: f64, lambda: f64, target: f64, flag: bool) -> f64 {
    let mean = eta * z.iter().map(|z| (sigmoid(z / lambda) - target).powi(2)).sum::<f64>() / 5.0;
    if flag { mean + z[1] * z[3] * lambda } else { mean }
}

#[test]
fn sums_over_all_variables_agree() {
    for flag in [false, true] {
        in_scalars(QuadraticOfFive::new(0.8, 0.5, 0.499, flag).unwrap());
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
    in_scalars(control);
}

#[control]
fn bilinear(z: &SVector<f64, 5>, w: &SMatrix<f64, 5, 5>, b: &SVector<f64, 5>, v: &SMatrix<f64, 5, 3>) -> f64 {
    let x = z.map(sigmoid);
    (w.transpose() * x).dot(&x) + b.dot(z) + (v.transpose() * x).map(f64::tanh).sum()
}

#[test]
fn a_matrix_read_by_rows_agrees() {
    on_lanes(&FIVE, Bilinear::new(matrix(0.9), from(0.2), matrix(0.4)).unwrap(), UNITS);
}

#[test]
fn the_bits_do_not_depend_on_the_number_of_threads() {
    let control = Bilinear::new(matrix(0.9), from(0.2), matrix(0.4)).unwrap();
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| sums(FIVE[0], &control, &Options::new(20_000, 1)))
    };
    let one = on(1);
    assert!(on(2) == one && on(7) == one);
}

/// Names that the generated code has uses of its own for, and an array of one entry.
#[control(data(z))]
fn own_names(
    x: &SVector<f64, 5>,
    rows: &SVector<f64, 5>,
    hand: f64,
    sums: &SMatrix<f64, 3, 5>,
    i: SVector<f64, 1>,
    c_z: f64,
    z: f64,
) -> f64 {
    let numbers = x.component_mul(rows).map(f64::tanh).sum();
    hand * numbers * z + (sums * x).map(f64::sin).sum() * i[0] + c_z * x[4].abs()
}

#[test]
fn names_that_the_code_uses_itself_are_free_for_arguments() {
    let one = SVector::from_element(0.7);
    in_scalars(OwnNames::new(from(0.3), 0.8, matrix(0.4), one, -0.6, 1.3).unwrap());
}

#[control]
fn entries(z: &[f64; 5], w: &[f64; 5], scale: f64) -> f64 {
    let x = z.map(|z| z * scale);
    log_sum_exp(&x) * z[0] + softmax(&x)[2] * w[3] + x[1] * w[1] * w[0]
}

#[test]
fn entries_of_arrays_agree() {
    in_scalars(Entries::new([0.4, -1.1, 0.2, 0.9, 2.0], 0.6).unwrap());
}

#[differentiate(wrt(x, t), order = 2)]
fn bump(x: f64, t: f64) -> f64 {
    (-x * x * t).exp() * std::f64::consts::FRAC_1_PI
}

#[control(positive(width))]
fn branches(z: &[f64; 5], width: f64, high: f64, low: f64) -> f64 {
    let total: f64 = z.iter().map(|z| bump(*z, width)).sum();
    let largest = z[0].max(z[3]).min(z[2]);
    if total > 0.5 { high * total * largest } else { low * (total - 0.5) + largest * high }
}

#[test]
fn calls_and_branches_over_sums_agree() {
    on_lanes(&FIVE, Branches::new(0.9, 0.5, -1.2).unwrap(), UNITS);
}

#[control]
fn matrices(z: &SVector<f64, 5>, a: &SMatrix<f64, 4, 5>, b: &SMatrix<f64, 4, 5>, scale: f64) -> f64 {
    let x = (a * z).component_mul(&(b * z));
    // A matrix that all samples share, products with the same one twice, and terms entry by entry of what it is made of and of it.
    let s = a * scale;
    let squares = s.map(|s| s * s).sum() + a.map(|a| a * a).sum();
    (s * z.map(sigmoid)).dot(&x) - squares * scale * z.sum()
}

#[test]
fn products_with_several_matrices_agree() {
    in_scalars(Matrices::new(matrix(0.6), matrix(-0.3), 0.8).unwrap());
}

#[control]
fn linear_last(
    z: &SVector<f64, 5>,
    w: &SMatrix<f64, 3, 5>,
    u: &SVector<f64, 3>,
    v: &SVector<f64, 5>,
    scale: f64,
) -> f64 {
    // On the backward pass, w has outer products with arrays that all samples share, on either side.
    let total = z.iter().map(|z| z.tanh()).sum::<f64>();
    u.dot(&(w * z.map(f64::tanh))) * scale + (w * v * total).sum()
}

#[test]
fn outer_products_with_what_all_samples_share_agree() {
    in_scalars(LinearLast::new(matrix(0.6), from(0.4), from(-0.7), 0.8).unwrap());
}

#[control]
fn bottleneck(
    z: &SVector<f64, 5>,
    row: &SMatrix<f64, 1, 5>,
    one: SMatrix<f64, 1, 1>,
    column: &SMatrix<f64, 4, 1>,
    last: &SVector<f64, 4>,
) -> f64 {
    let h = (one * (row * z).map(f64::tanh)).map(f64::tanh);
    last.dot(&(column * h).map(f64::tanh))
}

#[test]
fn matrices_of_one_row_or_column_agree() {
    let control = Bottleneck::new(matrix(0.6), matrix(0.9), matrix(-0.8), from(0.5)).unwrap();
    in_scalars(control);
}

#[control]
fn without_z(z: &[f64; 5], a: f64, b: &[f64; 5]) -> f64 {
    a * b.iter().map(|b| b.exp()).sum::<f64>()
}

#[control]
fn without_parameters(z: &[f64; 5]) -> f64 {
    z.iter().map(|z| z.tanh()).sum::<f64>()
}

#[test]
fn a_control_may_depend_on_one_of_z_and_parameters_alone() {
    in_scalars(WithoutZ::new(0.3, [0.1, -0.4, 0.0, 0.2, 0.3]).unwrap());
    in_scalars(WithoutParameters);
}
