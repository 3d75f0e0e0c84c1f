//! What `#[control]` makes of a function: the flat φ, its names, and derivatives with respect to it.

use voidgrad::controls::{Rebar, RelaxLinear, Zero};
use voidgrad::error::{EstimateError, ShapeMismatch};
use voidgrad::nalgebra::{DMatrix, DVector};
use voidgrad::nalgebra::{SMatrix, SVector};
use voidgrad::toy::MeanQuadratic;
use voidgrad::train::{Settings, Step, TrainError};
use voidgrad::variance::{self, VarianceError};
use voidgrad::{Bernoulli, Control, Noise, Stream, control, estimate, sigmoid, train};

/// A control of three coordinates together.
#[control(positive(lambda), data(shift))]
fn array(z: [f64; 3], weights: [f64; 3], lambda: f64, shift: f64) -> f64 {
    let s = sigmoid((z[0] - z[1]) / lambda);
    weights[0] * s + weights[1] * z[2].tanh() + weights[2] * (z[1] * z[2] / lambda + shift).sin()
}

/// The same kind of control with nalgebra's vectors and a matrix.
#[control(positive(scale))]
fn layered(z: SVector<f64, 2>, w: SMatrix<f64, 3, 2>, scale: f64, v: SVector<f64, 3>, b: f64) -> f64 {
    let h = (w * z).map(f64::tanh);
    scale.powf(1.5) * v.dot(&h) + b * z[0] * scale
}

fn array_control() -> Array {
    Array::new([0.4, -1.2, 0.7], 0.8, 0.3).unwrap()
}

fn layered_control() -> Layered {
    let w = SMatrix::from_column_slice(&[0.5, -0.3, 0.8, 0.1, 0.9, -0.6]);
    Layered::new(w, 0.5, SVector::from([0.2, 1.5, -2.5]), -0.7).unwrap()
}

fn relax_linear() -> RelaxLinear {
    RelaxLinear::draw(0.6, 0.45, &mut Stream::new(8, 0, 0)).unwrap()
}

/// Central differences at 1e-5: truncation 1e-10, rounding 1e-11, each times a derivative of up to 100.
const DIFFERENCES: f64 = 1e-8;
const STEP: f64 = 1e-5;
const ROUNDING: f64 = 1e-13;

#[track_caller]
fn close(what: &str, found: f64, expected: f64, tolerance: f64) {
    let error = (found - expected).abs();
    assert!(error <= tolerance * (1.0 + expected.abs()), "{what}: {found:e}, expected {expected:e}");
}

fn slopes(control: &impl Control, z: &[f64]) -> DVector<f64> {
    let mut c_z = vec![f64::NAN; z.len()];
    control.value_and_d_z(z, &mut c_z);
    DVector::from(c_z)
}

/// Holds all derivatives of the trait against differences, those by φ through `set_phi`.
#[track_caller]
pub(crate) fn is_consistent<C: Control + Clone>(control: &C, z: &[f64]) {
    let columns = control.parameters();
    let c_z = slopes(control, z);
    let (mut c_phi, mut c_z_phi) =
        (vec![f64::NAN; columns], DMatrix::from_element(z.len(), columns, f64::NAN));
    control.d_phi(z, &mut c_phi);
    control.d_z_d_phi(z, &mut c_z_phi);
    let mut scratch = vec![0.0; z.len()];
    close("the value", control.value_and_d_z(z, &mut scratch), control.value(z), ROUNDING);
    for m in 0..z.len() {
        let at = |offset: f64| {
            let mut z = z.to_vec();
            z[m] += offset;
            control.value(&z)
        };
        close(&format!("∂c/∂z{m}"), c_z[m], (at(STEP) - at(-STEP)) / (2.0 * STEP), DIFFERENCES);
    }
    for n in 0..columns {
        let at = |offset: f64| {
            let mut phi = control.phi();
            phi[n] += offset;
            let mut moved = control.clone();
            moved.set_phi(phi.as_view()).unwrap();
            moved
        };
        let (up, down) = (at(STEP), at(-STEP));
        let difference = (up.value(z) - down.value(z)) / (2.0 * STEP);
        close(&format!("∂c/∂φ{n}"), c_phi[n], difference, DIFFERENCES);
        let difference = (slopes(&up, z) - slopes(&down, z)) / (2.0 * STEP);
        for m in 0..z.len() {
            close(&format!("∂²c/∂z{m}∂φ{n}"), c_z_phi[(m, n)], difference[m], DIFFERENCES);
        }
    }
    // c̄·∂c/∂φ + ∂/∂φ (∂c/∂z · ż), added to what is there.
    let z_dot: Vec<f64> = (0..z.len()).map(|m| 0.3 + 0.5 * m as f64).collect();
    let mut product = vec![10.0; columns];
    control.vjp_jvp(z, &z_dot, -1.3, &mut product);
    let c_phi = DVector::from(c_phi);
    let expected = c_z_phi.tr_mul(&DVector::from(z_dot)) - 1.3 * &c_phi;
    for n in 0..columns {
        close(&format!("vjp_jvp, entry {n}"), product[n], 10.0 + expected[n], ROUNDING);
    }
    let phi_dot: Vec<f64> = (0..columns).map(|n| 0.4 - 0.1 * n as f64).collect();
    let mut c_z_dot = vec![f64::NAN; z.len()];
    let c_dot = control.along_phi(z, &phi_dot, &mut c_z_dot);
    let phi_dot = DVector::from(phi_dot);
    close("∂c/∂φ·φ̇", c_dot, c_phi.dot(&phi_dot), ROUNDING);
    let expected = c_z_phi * phi_dot;
    for m in 0..z.len() {
        close(&format!("∂²c/∂z{m}∂φ·φ̇"), c_z_dot[m], expected[m], ROUNDING);
    }
}

