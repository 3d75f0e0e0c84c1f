use nalgebra::{DMatrix, DVector, DVectorView};
use rayon::ThreadPoolBuilder;
use voidgrad_macros::control;
use voidgrad_real::sigmoid;

use super::Draws;
use crate::control::{BatchControl, Control, OfExample};
use crate::controls::{Rebar, RelaxLinear, Sum};
use crate::error::ShapeMismatch;
use crate::estimators::Estimate;
use crate::kernel::{Along, Examples, Given};
use crate::lanes::Float;
use crate::noise::Noise;

/// A relaxed linear decoder and a network of the example, with lengths that the run knows.
#[control(positive(lambda), each(x), data(w))]
fn code(
    z: &DVector<f64>,
    x: &DVector<f64>,
    w: &DMatrix<f64>,
    eta: f64,
    lambda: f64,
    of_x: &DMatrix<f64>,
    of_z: &DMatrix<f64>,
    last: &DVector<f64>,
    shift: f64,
) -> f64 {
    let b = z.map(|z| sigmoid(z / lambda));
    let error = w * &b - x;
    let hidden = (of_x * x + of_z * b.map(|b| 2.0 * b - 1.0)).map(f64::tanh);
    eta * error.dot(&error) + last.dot(&hidden) + shift
}

/// A control of one z and one number of the example.
#[control(positive(scale), each(x))]
fn step(z: f64, x: f64, slope: f64, scale: f64) -> f64 {
    slope * x * sigmoid(z / scale) + x * slope
}

/// Numbers that look drawn.
fn numbers(count: usize, seed: f64) -> Vec<f64> {
    (0..count).map(|i| ((i as f64 + 1.0) * 1.7 + seed).sin()).collect()
}

const M: usize = 3;
const PIXELS: usize = 5;
const UNITS: usize = 7;

fn code_of(examples: usize) -> Code {
    let matrix =
        |rows, columns, seed| DMatrix::from_column_slice(rows, columns, &numbers(rows * columns, seed));
    let vector = |length, seed| DVector::from(numbers(length, seed));
    let (of_x, of_z) = (matrix(UNITS, PIXELS, 0.2), matrix(UNITS, M, 0.3));
    let mut control =
        Code::new(matrix(PIXELS, M, 0.1), 0.8, 0.6, of_x, of_z, vector(UNITS, 0.4), -0.3).unwrap();
    control.set_x(&numbers(examples * PIXELS, 0.5)).unwrap();
    control
}

fn step_of(examples: usize) -> Step {
    let mut control = Step::new(0.7, 0.5).unwrap();
    control.set_x(&numbers(examples, 0.5)).unwrap();
    control
}

/// The memory of some draws.
struct Drawn<T> {
    logits: Vec<T>,
    b: Vec<T>,
    f: Vec<T>,
    noise: Vec<f64>,
}

impl<T: Float> Drawn<T> {
    fn new(examples: usize, variables: usize) -> Self {
        let of = |numbers: Vec<f64>| -> Vec<T> {
            numbers.iter().map(|number| T::default().constant(*number)).collect()
        };
        let count = examples * variables;
        let logits = of(numbers(count, 0.6));
        let noise: Vec<f64> = numbers(2 * count, 0.7).iter().map(|x| 0.5 + 0.49 * x).collect();
        let is_one = |i: usize| {
            let u = noise[2 * variables * (i / variables) + i % variables];
            Into::<f64>::into(logits[i]) + (u / (1.0 - u)).ln() >= 0.0
        };
        let b = of((0..count).map(|i| f64::from(u8::from(is_one(i)))).collect());
        Self { logits, b, f: of(numbers(examples, 0.8)), noise }
    }

    fn draws(&self) -> Draws<'_, T> {
        Draws::new(&self.logits, &self.b, &self.f, &self.noise)
    }

    /// The estimate of an example, made alone.
    fn estimate(&self, n: usize, control: &(impl Control + ?Sized)) -> Estimate {
        let variables = self.logits.len() / self.f.len();
        let wide = |numbers: &[T]| -> Vec<f64> {
            numbers[n * variables..][..variables].iter().map(|number| (*number).into()).collect()
        };
        let (u, v) = self.noise[2 * n * variables..][..2 * variables].split_at(variables);
        let mut estimate = Estimate::new(variables);
        let (logits, b, f, noise) =
            (wide(&self.logits), wide(&self.b), self.f[n].into(), Noise::new(u, v).unwrap());
        estimate.redraw(&logits, &b, f, noise);
        estimate.combine(control);
        estimate
    }
}

