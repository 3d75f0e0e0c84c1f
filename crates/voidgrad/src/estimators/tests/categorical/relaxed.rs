//! Relaxed states: Concrete, and the controls of REBAR and RELAX.

use nalgebra::{DMatrix, DVector};

use super::super::{Cubic, close, make, setup, variance_gradient_is_the_derivative};
use super::{STATES, variables};
use crate::control::Control;
use crate::controls::{Relaxed, Zero};
use crate::estimator::Round;
use crate::estimators::Gumbel;
use crate::noise::Stream;
use crate::objective::{Differentiable, Smooth};
use crate::toy::MeanQuadratic;

#[test]
fn rebar_equals_reinforce_when_eta_is_zero() {
    let categorical = variables(2);
    let control = Relaxed::new(MeanQuadratic { target: 0.3 }, &categorical, 0.0, 0.5).unwrap();
    let mut noise = [0.0; 12];
    let [mut rebar, mut reinforce] = [Round::new(), Round::new()];
    for row in 0..20 {
        Stream::new(5, 0, row).fill_open01(&mut noise);
        rebar.estimate(&control, &categorical, &Cubic, &noise).unwrap();
        reinforce.estimate(&Zero, &categorical, &Cubic, &noise).unwrap();
        assert_eq!(rebar.gradient(), reinforce.gradient());
    }
    assert!(rebar.gradient()[0].abs() > 1e-3);
}

/// `(2/MK)(∂ĝ/∂φ)ᵀ ĝ` is the derivative of the mean square of ĝ, the noise held fixed.
#[test]
fn the_variance_gradient_is_the_derivative_of_the_mean_square() {
    for (count, name) in [1, 2].into_iter().flat_map(|count| ["rebar", "relax"].map(|name| (count, name))) {
        let categorical = variables(count);
        let estimator = make(name, &setup(), &categorical);
        variance_gradient_is_the_derivative(name, estimator, &categorical, &Cubic);
    }
}

/// The noise held fixed, `ĝ` is the derivative of `f(softmax(z/λ))` by the logits, where `z = a - ln(-ln u)`.
#[test]
fn concrete_is_the_derivative_of_f_at_the_relaxed_sample() {
    let (categorical, lambda) = (variables(2), 0.6);
    let mut u = [0.0; 6];
    Stream::new(3, 0, 0).fill_open01(&mut u);
    let relaxed = |i: usize, offset: f64| {
        let mut y: Vec<f64> = categorical.logits().iter().zip(&u).map(|(a, u)| a - (-u.ln()).ln()).collect();
        y[i] += offset;
        let x = y.chunks(STATES).flat_map(|row| {
            let sum: f64 = row.iter().map(|y| (y / lambda).exp()).sum();
            row.iter().map(move |y| (y / lambda).exp() / sum)
        });
        Cubic.value(&x.collect::<Vec<f64>>())
    };
    let mut round = Round::new();
    let gumbel = Gumbel::new(lambda).unwrap();
    round.estimate(&gumbel, &categorical, &Cubic, &u).unwrap();
    close("f", round.f(), relaxed(0, 0.0), 1e-14);
    for i in 0..6 {
        let difference = (relaxed(i, 1e-5) - relaxed(i, -1e-5)) / 2e-5;
        // Truncation 1e-10 times a third derivative of up to 10.
        close("∂f/∂a", round.gradient()[i], difference, 1e-9);
    }
    assert!(round.gradient()[0].abs() > 1e-2);
}

/// If the second derivative of f is not known, λ stays as it is.
#[test]
fn without_the_second_derivative_of_f_the_relaxed_control_has_eta_alone() {
    let (categorical, f) = (variables(1), MeanQuadratic { target: 0.3 });
    let gradient = |x: &[f64], gradient: &mut [f64]| f.value_and_gradient(x, gradient);
    let smooth = Smooth::new(|x: &[f64]| f.value(x), gradient);
    let all = Relaxed::new(f, &categorical, 0.8, 0.6).unwrap();
    let mut eta_alone = Relaxed::new(smooth, &categorical, 0.8, 0.6).unwrap();
    let (z, z_dot) = ([0.3, -1.0, 0.5], [1.0, 0.2, -0.7]);
    assert_eq!((all.parameters(), eta_alone.parameters()), (2, 1));
    assert_eq!(eta_alone.named(), [("eta".to_owned(), 0.8)]);
    let (mut expected, mut found) = ([0.0; 2], [0.0]);
    all.vjp_jvp(&z, &z_dot, 0.4, &mut expected);
    eta_alone.vjp_jvp(&z, &z_dot, 0.4, &mut found);
    assert_eq!(found, expected[..1]);
    let (mut expected, mut found) = (DMatrix::zeros(3, 2), DMatrix::zeros(3, 1));
    all.d_z_d_phi(&z, &mut expected);
    eta_alone.d_z_d_phi(&z, &mut found);
    assert_eq!(found.column(0), expected.column(0));
    eta_alone.set_phi(DVector::from_element(1, 0.5).as_view()).unwrap();
    assert_eq!((eta_alone.eta(), eta_alone.lambda()), (0.5, 0.6));
    assert!(eta_alone.set_phi(DVector::from_element(2, 0.5).as_view()).is_err());
}