#[test]
fn derivatives_are_those_by_the_flat_phi() {
    is_consistent(&Zero, &[0.3, -1.2]);
    for z in [&[0.7][..], &[-1.3, 0.2, 2.9]] {
        is_consistent(&Rebar::new(0.8, 0.4, 0.45).unwrap(), z);
        is_consistent(&relax_linear(), z);
    }
    is_consistent(&array_control(), &[0.3, -0.8, 1.1]);
    is_consistent(&layered_control(), &[0.4, -1.7]);
}

/// Names that the generated methods use themselves.
#[control(positive(c_z), data(target))]
fn named(x: f64, phi: f64, c_z: f64, z: f64, target: f64) -> f64 {
    phi * (x / c_z + z * target).tanh()
}

#[allow(clippy::single_range_in_vec_init)] // a list of ranges is what is meant
#[test]
fn parameters_may_be_called_as_a_method_calls_its_arguments() {
    let control = Named::new(0.7, 0.4, -1.2, 0.3).unwrap();
    is_consistent(&control, &[0.2]);
    is_consistent(&control, &[0.2, -0.9]);
    assert_eq!(control.linear(), [0..1]);
}

/// Half of it for each side of a kink that moves with `at`.
#[control(data(of_left))]
fn kinked(
    z: SVector<f64, 2>,
    at: f64,
    left: SVector<f64, 2>,
    right: SVector<f64, 2>,
    mix: f64,
    of_left: bool,
) -> f64 {
    let chosen = if of_left { left } else { right };
    let side = if z[0] > at { chosen.dot(&z) } else { 0.5 * right.dot(&z) };
    side + mix * z[1].tanh() * left[0] + mix
}

#[allow(clippy::single_range_in_vec_init)] // a list of ranges is what is meant
#[test]
fn the_largest_set_of_parameters_that_are_linear_together_is_found() {
    assert_eq!(array_control().linear(), [0..3]);
    assert_eq!(layered_control().linear(), [7..10, 10..11]);
    // A condition reads `at`, and `mix` is multiplied with `left`, which is larger.
    let (left, right) = (SVector::from([0.3, -0.8]), SVector::from([1.1, 0.4]));
    let control = Kinked::new(0.1, left, right, 0.6, true).unwrap();
    assert_eq!(control.linear(), [1..3, 3..5]);
    is_consistent(&control, &[0.3, -0.8]);
    let boxed: Box<dyn Control> = Box::new(control);
    assert_eq!(boxed.linear(), [1..3, 3..5]);
}

#[test]
fn phi_is_in_the_order_of_declaration_and_positive_parameters_are_logarithms() {
    assert_eq!(Rebar::new(0.8, 0.4, 0.45).unwrap().phi(), DVector::from(vec![0.8, 0.4_f64.ln()]));
    assert_eq!(array_control().phi(), DVector::from(vec![0.4, -1.2, 0.7, 0.8_f64.ln()]));
    // A matrix stands in φ by its columns.
    let entries = [0.5, -0.3, 0.8, 0.1, 0.9, -0.6, 0.5_f64.ln(), 0.2, 1.5, -2.5, -0.7];
    assert_eq!(layered_control().phi(), DVector::from(entries.to_vec()));
}

