use nalgebra::{DMatrix, DVector};

use super::by_hand::{self, Derivatives};
use crate::bernoulli::Bernoulli;
use crate::categorical::Categorical;
use crate::control::Control;
use crate::controls::{
    AnyControl, Basis, ByExample, ByGradient, Constant, Perceptron, Rebar, Relax, RelaxLinear,
    Relaxable as _, Relaxed, ReluNetwork, Sum, Zero,
};
use crate::error::{ObjectiveError, ShapeMismatch};
use crate::estimator::{AnyEstimator, Estimator as _};
use crate::estimators::{Listed, Setup};
use crate::gaussian::Gaussian;
use crate::kernel::Drawn;
use crate::noise::Stream;
use crate::objective::{Differentiable, Objective, Points, TwiceDifferentiable};
use crate::toy::MeanQuadratic;

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
    let setup = Setup { eta: 0.7, ..Setup::relaxing(MeanQuadratic { target: TARGET }) };
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
        has_the_derivatives_of_its_values(control);
    }
}

/// Central differences of the values at the four z, and the product of the derivatives.
#[track_caller]
fn has_the_derivatives_of_its_values(control: &mut dyn Control) {
    const STEP: f64 = 1e-5;
    // Truncation STEP² = 1e-10, rounding 1e-16/STEP = 1e-11, each times a derivative of up to 100 (λ = 0.5).
    const TOLERANCE: f64 = 2e-8;
    let rows = Z.len();
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
    let phi_dot = DVector::from_fn(columns, |n, _| [0.4, -0.9, 1.3][n % 3]);
    let mut c_z_dot = vec![f64::NAN; rows];
    let c_dot = control.along_phi(&Z, phi_dot.as_slice(), &mut c_z_dot);
    assert!(close(c_dot, phi_dot.dot(&DVector::from(c_phi.clone())), ROUNDING), "∂c/∂φ·φ̇");
    let expected = &c_z_phi * &phi_dot;
    for m in 0..rows {
        assert!(close(c_z_dot[m], expected[m], ROUNDING), "∂²c/∂z{m}∂φ·φ̇");
    }
    is_affine_where_it_says_so(control);
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

/// The second difference along the linear entries, all together, is 0: of the value, and so of its derivatives.
#[track_caller]
fn is_affine_where_it_says_so(control: &mut dyn Control) {
    let phi = control.phi();
    let mut direction = DVector::zeros(phi.len());
    for (n, entry) in control.linear().into_iter().flatten().enumerate() {
        direction[entry] = [0.4, -0.9, 1.3][n % 3];
    }
    let mut at = |step: f64| {
        control.set_phi((&phi + step * &direction).as_view()).unwrap();
        control.value(&Z)
    };
    // φ is in the end what it was.
    let (below, above, here) = (at(-1.0), at(1.0), at(0.0));
    // Rounding of three values, of which those of the cubic are up to 100.
    assert!(
        (below - 2.0 * here + above).abs() < 100.0 * ROUNDING * (1.0 + here.abs()),
        "{below} {here} {above}"
    );
}

#[allow(clippy::single_range_in_vec_init)] // a list of ranges is what is meant
#[test]
fn linear_parameters_are_those_of_which_c_is_a_sum() {
    let none: [std::ops::Range<usize>; 0] = [];
    let stream = || Stream::new(3, 0, 1);
    let (rebar, network) = (Rebar::new(0.8, 0.3, TARGET).unwrap(), ReluNetwork::draw(false, &mut stream()));
    assert_eq!(rebar.linear(), [0..1]);
    // w3 and b3, if no ReLU comes behind them.
    assert_eq!(RelaxLinear::draw(0.3, TARGET, &mut stream()).unwrap().linear(), [41..46, 46..47]);
    assert_eq!(Relax::draw(0.3, TARGET, &mut stream()).unwrap().linear(), none);
    assert_eq!(network.linear(), [40..45, 45..46]);
    assert_eq!(ReluNetwork::draw(true, &mut stream()).linear(), none);
    assert_eq!(Basis::flat().unwrap().linear(), [0..1, 1..6]);
    assert_eq!(Constant::new(0.3).unwrap().linear(), [0..1]);
    assert_eq!(Zero.linear(), none);
    // A weight for each of three units of four inputs and a shift, and t.
    let perceptron = Perceptron::draw(4, 3, &mut stream()).unwrap();
    assert_eq!(perceptron.linear(), [5..6, 11..12, 17..18, 18..19]);
    // Of a sum, those of both.
    let sum = Sum::new(rebar.clone(), network);
    assert_eq!(sum.linear(), [0..1, 42..47, 47..48]);
    let bernoulli = Bernoulli::from_logits(&Z).unwrap();
    let relaxed = Relaxed::new(Product, &bernoulli, 0.7, 0.6).unwrap();
    assert_eq!(Sum::new(sum, relaxed).linear(), [0..1, 42..47, 47..48, 48..49]);
    // What passes calls on passes these on.
    let of = |shared: &Rebar, _: usize| shared.clone();
    let by_example: Box<dyn Control> = Box::new(ByExample::new(rebar, of));
    assert_eq!((by_example.linear(), by_example.of_example(1).unwrap().linear()), (vec![0..1], vec![0..1]));
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

/// An objective with its second derivative, in which variables meet.
#[derive(Clone, Copy)]
struct Product;

impl Objective for Product {
    fn values(&self, points: Points<'_>, f: &mut [f64]) -> Result<(), ObjectiveError> {
        points.fill(f, |x| self.value_and_gradient(x, &mut vec![0.0; x.len()]));
        Ok(())
    }
}

/// `(x₁ + 2x₂ - x₃)³`, of the first three entries.
impl Differentiable for Product {
    fn value_and_gradient(&self, x: &[f64], gradient: &mut [f64]) -> f64 {
        let s = x[0] + 2.0 * x[1] - x[2];
        gradient.fill(0.0);
        gradient[..3].copy_from_slice(&[1.0, 2.0, -1.0].map(|weight| weight * 3.0 * s * s));
        s * s * s
    }

    fn twice_differentiable(&self) -> Option<&dyn TwiceDifferentiable> {
        Some(self)
    }
}

impl TwiceDifferentiable for Product {
    fn hessian_product(&self, x: &[f64], x_dot: &[f64], product: &mut [f64]) {
        let s = x[0] + 2.0 * x[1] - x[2];
        let s_dot = x_dot[0] + 2.0 * x_dot[1] - x_dot[2];
        product.fill(0.0);
        product[..3].copy_from_slice(&[1.0, 2.0, -1.0].map(|weight| weight * 6.0 * s * s_dot));
    }
}

// By differences, as every control of the tables: λ too, which only a second derivative moves.
#[test]
fn relaxed_bits_and_states_of_a_cubic_have_the_derivatives_of_their_values() {
    let bernoulli = Bernoulli::from_logits(&Z).unwrap();
    let mut bits = Relaxed::new(Product, &bernoulli, 0.7, 0.6).unwrap();
    assert_eq!(bits.parameters(), 2);
    has_the_derivatives_of_its_values(&mut bits);
    let rows = Categorical::from_logits(&Z, 2).unwrap();
    has_the_derivatives_of_its_values(&mut Relaxed::new(Product, &rows, 0.7, 0.6).unwrap());
    let network = ReluNetwork::draw(true, &mut Stream::new(3, 0, 1));
    has_the_derivatives_of_its_values(&mut Sum::new(bits, network));
}

#[test]
fn the_relaxed_toy_is_the_fused_control() {
    let (f, bernoulli) = (MeanQuadratic { target: TARGET }, Bernoulli::from_logits(&Z).unwrap());
    let fused: [AnyControl; 3] = [
        f.of_bits(&bernoulli, 0.8, 0.3).unwrap(),
        f.of_bits_and_network(&bernoulli, ReluNetwork::draw(true, &mut Stream::new(3, 0, 1)), 1.0, 0.3)
            .unwrap(),
        f.of_bits_and_network(&bernoulli, ReluNetwork::draw(false, &mut Stream::new(3, 0, 1)), 1.0, 0.3)
            .unwrap(),
    ];
    let by_gradient: [AnyControl; 3] = [
        ByGradient(f).of_bits(&bernoulli, 0.8, 0.3).unwrap(),
        ByGradient(f)
            .of_bits_and_network(&bernoulli, ReluNetwork::draw(true, &mut Stream::new(3, 0, 1)), 1.0, 0.3)
            .unwrap(),
        ByGradient(f)
            .of_bits_and_network(&bernoulli, ReluNetwork::draw(false, &mut Stream::new(3, 0, 1)), 1.0, 0.3)
            .unwrap(),
    ];
    for (fused, other) in fused.into_iter().zip(by_gradient) {
        let [mut c_z, mut other_c_z] = [[0.0; 4]; 2];
        let c = fused.value_and_d_z(&Z, &mut c_z);
        assert!(close(other.value_and_d_z(&Z, &mut other_c_z), c, ROUNDING));
        assert!(c_z.iter().zip(other_c_z).all(|(&x, y)| close(y, x, ROUNDING)), "{c_z:?} {other_c_z:?}");
        let mut phi_bar = vec![0.0; fused.parameters()];
        let mut other_phi_bar = vec![0.0; other.parameters()];
        fused.vjp_jvp(&Z, &[0.3, -1.1, 0.6, 0.2], -0.7, &mut phi_bar);
        other.vjp_jvp(&Z, &[0.3, -1.1, 0.6, 0.2], -0.7, &mut other_phi_bar);
        // The fused RELAX has no η, which is the first.
        let shift = other_phi_bar.len() - phi_bar.len();
        assert_eq!(shift, usize::from(phi_bar.len() > 2));
        let (names, other_names) = (fused.named(), other.named());
        for n in 0..phi_bar.len() {
            assert!(close(other_phi_bar[n + shift], phi_bar[n], ROUNDING), "φ{n}");
            assert_eq!(names[n].0, other_names[n + shift].0);
            assert!(close(other_names[n + shift].1, names[n].1, ROUNDING));
        }
    }
}

// What the tables made of the toy before an objective could be relaxed, with the same random numbers.
#[test]
fn the_toy_brings_its_fused_controls() {
    let (f, bernoulli) = (MeanQuadratic { target: TARGET }, Bernoulli::from_logits(&[0.3]).unwrap());
    let stream = || Stream::new(8, 0, 2);
    let fused: [(&str, AnyControl); 3] = [
        ("rebar", Box::new(Rebar::new(0.7, 0.5, TARGET).unwrap())),
        ("relax", Box::new(Relax::draw(0.5, TARGET, &mut stream()).unwrap())),
        ("relax-linear", Box::new(RelaxLinear::draw(0.5, TARGET, &mut stream()).unwrap())),
    ];
    let setup = Setup { eta: 0.7, ..Setup::relaxing(f) };
    for (name, control) in fused {
        let made = Bernoulli::estimator(name).unwrap().make(&setup, &bernoulli, &mut stream()).unwrap();
        let made = made.control().unwrap();
        assert_eq!((made.phi(), made.named()), (control.phi(), control.named()), "{name}");
        let drawn = Drawn { f: 0.3, z: 0.7, z_tilde: 0.2, z_tilde_a: 0.4, score: 0.6 };
        let [mut phi_bar, mut expected] = [vec![0.0; made.parameters()], vec![0.0; made.parameters()]];
        let gradient = made.sample(&drawn, &mut phi_bar);
        // A kernel, and the same bits.
        assert!(gradient.is_some(), "{name} has no fused kernel");
        assert_eq!(gradient, control.sample(&drawn, &mut expected), "{name}");
        assert_eq!(phi_bar, expected, "{name}");
    }
}
