use super::{gradient, gradient_within};
use crate::bernoulli::Bernoulli;
use crate::controls::{Constant, Kinked, Rebar, Relax, RelaxLinear, ReluNetwork, Sum, Zero};
use crate::noise::Stream;
use crate::variance::{Tolerance, VarianceError, quadrature_within};

fn f(b: &[f64]) -> f64 {
    0.3 - 1.2 * b[0]
}

fn one(theta: f64) -> Bernoulli {
    Bernoulli::from_probabilities(&[theta]).unwrap()
}

/// Holds these entries of the gradient against differences of the exact variance.
fn agrees(theta: f64, control: &(impl Kinked + Clone), entries: impl Iterator<Item = usize>) {
    const STEP: f64 = 1e-5;
    let bernoulli = one(theta);
    let found = gradient(&bernoulli, &f, control).unwrap().total();
    let tolerance = Tolerance { relative: 1e-11, ..Tolerance::default() };
    for n in entries {
        let at = |offset: f64| {
            let (mut moved, mut phi) = (control.clone(), control.phi());
            phi[n] += offset;
            moved.set_phi(phi.as_view()).unwrap();
            quadrature_within(&bernoulli, &f, &moved, tolerance).unwrap().variance
        };
        let difference = (at(STEP) - at(-STEP)) / (2.0 * STEP);
        // The variance, which is below 1, is known to 1e-11, so its difference to 1e-6; truncation is 1e-10 times a third derivative.
        assert!((found[n] - difference).abs() < 1e-6, "θ = {theta}, φ{n}: {} {difference}", found[n]);
    }
}

fn boundary(theta: f64, control: &impl Kinked) -> f64 {
    gradient(&one(theta), &f, control).unwrap().boundary.amax()
}

#[test]
fn it_is_the_derivative_of_the_exact_variance() {
    let stream = |row| Stream::new(21, 0, row);
    let linear = RelaxLinear::draw(0.6, 0.3, &mut stream(0)).unwrap();
    assert!(boundary(0.35, &linear) > 1e-3, "nothing is tested");
    agrees(0.35, &linear, 0..47);
    agrees(0.03, &linear, (0..47).step_by(5));
    // A network whose last ReLU is not 0 everywhere.
    let drawn = (0..).map(|row| Relax::draw(0.6, 0.3, &mut stream(row)).unwrap());
    let relax = drawn.into_iter().find(|relax| boundary(0.9, relax) > 1e-3).unwrap();
    agrees(0.9, &relax, (0..47).step_by(3));
    let network = ReluNetwork::draw(false, &mut stream(1));
    agrees(0.7, &Sum::new(Rebar::new(0.8, 0.4, 0.3).unwrap(), network), (0..48).step_by(4));
    agrees(0.3, &Rebar::new(0.8, 0.05, 0.3).unwrap(), 0..2);
    agrees(0.3, &Constant::new(0.4).unwrap(), 0..1);
}

#[test]
fn a_control_without_kinks_has_no_boundary_term() {
    let found = gradient(&one(0.3), &f, &Rebar::new(0.8, 0.4, 0.3).unwrap()).unwrap();
    assert_eq!(found.boundary.amax(), 0.0);
    assert!(found.of_samples.amax() > 1e-3);
    assert_eq!(gradient(&one(0.3), &f, &Zero).unwrap().total().len(), 0);
}

#[test]
fn extreme_logits_leave_finite_numbers_or_an_error() {
    let control = RelaxLinear::draw(0.6, 0.3, &mut Stream::new(21, 0, 0)).unwrap();
    let at = |a: f64| gradient(&Bernoulli::from_logits(&[a]).unwrap(), &f, &control);
    for a in [-700.0, -40.0, 40.0, 700.0] {
        assert!(at(a).unwrap().total().iter().all(|entry| entry.is_finite()), "{a}");
    }
    // z is as large as numbers are, and the derivative by λ has no value.
    assert!(matches!(at(f64::MAX), Err(VarianceError::Estimate(_))));
}

#[test]
fn what_cannot_be_is_an_error() {
    let control = RelaxLinear::draw(0.6, 0.3, &mut Stream::new(21, 0, 0)).unwrap();
    let two = Bernoulli::from_logits(&[0.0; 2]).unwrap();
    let error = gradient(&two, &f, &control).unwrap_err();
    assert_eq!(error, VarianceError::TooManyVariables { found: 2, allowed: 1 });
    let broken = |b: &[f64]| if b[0] > 0.5 { f64::NAN } else { 1.0 };
    let error = gradient(&one(0.5), &broken, &control).unwrap_err();
    assert!(matches!(error, VarianceError::Estimate(_)), "{error}");
    let few = Tolerance { relative: 1e-12, panels: 20, ..Tolerance::default() };
    let steep = Rebar::new(1.0, 1e-3, 0.3).unwrap();
    let error = gradient_within(&one(0.5), &f, &steep, few).unwrap_err();
    assert!(matches!(error, VarianceError::GradientNotConverged { .. }), "{error}");
    assert!(error.to_string().starts_with("the variance's gradient is known to ±"), "{error}");
}