/// Whether numbers are near; every entry is a sum of products of numbers near `scale` and 1.
#[track_caller]
fn close(what: &str, found: &[f64], expected: &[f64], (tolerance, scale): (f64, f64)) {
    assert_eq!(found.len(), expected.len());
    for (i, (found, expected)) in found.iter().zip(expected).enumerate() {
        let error = (found - expected).abs();
        assert!(error <= tolerance * (scale + expected.abs()), "{what}, entry {i}: {found}, not {expected}");
    }
}

/// The three operations against the Jacobian of each example, which is made of `∂c/∂φ` and `∂²c/∂z∂φ`.
#[track_caller]
fn are_those_of_the_jacobian<T: Float>(
    control: &(impl BatchControl + Sync),
    (examples, variables): (usize, usize),
    tolerance: f64,
) {
    let drawn = Drawn::<T>::new(examples, variables);
    let (count, parameters) = (examples * variables, control.parameters());
    let (phi_dot, w) = (numbers(parameters, 0.9), numbers(count, 1.0));
    let draws = drawn.draws();
    let (mut gradient, mut gradient_dot, mut phi_bar) =
        (vec![f64::NAN; count], vec![f64::NAN; count], vec![f64::NAN; parameters]);
    draws.estimates(control, &mut gradient);
    draws.along(control, &phi_dot, &mut gradient_dot);
    draws.transposed(control, &w, &mut phi_bar);
    let (mut expected, mut expected_dot, mut expected_bar) =
        (Vec::new(), Vec::new(), DVector::zeros(parameters));
    for n in 0..examples {
        let own = OfExample::new(control, n);
        let estimate = drawn.estimate(n, &own);
        let jacobian = estimate.jacobian(&own);
        expected.extend_from_slice(estimate.gradient.as_slice());
        expected_dot.extend_from_slice((&jacobian * DVector::from(phi_dot.clone())).as_slice());
        expected_bar += jacobian.tr_mul(&DVector::from(w[n * variables..][..variables].to_vec()));
    }
    close("ĝ", &gradient, &expected, (tolerance, 1.0));
    close("Jφ̇", &gradient_dot, &expected_dot, (tolerance, 1.0));
    close("Jᵀw", &phi_bar, expected_bar.as_slice(), (tolerance, examples as f64));
    // ⟨w, Jφ̇⟩ = ⟨Jᵀw, φ̇⟩.
    let dot = |x: &[f64], y: &[f64]| x.iter().zip(y).map(|(x, y)| x * y).sum::<f64>();
    close("⟨w, Jφ̇⟩", &[dot(&w, &gradient_dot)], &[dot(&phi_bar, &phi_dot)], (tolerance, count as f64));
}

/// Each entry is a sum of some hundred products of numbers of size 1 (their derivatives by λ are some times as large), in another order and with another `exp`: a thousand
/// units in the last place.
const DOUBLE: f64 = 4e-13;
const SINGLE: f64 = 2e-4;

#[test]
fn products_on_lanes_are_those_of_the_jacobian_of_each_example() {
    for examples in [1, 7, 64, 65, 150] {
        are_those_of_the_jacobian::<f64>(&code_of(examples), (examples, M), DOUBLE);
        are_those_of_the_jacobian::<f32>(&code_of(examples), (examples, M), SINGLE);
    }
    are_those_of_the_jacobian::<f64>(&step_of(37), (37, 1), DOUBLE);
    are_those_of_the_jacobian::<f32>(&step_of(37), (37, 1), SINGLE);
}

/// A control with the methods that a trait by hand must have, and no more.
struct Required(RelaxLinear);

impl Control for Required {
    fn parameters(&self) -> usize {
        self.0.parameters()
    }

    fn phi(&self) -> DVector<f64> {
        self.0.phi()
    }

    fn set_phi(&mut self, phi: DVectorView<'_, f64>) -> Result<(), ShapeMismatch> {
        self.0.set_phi(phi)
    }

    fn named(&self) -> Vec<(String, f64)> {
        self.0.named()
    }

    fn value(&self, z: &[f64]) -> f64 {
        self.0.value(z)
    }

    fn value_and_d_z(&self, z: &[f64], c_z: &mut [f64]) -> f64 {
        self.0.value_and_d_z(z, c_z)
    }

    fn d_phi(&self, z: &[f64], c_phi: &mut [f64]) {
        self.0.d_phi(z, c_phi);
    }

    fn d_z_d_phi(&self, z: &[f64], c_z_phi: &mut DMatrix<f64>) {
        self.0.d_z_d_phi(z, c_z_phi);
    }

    fn vjp_jvp(&self, z: &[f64], z_dot: &[f64], c_bar: f64, phi_bar: &mut [f64]) {
        self.0.vjp_jvp(z, z_dot, c_bar, phi_bar);
    }
}

impl BatchControl for Required {}

