use nalgebra::{DMatrix, DVector};

use super::by_hand::{self, Derivatives};
use crate::bernoulli::Bernoulli;
use crate::categorical::Categorical;
use crate::control::Control;
use crate::controls::{Constant, Perceptron, Rebar, Relax, RelaxLinear, Zero};
use crate::error::ShapeMismatch;
use crate::estimator::{AnyEstimator, Estimator as _};
use crate::estimators::{Listed, Setup};
use crate::gaussian::Gaussian;
use crate::noise::Stream;

const TARGET: f64 = 0.45;
const Z: [f64; 4] = [-2.5, -0.07, 0.4, 3.0];

/// Rounding only: both sides are straight formulas of a few dozen operations on numbers around 1.
const ROUNDING: f64 = 1e-13;

fn close(found: f64, expected: f64, tolerance: f64) -> bool {
    (found - expected).abs() <= tolerance * (1.0 + expected.abs())
}

/// Holds a control against derivatives worked out by hand, at one z after the other and at all of them
/// together.
fn agrees(control: &impl Control, by_hand: impl Fn(f64, &[f64]) -> Derivatives) {
    let phi = control.phi();
    let columns = control.parameters();
    let mut mean = DVector::zeros(columns);
    let mut mean_c = 0.0;
    for z in Z {
        let expected = by_hand(z, phi.as_slice());
        let mut c_z = [f64::NAN];
        assert!(close(control.value_and_d_z(&[z], &mut c_z), expected.c, ROUNDING));
        assert!(close(control.value(&[z]), expected.c, ROUNDING));
        assert!(close(c_z[0], expected.c_z, ROUNDING), "∂c/∂z at {z}: {} {}", c_z[0], expected.c_z);
        let mut c_phi = vec![f64::NAN; columns];
        control.d_phi(&[z], &mut c_phi);
        let mut c_z_phi = DMatrix::from_element(1, columns, f64::NAN);
        control.d_z_d_phi(&[z], &mut c_z_phi);
        let mut product = vec![1.0; columns];
        control.vjp_jvp(&[z], &[0.3], -0.7, &mut product);
        for n in 0..columns {
            assert!(close(c_phi[n], expected.c_phi[n], ROUNDING), "∂c/∂φ{n} at {z}");
            assert!(close(c_z_phi[n], expected.c_z_phi[n], ROUNDING), "∂²c/∂z∂φ{n} at {z}");
            let sum = 1.0 - 0.7 * expected.c_phi[n] + 0.3 * expected.c_z_phi[n];
            assert!(close(product[n], sum, ROUNDING), "the product's entry {n} at {z}");
        }
        mean += DVector::from(c_phi) / Z.len() as f64;
        mean_c += expected.c / Z.len() as f64;
    }
    let mut c_phi = vec![f64::NAN; columns];
    control.d_phi(&Z, &mut c_phi);
    assert!((DVector::from(c_phi) - mean).amax() < ROUNDING);
    assert!(close(control.value(&Z), mean_c, ROUNDING));
}

#[test]
fn generated_derivatives_are_those_worked_out_by_hand() {
    agrees(&Rebar::new(0.8, 0.3, TARGET).unwrap(), |z, phi| by_hand::rebar(z, phi, TARGET));
    for row in 0..20 {
        let mut stream = Stream::new(11, 0, row);
        let relax = Relax::draw(0.3, TARGET, &mut stream).unwrap();
        agrees(&relax, |z, phi| by_hand::relax(z, phi, TARGET, true));
        let linear = RelaxLinear::draw(0.3, TARGET, &mut stream).unwrap();
        agrees(&linear, |z, phi| by_hand::relax(z, phi, TARGET, false));
    }
}

