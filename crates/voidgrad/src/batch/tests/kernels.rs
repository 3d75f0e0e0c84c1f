//! Kernels of controls that the library does not have, against the estimator on the same noise.

use nalgebra::{SMatrix, SVector};
use voidgrad_macros::control;
use voidgrad_real::{relu, sigmoid, softplus};

use super::*;
use crate::kernel::Kernel;
#[cfg(feature = "lanes")]
use crate::kernel::chunk::fused_at;
use crate::kernel::chunk::fused_in_scalars;
#[cfg(feature = "lanes")]
use crate::lanes::At;

const THETAS: [&[f64]; 4] = [&[0.3], &[0.999], &[0.1, 0.5, 0.7], &[0.4; 19]];

/// One sample, one less and one more than the lanes and the blocks.
const SAMPLES: [u64; 7] = [1, 15, 16, 17, 255, 256, 257];

/// [`SAMPLES`], and if that is not much work, more than a chunk of 4,096 numbers.
fn samples(variables: usize, parameters: usize) -> impl Iterator<Item = u64> {
    SAMPLES.into_iter().chain((variables <= 5 && parameters < 500).then_some(4_097))
}

/// How far a kernel may be from the estimator, in double and single precision. Adding 4,097 terms up one after the other loses up
/// to a quarter of a unit a term, and a ĝ that is small because f and c cancel has lost as much where |z| is 7 or more.
pub(super) const UNITS: [f64; 2] = [4_096.0, 4_096.0];

/// The largest difference of two sums: of a part of `∂/∂φ Σĝ²`, whose terms may cancel or vanish, against `Σĝ²` where that is
/// larger, and of any other against the largest entry of its kind.
pub(super) fn difference(reference: &Sums, found: &Sums) -> f64 {
    let largest = |a: &[f64]| a.iter().fold(f64::MIN_POSITIVE, |largest: f64, x| largest.max(x.abs()));
    let apart = |a: &[f64], b: &[f64], scale: f64| {
        let part = |(a, b): (&f64, &f64)| (a - b).abs() / scale;
        // The larger one of a number and a NaN is the number.
        a.iter()
            .zip(b)
            .map(part)
            .map(|part| if part.is_nan() { f64::INFINITY } else { part })
            .fold(0.0, f64::max)
    };
    assert_eq!(reference.samples, found.samples);
    let square = largest(&reference.square);
    let slope = largest(&reference.variance_gradient).max(square);
    // Σĝ cancels, but not below a standard error.
    let gradient = largest(&reference.gradient).max(square.sqrt());
    [
        apart(&[reference.f], &[found.f], largest(&[reference.f])),
        apart(&reference.gradient, &found.gradient, gradient),
        apart(&reference.square, &found.square, square),
        apart(&reference.variance_gradient, &found.variance_gradient, slope),
    ]
    .into_iter()
    .fold(0.0, f64::max)
}

/// Compares for all θ and numbers of samples; the bounds are in units of the last place of the precision of the lanes.
#[track_caller]
fn agrees<C: BatchControl + Sync>(control: C, bounds: [f64; 2]) {
    agrees_at(&THETAS, control, bounds);
}

/// [`agrees`] for other θ.
#[track_caller]
pub(super) fn agrees_at<C: BatchControl + Sync>(thetas: &[&[f64]], control: C, [double, single]: [f64; 2]) {
    let control = slowly(control);
    let both = [Instructions::Best, Instructions::Scalar];
    let double = compare(thetas, &control, &control.0, (Precision::Double, double), &both);
    let single = compare(thetas, &control, &control.0, (Precision::Single, single), &both);
    let failures: Vec<String> = double.into_iter().chain(single).collect();
    assert!(failures.is_empty(), "{}", failures.join("; "));
}

/// In `f64`, one number at a time. What `#[control]` writes is one text for all lanes, so a control that shows a form of it is compiled once; the
/// lanes, and the loop around it, are those of the controls that go through [`agrees`].
#[track_caller]
fn in_scalars<C: Kernel + Control + Clone + Sync>(control: C) {
    let slow = slowly(control.clone());
    let scalar = Through(control, |control, chunk| {
        assert!(fused_in_scalars(control, chunk), "the kernel gives up");
        true
    });
    let found = compare(&THETAS, &slow, &scalar, (Precision::Double, UNITS[0]), &[Instructions::Scalar]);
    assert_eq!(found, None);
}