#[test]
fn names_are_those_of_the_formula() {
    let names = |control: &dyn Control| control.named().into_iter().map(|(name, _)| name).collect::<Vec<_>>();
    assert_eq!(names(&array_control()), ["weights[0]", "weights[1]", "weights[2]", "lambda"]);
    let layered =
        ["w[0,0]", "w[1,0]", "w[2,0]", "w[0,1]", "w[1,1]", "w[2,1]", "scale", "v[0]", "v[1]", "v[2]", "b"];
    assert_eq!(names(&layered_control()), layered);
    // λ itself, not its logarithm; data is no parameter.
    assert_eq!(array_control().named()[3], ("lambda".to_owned(), 0.8));
    assert_eq!((array_control().shift(), array_control().parameters()), (0.3, 4));
    assert!(names(&Zero).is_empty());
}

#[test]
fn phi_can_be_set_and_read_back() {
    let mut control = layered_control();
    let phi = DVector::from_fn(11, |n, _| 0.1 * n as f64 - 0.4);
    control.set_phi(phi.as_view()).unwrap();
    assert!((control.phi() - &phi).amax() < ROUNDING);
    assert_eq!((control.w()[(1, 1)], control.v()[2], control.b()), (phi[4], phi[9], phi[10]));
    close("the scale", control.scale(), phi[6].exp(), ROUNDING);
}

#[test]
fn no_step_makes_a_positive_parameter_anything_else() {
    let mut control = Rebar::new(1.0, 0.5, 0.45).unwrap();
    for logarithm in [-1e6, -746.0, 710.0, 1e6] {
        control.set_phi(DVector::from(vec![1.0, logarithm]).as_view()).unwrap();
        assert!(control.lambda() > 0.0 && control.lambda().is_finite(), "ln λ = {logarithm}");
    }
}

#[test]
fn a_phi_of_another_length_is_refused_and_changes_nothing() {
    for length in [0, 1, 3, 47] {
        let mut control = Rebar::new(0.8, 0.4, 0.45).unwrap();
        let error = control.set_phi(DVector::from_element(length, 7.0).as_view()).unwrap_err();
        assert_eq!(error, ShapeMismatch { name: "phi", found: length, expected: 2 });
        assert_eq!(control, Rebar::new(0.8, 0.4, 0.45).unwrap());
    }
    let error = Zero.set_phi(DVector::from_element(1, 7.0).as_view()).unwrap_err();
    assert_eq!(error.to_string(), "phi has 1 entries where 0 are needed");
}

#[test]
fn a_control_of_one_z_is_its_mean_over_the_coordinates() {
    let z = [-2.0, 0.3, 0.9, 4.0];
    let control = relax_linear();
    let columns = control.parameters();
    let mut expected = (0.0, DVector::zeros(columns));
    for (m, &z_m) in z.iter().enumerate() {
        let mut c_phi = DVector::zeros(columns);
        control.d_phi(&[z_m], c_phi.as_mut_slice());
        expected.0 += control.value(&[z_m]) / 4.0;
        expected.1 += c_phi / 4.0;
        close("∂c/∂z", slopes(&control, &z)[m], slopes(&control, &[z_m])[0] / 4.0, ROUNDING);
    }
    close("c", control.value(&z), expected.0, ROUNDING);
    let mut c_phi = DVector::zeros(columns);
    control.d_phi(&z, c_phi.as_mut_slice());
    assert!((c_phi - expected.1).amax() < ROUNDING);
    assert_eq!(control.dimension(), None);
}

#[test]
fn a_boxed_control_is_the_same_control() {
    let boxed: Box<dyn Control> = Box::new(array_control());
    let z = [0.3, -0.8, 1.1];
    assert_eq!((boxed.dimension(), boxed.parameters(), boxed.phi()), (Some(3), 4, array_control().phi()));
    assert_eq!(boxed.value(&z), array_control().value(&z));
    assert_eq!(slopes(&boxed, &z), slopes(&array_control(), &z));
}