#[test]
fn so_are_those_of_a_control_without_a_kernel_for_plates() {
    let relax = RelaxLinear::draw(0.6, 0.45, &mut crate::noise::Stream::new(8, 0, 0)).unwrap();
    are_those_of_the_jacobian::<f64>(&Required(relax.clone()), (20, M), DOUBLE);
    assert_eq!(Required(relax.clone()).linear(), []);
    let sum = Sum::new(Rebar::new(0.8, 0.5, 0.4).unwrap(), relax);
    are_those_of_the_jacobian::<f64>(&sum, (37, M), DOUBLE);
    // f32 are what is told; what is computed is f64.
    are_those_of_the_jacobian::<f32>(&sum, (37, M), DOUBLE);
    are_those_of_the_jacobian::<f64>(
        &Sum::new(code_of(20), Rebar::new(0.8, 0.5, 0.4).unwrap()),
        (20, M),
        DOUBLE,
    );
}

#[test]
fn lanes_compute_what_they_can() {
    let (control, drawn) = (code_of(20), Drawn::<f64>::new(20, M));
    let (told, noise) = ([&drawn.logits[..], &drawn.b, &drawn.f], (&drawn.noise[..], Given::Sample));
    let (mut own, mut phi_bar) = (vec![0.0; 20 * M], vec![0.0; control.parameters()]);
    let phi_dot = numbers(control.parameters(), 0.9);
    assert!(control.plate(&mut Examples::estimates(told, noise, &mut own)));
    assert!(control.plate(&mut Examples::transposed(told, noise, &drawn.f.repeat(M), &mut phi_bar)));
    assert!(control.plate_along(&mut Along::new([told[0], told[1]], noise, &phi_dot, &mut own)));
    // A logit that lanes do not compute with is answered one by one.
    let mut far = Drawn::<f64>::new(20, M);
    (far.logits[4], far.b[4]) = (700.0, 1.0);
    assert!(!control.plate_along(&mut Along::new([&far.logits, &far.b], noise, &phi_dot, &mut own)));
    far.draws().along(&control, &phi_dot, &mut own);
    let example = control.of_example(1).unwrap();
    let expected = far.estimate(1, &example).jacobian(&example) * DVector::from(phi_dot);
    close("Jφ̇", &own[M..2 * M], expected.as_slice(), (DOUBLE, 1.0));
}

/// Central differences at 1e-5: truncation 1e-10 and rounding 1e-11, each times a third derivative of up to 100.
#[test]
fn the_derivative_along_a_direction_is_a_difference_of_estimates() {
    const STEP: f64 = 1e-5;
    let (mut control, drawn) = (code_of(30), Drawn::<f64>::new(30, M));
    let (phi, phi_dot) = (control.phi(), DVector::from(numbers(control.parameters(), 0.9)));
    let mut found = vec![0.0; 30 * M];
    drawn.draws().along(&control, phi_dot.as_slice(), &mut found);
    let mut at = |step: f64| {
        control.set_phi((&phi + step * &phi_dot).as_view()).unwrap();
        let mut gradient = vec![0.0; 30 * M];
        drawn.draws().estimates(&control, &mut gradient);
        DVector::from(gradient)
    };
    let difference = (at(STEP) - at(-STEP)) / (2.0 * STEP);
    close("Jφ̇", &found, difference.as_slice(), (1e-8, 1.0));
}

#[test]
fn bits_are_the_same_for_every_number_of_threads() {
    let drawn = Drawn::<f64>::new(150, M);
    let sum = Sum::new(code_of(150), Rebar::new(0.8, 0.5, 0.4).unwrap());
    let all = |control: &(dyn BatchControl + Sync), threads: usize| {
        let pool = ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let (mut gradient, mut gradient_dot) = (vec![0.0; 150 * M], vec![0.0; 150 * M]);
        let mut phi_bar = vec![0.0; control.parameters()];
        pool.install(|| {
            drawn.draws().estimates(control, &mut gradient);
            drawn.draws().along(control, &numbers(control.parameters(), 0.9), &mut gradient_dot);
            drawn.draws().transposed(control, &numbers(150 * M, 1.0), &mut phi_bar);
        });
        [gradient, gradient_dot, phi_bar].concat()
    };
    for control in [&code_of(150) as &(dyn BatchControl + Sync), &sum] {
        let alone = all(control, 1);
        for threads in [2, 3] {
            assert_eq!(all(control, threads), alone);
        }
    }
}

#[test]
fn no_example_has_no_derivatives() {
    let mut phi_bar = vec![1.0; 2];
    let draws = Draws::<f64>::new(&[], &[], &[], &[]);
    draws.estimates(&step_of(0), &mut []);
    draws.along(&step_of(0), &[1.0, 1.0], &mut []);
    draws.transposed(&step_of(0), &[], &mut phi_bar);
    assert_eq!(phi_bar, [0.0; 2]);
}