// Central differences of the values, for every control of the lists and so for a new one, too.
#[test]
fn derivatives_of_every_method_are_its_finite_differences() {
    const STEP: f64 = 1e-5;
    // Truncation STEP² = 1e-10, rounding 1e-16/STEP = 1e-11, each times a derivative of up to 100 (λ = 0.5).
    const TOLERANCE: f64 = 2e-8;
    let setup = Setup { target: TARGET, eta: 0.7, ..Setup::default() };
    let (rows, baseline) = (Z.len(), Constant::new(0.3).unwrap());
    let mut estimators: Vec<AnyEstimator> = vec![Box::new(baseline)];
    estimators.push(Box::new(Perceptron::draw(rows, 3, &mut Stream::new(4, 0, 0)).unwrap()));
    let bernoulli = Bernoulli::from_logits(&Z).unwrap();
    for row in Bernoulli::estimators() {
        estimators.push(row.make(&setup, &bernoulli, &mut Stream::new(3, 0, 0)).unwrap());
    }
    // As many numbers of z in other arrangements.
    let rows_of_states = Categorical::from_logits(&Z, 2).unwrap();
    let mut categorical: Vec<AnyEstimator<Categorical>> = Vec::new();
    for row in Categorical::estimators() {
        categorical.push(row.make(&setup, &rows_of_states, &mut Stream::new(3, 0, 0)).unwrap());
    }
    let variables = Gaussian::new(&Z, &Z.map(|_| 1.0)).unwrap();
    let mut gaussian: Vec<AnyEstimator<Gaussian>> = Vec::new();
    for row in Gaussian::estimators() {
        gaussian.push(row.make(&setup, &variables, &mut Stream::new(3, 0, 0)).unwrap());
    }
    let controls = estimators.iter_mut().filter_map(|estimator| estimator.control_mut());
    let controls = controls.chain(categorical.iter_mut().filter_map(|estimator| estimator.control_mut()));
    let controls = controls.chain(gaussian.iter_mut().filter_map(|estimator| estimator.control_mut()));
    for control in controls {
        let columns = control.parameters();
        let (mut c_z, mut c_phi) = (vec![0.0; rows], vec![0.0; columns]);
        let mut c_z_phi = DMatrix::zeros(rows, columns);
        control.value_and_d_z(&Z, &mut c_z);
        control.d_phi(&Z, &mut c_phi);
        control.d_z_d_phi(&Z, &mut c_z_phi);
        for m in 0..rows {
            let at = |offset: f64| {
                let mut z = Z;
                z[m] += offset;
                control.value(&z)
            };
            assert!(close(c_z[m], (at(STEP) - at(-STEP)) / (2.0 * STEP), TOLERANCE));
        }
        let z_dot = DVector::from_fn(rows, |m, _| [0.3, -1.1, 0.6][m % 3]);
        let mut product = vec![1.0; columns];
        control.vjp_jvp(&Z, z_dot.as_slice(), -0.7, &mut product);
        let along = c_z_phi.tr_mul(&z_dot);
        for n in 0..columns {
            assert!(close(product[n], 1.0 - 0.7 * c_phi[n] + along[n], ROUNDING), "the product's entry {n}");
        }
        let phi = control.phi();
        for n in 0..columns {
            let mut at = |offset: f64| {
                let mut moved = phi.clone();
                moved[n] += offset;
                control.set_phi(moved.as_view()).unwrap();
                let mut c_z = vec![0.0; rows];
                (control.value_and_d_z(&Z, &mut c_z), DVector::from(c_z))
            };
            let ((c_up, c_z_up), (c_down, c_z_down)) = (at(STEP), at(-STEP));
            assert!(close(c_phi[n], (c_up - c_down) / (2.0 * STEP), TOLERANCE), "∂c/∂φ{n}");
            for m in 0..rows {
                let difference = (c_z_up[m] - c_z_down[m]) / (2.0 * STEP);
                assert!(close(c_z_phi[(m, n)], difference, TOLERANCE), "∂²c/∂z{m}∂φ{n}");
            }
        }
    }
}

#[test]
fn parameters_are_named_in_the_order_of_phi() {
    let relax = RelaxLinear::draw(0.25, TARGET, &mut Stream::new(1, 0, 0)).unwrap();
    let (names, phi) = (relax.named(), relax.phi());
    assert_eq!(names.len(), 47);
    assert!(close(names[0].1, 0.25, ROUNDING) && close(phi[0], 0.25_f64.ln(), ROUNDING));
    assert!(names.iter().zip(&phi).skip(1).all(|((_, value), phi)| value == phi));
    let at = |i: usize| names[i].0.as_str();
    assert_eq!([at(1), at(10), at(11), at(12), at(16)], ["w1[0]", "b1[4]", "w2[0,0]", "w2[1,0]", "w2[0,1]"]);
    assert_eq!([at(36), at(41), at(46)], ["b2[0]", "w3[0]", "b3"]);
}

#[test]
fn weights_are_within_the_bounds_of_a_linear_layer() {
    let mut largest = [0.0_f64; 2];
    for row in 0..200 {
        let phi = Relax::draw(1.0, TARGET, &mut Stream::new(2, 0, row)).unwrap().phi();
        largest[0] = largest[0].max(phi.rows(1, 10).amax());
        largest[1] = largest[1].max(phi.rows(11, 36).amax());
    }
    // 2,000 draws come within 2 % of the bound: they all miss it with probability 0.98^2000 = 3e-18.
    let wide = 1.0 / 5.0_f64.sqrt();
    assert!(largest[0] <= 1.0 && largest[0] > 0.98);
    assert!(largest[1] <= wide && largest[1] > 0.98 * wide);
}

#[test]
fn parameters_outside_their_domain_are_refused() {
    for lambda in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(Rebar::new(1.0, lambda, TARGET).is_err());
        assert!(Relax::draw(lambda, TARGET, &mut Stream::new(0, 0, 0)).is_err());
        assert!(RelaxLinear::draw(lambda, TARGET, &mut Stream::new(0, 0, 0)).is_err());
    }
    assert!(Rebar::new(f64::NAN, 1.0, TARGET).is_err() && Rebar::new(1.0, 1.0, f64::NAN).is_err());
    assert!(Constant::new(f64::INFINITY).is_err());
    let error = Zero.clone().set_phi(DVector::zeros(1).as_view()).unwrap_err();
    assert_eq!(error, ShapeMismatch { name: "phi", found: 1, expected: 0 });
}