#[test]
fn a_control_of_three_coordinates_is_refused_at_two() {
    let control = array_control();
    assert_eq!(control.dimension(), Some(3));
    let expected = |error: EstimateError| {
        let shape = match error {
            EstimateError::Shape(shape) => shape,
            other => panic!("{other}"),
        };
        assert_eq!((shape.found, shape.expected), (3, 2));
    };
    let bernoulli = Bernoulli::from_probabilities(&[0.3, 0.6]).unwrap();
    let objective = MeanQuadratic { target: 0.45 };
    let noise = Noise::new(&[0.2, 0.7], &[0.9, 0.4]).unwrap();
    expected(estimate(&bernoulli, &objective, &control, noise).unwrap_err());
    let of_variance = |error: VarianceError| match error {
        VarianceError::Estimate(error) => expected(error),
        other => panic!("{other}"),
    };
    of_variance(variance::monte_carlo(&bernoulli, &objective, &control, 10, 0).unwrap_err());
    of_variance(variance::enumerate(&bernoulli, &objective, &control).unwrap_err());
    let settings = Settings { iterations: 1, ..Settings::default() };
    match train(bernoulli.clone(), &objective, control.clone(), &settings, 0, &mut |_: &Step<'_>| ())
        .unwrap_err()
    {
        TrainError::Diverged { source, .. } => panic!("a wrong length is no divergence: {source}"),
        TrainError::Unsuitable(EstimateError::Shape(shape)) => {
            assert_eq!((shape.found, shape.expected), (3, 2));
        }
        other => panic!("{other}"),
    }
    let one = Bernoulli::from_probabilities(&[0.3]).unwrap();
    match variance::quadrature(&one, &objective, &control).unwrap_err() {
        VarianceError::Estimate(EstimateError::Shape(shape)) => {
            assert_eq!((shape.found, shape.expected), (3, 1));
        }
        other => panic!("{other}"),
    }
}

#[test]
fn a_control_of_three_coordinates_works_at_three() {
    let bernoulli = Bernoulli::from_probabilities(&[0.3, 0.6, 0.9]).unwrap();
    let objective = |b: &[f64]| b[0] + 2.0 * b[1] * b[2];
    let noise = Noise::new(&[0.2, 0.7, 0.3], &[0.9, 0.4, 0.8]).unwrap();
    let made = estimate(&bernoulli, &objective, &array_control(), noise).unwrap();
    assert_eq!(made.jacobian(&array_control()).shape(), (3, 4));
}

#[test]
fn values_outside_a_parameter_s_domain_are_refused_by_name() {
    let message = |lambda: f64, shift: f64| Array::new([0.0; 3], lambda, shift).unwrap_err().to_string();
    assert_eq!(message(-0.5, 0.0), "lambda = -0.5 is not a number in (0, ∞)");
    assert_eq!(message(f64::NAN, 0.0), "lambda = NaN is not a number in (0, ∞)");
    assert_eq!(message(f64::INFINITY, 0.0), "lambda = inf is not a number in (0, ∞)");
    assert_eq!(message(1.0, f64::INFINITY), "shift = inf is not a finite number");
    assert!(Array::new([0.0, f64::NAN, 0.0], 1.0, 0.0).is_err());
}

#[control(positive(rates))]
fn mixture(z: f64, rates: [f64; 2], height: f64) -> f64 {
    height * (z * rates[0]).tanh() + (z * rates[1]).sin()
}

#[test]
fn an_array_may_be_kept_positive() {
    let control = Mixture::new([0.5, 2.0], 0.3).unwrap();
    assert!(Mixture::new([0.5, -2.0], 0.3).is_err());
    let phi = control.phi();
    assert_eq!(phi.as_slice(), [0.5_f64.ln(), 2.0_f64.ln(), 0.3]);
    let mut c_phi = [0.0; 3];
    control.d_phi(&[0.7], &mut c_phi);
    for n in 0..3 {
        let at = |h: f64| {
            let (mut moved, mut phi) = (control.clone(), phi.clone());
            phi[n] += h;
            moved.set_phi(phi.as_view()).unwrap();
            moved.value(&[0.7])
        };
        // Central differences: h² is 4e-11 and ε/h 4e-11, of values and third derivatives near 1.
        let h = 2.0_f64.powi(-18);
        let difference = (at(h) - at(-h)) / (2.0 * h);
        assert!((c_phi[n] - difference).abs() < 1e-9, "{n}: {} and {difference}", c_phi[n]);
    }
}
