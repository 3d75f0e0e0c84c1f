//! A control with 197,000 parameters, as a network on images has: it lives on the heap, and works on the small stack of a
//! thread, without optimisation too.

use std::thread;

use voidgrad::nalgebra::{SMatrix, SVector};
use voidgrad::train::{Settings, Step};
use voidgrad::{Bernoulli, Control, control, train};

const SMALL_STACK: usize = 2 << 20;

/// A network of 784, 200 and 200 units.
#[control]
pub(crate) fn large(
    z: &SVector<f64, 784>,
    w1: &SMatrix<f64, 200, 784>,
    w2: &SMatrix<f64, 200, 200>,
    v: &SVector<f64, 200>,
) -> f64 {
    v.dot(&(w2 * (w1 * z).map(f64::tanh)).map(f64::tanh))
}

const PARAMETERS: usize = 200 * 784 + 200 * 200 + 200;

/// Numbers of about 0.05, different from entry to entry.
fn phi() -> Vec<f64> {
    (0..PARAMETERS).map(|i| ((i * 7_919) % 1_000) as f64 / 1e4 - 0.05).collect()
}

/// The same network in plain loops; matrices are stored column by column.
fn by_hand(z: &[f64], phi: &[f64]) -> f64 {
    let (w1, rest) = phi.split_at(200 * 784);
    let (w2, v) = rest.split_at(200 * 200);
    let layer = |w: &[f64], x: &[f64]| -> Vec<f64> {
        (0..200).map(|i| x.iter().enumerate().map(|(j, x)| w[j * 200 + i] * x).sum::<f64>().tanh()).collect()
    };
    let hidden = layer(w2, &layer(w1, z));
    hidden.iter().zip(v).map(|(h, v)| h * v).sum()
}

fn on_a_small_stack(work: impl FnOnce() + Send + 'static) {
    thread::Builder::new().stack_size(SMALL_STACK).spawn(work).unwrap().join().unwrap();
}

#[test]
fn a_large_control_is_evaluated_on_a_small_stack() {
    on_a_small_stack(|| {
        let mut phi = phi();
        let control = Large::from_phi(&phi).unwrap();
        let z: Vec<f64> = (0..784).map(|i| f64::from(i).sin()).collect();
        let mut slope = vec![0.0; 784];
        let value = control.value_and_d_z(&z, &mut slope);
        // Sums of 784 terms of 0.05 in another order.
        assert!((value - by_hand(&z, &phi)).abs() < 1e-12);
        let mut phi_bar = vec![0.0; PARAMETERS];
        control.vjp_jvp(&z, &vec![0.0; 784], 1.0, &mut phi_bar);
        for i in [0, 100_000, 170_000, PARAMETERS - 1] {
            let h = 1e-4;
            let before = phi[i];
            phi[i] = before + h;
            let above = by_hand(&z, &phi);
            phi[i] = before - h;
            let difference = (above - by_hand(&z, &phi)) / (2.0 * h);
            phi[i] = before;
            // h²/6 times a third derivative of about 1, and 1e-14/h.
            assert!((phi_bar[i] - difference).abs() < 1e-8, "{i}: {} {difference}", phi_bar[i]);
        }
    });
}

#[test]
fn a_large_control_is_moved_copied_and_trained_on_a_small_stack() {
    on_a_small_stack(|| {
        let control = Large::from_phi(&phi()).unwrap();
        assert_eq!(control.clone(), control);
        assert_eq!(control.w2()[(1, 0)], phi()[200 * 784 + 1]);
        let start = Bernoulli::from_logits(&[0.0; 784]).unwrap();
        let objective = |b: &[f64]| b.iter().sum::<f64>();
        let settings = Settings { iterations: 1, ..Settings::default() };
        let outcome =
            train(start.clone(), &objective, control, &settings, 0, &mut |_: &Step<'_>| {}).unwrap();
        assert_ne!(outcome.distribution, start);
    });
}

#[test]
fn parameters_of_the_wrong_number_or_not_finite_are_refused() {
    let mut short = phi();
    short.pop();
    assert_eq!(Large::from_phi(&short).unwrap_err().to_string(), "the length of phi = 196999 is not 197000");
    let mut bad = phi();
    bad[7] = f64::NAN;
    assert_eq!(Large::from_phi(&bad).unwrap_err().to_string(), "phi = NaN is not a finite number");
}