/// What is wrong if a control differs from the same control one sample after the other by more than a bound in units of the last place.
pub(super) fn compare(
    thetas: &[&[f64]],
    slow: &(dyn BatchControl + Sync),
    quick: &(dyn BatchControl + Sync),
    (precision, bound): (Precision, f64),
    instructions: &[Instructions],
) -> Option<String> {
    let unit = if precision == Precision::Double { f64::EPSILON } else { f64::from(f32::EPSILON) };
    let mut worst = (0.0, String::new());
    for (theta, samples) in thetas
        .iter()
        .flat_map(|theta| samples(theta.len(), slow.parameters()).map(move |samples| (theta, samples)))
    {
        let options = Options { precision, ..Options::new(samples, 8) };
        let reference = sums(theta, slow, &options);
        for &instructions in instructions {
            let found = sums(theta, quick, &Options { instructions, ..options });
            let error = difference(&reference, &found) / unit;
            if error > worst.0 {
                worst = (error, format!("θ = {theta:?}, {samples} samples, {instructions:?}"));
            }
        }
    }
    let (error, place) = worst;
    (error > bound).then(|| format!("{precision:?}: {error:.0} units at {place}"))
}

pub(super) fn from<const N: usize>(first: f64) -> SVector<f64, N> {
    SVector::from_fn(|i, _| first * (i as f64 + 0.7) * if i % 2 == 0 { 1.0 } else { -0.6 })
}

#[control]
fn tanh_network(z: f64, w1: SVector<f64, 4>, b1: SVector<f64, 4>, w2: SVector<f64, 4>, b2: f64) -> f64 {
    w2.dot(&(w1 * z + b1).map(f64::tanh)) + b2
}

#[test]
fn a_network_of_tanh_agrees() {
    in_scalars(TanhNetwork::new(from(0.3), from(-0.2), from(0.4), 0.1).unwrap());
}

// A debug build has no AVX-512, whose loops take pairs of vectors.
#[cfg(feature = "lanes")]
#[test]
fn it_does_with_the_widest_lanes_of_the_machine() {
    const { assert!(TanhNetwork::PAIRS) };
    let control = TanhNetwork::new(from(0.3), from(-0.2), from(0.4), 0.1).unwrap();
    let slow = slowly(control.clone());
    let wide = Through(control, |control, chunk| {
        assert!(fused_at(control, chunk, At::all()[0]), "the kernel gives up");
        true
    });
    assert_eq!(compare(&THETAS, &slow, &wide, (Precision::Double, UNITS[0]), &[Instructions::Best]), None);
}

/// The last weights come first.
#[control]
fn relu_network(
    z: f64,
    w3: SVector<f64, 2>,
    b3: f64,
    w2: SMatrix<f64, 2, 3>,
    b2: SVector<f64, 2>,
    w1: SVector<f64, 3>,
    b1: SVector<f64, 3>,
) -> f64 {
    let h1 = (w1 * z + b1).map(relu);
    let h2 = (w2 * h1 + b2).map(relu);
    w3.dot(&h2) + b3
}

#[test]
fn two_layers_of_relu_agree() {
    let w2 = SMatrix::from_fn(|i, j| 0.4 - 0.3 * i as f64 + 0.2 * j as f64);
    in_scalars(ReluNetwork::new(from(0.8), -0.2, w2, from(0.3), from(0.5), from(0.2)).unwrap());
}

/// One unit a layer, the last weight first: its sum is a combination of those behind it, of which some are combinations too.
#[control]
fn linear_chain(z: f64, w3: f64, w2: f64, b2: f64, w1: f64, b1: f64) -> f64 {
    w3 * (w2 * (w1 * z + b1) + b2 * z.sin())
}

#[test]
fn combinations_beside_combinations_agree() {
    in_scalars(LinearChain::new(0.8, 0.6, -0.1, 0.7, 0.3).unwrap());
}

/// A vector that is kept positive, branches on z and on data, functions and quotients of z, parameters that ∂c/∂z does not take,
/// and one that nothing takes.
#[control(positive(lambda), data(threshold, is_even))]
fn formulas(
    z: f64,
    lambda: SVector<f64, 3>,
    weight: [f64; 3],
    slope: f64,
    offset: f64,
    unused: f64,
    threshold: f64,
    is_even: bool,
) -> f64 {
    let mut sum = offset + 0.0 * unused;
    for i in 0..3 {
        sum += weight[i] * sigmoid((z - threshold) / lambda[i]);
    }
    let s = z / lambda[0];
    let side = if z > threshold {
        slope * s.powi(3) / (1.0 + s * s)
    } else if z < -2.0 * threshold && is_even {
        weight[0] * (slope * z).exp() + weight[1] * (1.0 + s.powi(2)).ln()
    } else {
        // NaN and infinite where it is not taken.
        weight[2] * (threshold - z).sqrt().min(1.0 / (threshold - z))
    };
    let smooth = softplus(s) * slope + weight[1] * (slope * slope + s * s).sqrt();
    if is_even { sum + side - smooth } else { sum - side }
}

#[test]
fn formulas_of_z_agree() {
    let lambda = SVector::from([0.8, 1.3, 2.1]);
    for is_even in [true, false] {
        agrees(Formulas::new(lambda, [0.5, -0.7, 0.2], 0.4, 0.3, 3.0, 0.25, is_even).unwrap(), UNITS);
    }
}

/// Parameters and values with the names of what the kernel is written with, and values with those of parameters.
#[control(positive(shared), data(anchor))]
fn names(
    z: f64,
    shared: f64,
    scalar: f64,
    values: f64,
    numbers: f64,
    phi_bar: [f64; 2],
    anchor: [f64; 2],
) -> f64 {
    let values = values * values + scalar;
    let z_tilde = sigmoid(z / shared) * values;
    let shared = shared * shared * numbers;
    let z = z * shared;
    let residuals = phi_bar[0] * z_tilde + phi_bar[1] * z.tanh();
    let numbers = residuals * values + anchor[0] * z;
    let c_bar = numbers * residuals + 0.3 * shared;
    c_bar + anchor[1] * sigmoid(z * shared)
}

#[test]
fn names_that_the_kernel_takes_agree() {
    in_scalars(Names::new(0.7, 0.4, -0.3, 0.6, [0.2, 0.9], [-0.5, 0.8]).unwrap());
}

#[test]
fn a_control_that_is_switched_off_and_extreme_temperatures_agree() {
    agrees(Rebar::new(0.0, 0.4, TARGET).unwrap(), UNITS);
    agrees(Rebar::new(0.7, 1e3, TARGET).unwrap(), UNITS);
    // Where σ' is not 0, |z| is below 40·λ, and an error of ε in z is one of 1/λ units in z/λ.
    agrees(Rebar::new(0.7, 1e-3, TARGET).unwrap(), UNITS.map(|units| 4.0 * units));
}

/// As it is written, no product overflows, forwards or backwards; the kernel multiplies what all samples share first.
#[control(data(tiny, huge, vast))]
fn products(z: f64, height: f64, tiny: f64, huge: f64, vast: f64) -> f64 {
    huge * (tiny * (vast * (height * z)))
}

#[test]
fn a_product_that_overflows_in_the_kernel_alone_is_estimated_one_by_one() {
    let control = slowly(Products::new(0.7, 1e-300, 1e200, 1e110).unwrap());
    let scalar = Through(control.0.clone(), |control, chunk| {
        assert!(!fused_in_scalars(control, chunk), "the kernel goes on");
        false
    });
    let numbers = Kernel::numbers::<f64>(&control.0);
    let (c_z, _, ()) = <Products as Kernel>::forward(&numbers, 1.0_f64, 1.0);
    assert!(!c_z.is_finite(), "the kernel does not overflow, {c_z}");
    for theta in THETAS {
        // The second chunk is as the first: whatever was added up before has been forgotten.
        let options = Options::new(4_097, 8);
        assert_eq!(sums(theta, &control, &options), sums(theta, &scalar, &options));
    }
}

#[test]
fn a_gradient_that_overflows_as_it_is_written_is_an_error() {
    let control = slowly(Products::new(0.7, 1e10, 1e200, 1e110).unwrap());
    let bernoulli = Bernoulli::from_logits(&[0.3]).unwrap();
    let options = Options::new(100, 1);
    let error = Batch::new().estimate(&bernoulli, &|_: &[f64]| 1.0, &control, &options).unwrap_err();
    assert!(matches!(error, EstimateError::Gradient { .. }), "{error}");
}
