//! Least squares, against closed forms, the estimator itself, and direct solutions.

use nalgebra::{DMatrix, DVector, DVectorView};

use super::*;
use crate::bernoulli::Bernoulli;
use crate::control::BatchControl;
use crate::controls::{Rebar, RelaxLinear};
use crate::error::ShapeMismatch;
use crate::estimators::estimate;
use crate::noise::Stream;

/// `c = w·(1, tanh(z/2))`, linear in φ = w: as many parameters as states of b, so that it can be the difference of f.
#[derive(Debug, Clone)]
struct Step {
    w: DVector<f64>,
}

impl Control for Step {
    fn parameters(&self) -> usize {
        2
    }

    fn phi(&self) -> DVector<f64> {
        self.w.clone()
    }

    fn set_phi(&mut self, phi: DVectorView<'_, f64>) -> Result<(), ShapeMismatch> {
        same_length("phi", phi.len(), 2)?;
        self.w = phi.clone_owned();
        Ok(())
    }

    fn named(&self) -> Vec<(String, f64)> {
        vec![("w0".to_owned(), self.w[0]), ("w1".to_owned(), self.w[1])]
    }

    fn value(&self, z: &[f64]) -> f64 {
        self.w[0] + self.w[1] * (0.5 * z[0]).tanh()
    }

    fn value_and_d_z(&self, z: &[f64], c_z: &mut [f64]) -> f64 {
        let t = (0.5 * z[0]).tanh();
        c_z[0] = self.w[1] * 0.5 * (1.0 - t * t);
        self.value(z)
    }

    fn d_phi(&self, z: &[f64], c_phi: &mut [f64]) {
        c_phi.copy_from_slice(&[1.0, (0.5 * z[0]).tanh()]);
    }

    fn d_z_d_phi(&self, z: &[f64], c_z_phi: &mut DMatrix<f64>) {
        let t = (0.5 * z[0]).tanh();
        c_z_phi.copy_from_slice(&[0.0, 0.5 * (1.0 - t * t)]);
    }

    fn vjp_jvp(&self, z: &[f64], z_dot: &[f64], c_bar: f64, phi_bar: &mut [f64]) {
        let t = (0.5 * z[0]).tanh();
        phi_bar[0] += c_bar;
        phi_bar[1] += c_bar * t + z_dot[0] * 0.5 * (1.0 - t * t);
    }
}

impl BatchControl for Step {}

fn toy(b: f64) -> f64 {
    (b - 0.499).powi(2)
}

/// A learner that has seen both states, and its own noise.
fn learner(control: &(impl Control + ?Sized)) -> (GaussNewton, Stream) {
    let mut learner = GaussNewton::new(control, 1).unwrap();
    for b in [0.0, 1.0, 1.0, 0.0] {
        learner.remember(&[0.3], &[b], toy(b)).unwrap();
    }
    (learner, Stream::new(5, 0, 1))
}

/// The mean of ĝ² over noise of its own.
fn mean_square(control: &(impl Control + ?Sized)) -> f64 {
    let bernoulli = Bernoulli::from_logits(&[0.3]).unwrap();
    let mut noise = Stream::new(9, 0, 0);
    let squares = (0..4_000).map(|_| {
        let mut numbers = [0.0; 2];
        noise.fill_open01(&mut numbers);
        let (u, v) = numbers.split_at(1);
        let f = |b: &[f64]| toy(b[0]);
        estimate(&bernoulli, &f, control, Noise::new(u, v).unwrap()).unwrap().gradient[0].powi(2)
    });
    squares.sum::<f64>() / 4_000.0
}

/// For parameters that enter linearly, the residuals are a linear function of φ, so an undamped step goes to the least squares at once.
#[test]
fn a_linear_control_is_solved_in_a_step() {
    let mut control = Step { w: DVector::zeros(2) };
    let (mut learner, mut stream) = learner(&control);
    learner.damping = DAMPINGS[0];
    learner.step(&mut control, &mut stream).unwrap();
    let reached = learner.squares(&control);
    // The direct solution on the same noise, by a singular value decomposition of all rows.
    let zero = Step { w: DVector::zeros(2) };
    learner.squares(&zero);
    let (mut rows, mut right) = (DMatrix::zeros(learner.draws, 2), DVector::zeros(learner.draws));
    for (i, (estimate, weight)) in learner.estimates.iter().zip(&learner.weights).enumerate() {
        rows.row_mut(i).copy_from(&(estimate.jacobian(&zero) * weight.sqrt()));
        right[i] = -estimate.gradient[0] * weight.sqrt();
    }
    let expected = rows.svd(true, true).solve(&right, 1e-15).unwrap();
    // Normal equations lose half of the digits at most; the condition here is moderate.
    assert!((&control.w - &expected).norm() < 1e-8 * expected.norm());
    let least = learner.squares(&Step { w: expected });
    assert!((reached - least).abs() <= 1e-8 * least);
}

/// The network of RELAX with 47 parameters, fitted to two values of f. Along the gradient of the variance this takes thousands of steps.
#[test]
fn the_variance_falls_by_orders_of_magnitude_and_stays_there() {
    for run in 0..3 {
        let mut control = RelaxLinear::draw(0.5, 0.499, &mut Stream::new(1, run, 0)).unwrap();
        let start = mean_square(&control);
        let (mut learner, _) = learner(&control);
        let mut stream = Stream::new(5, run, 1);
        for _ in 0..60 {
            learner.step(&mut control, &mut stream).unwrap();
        }
        let end = mean_square(&control);
        assert!(end < 1e-2 * start, "run {run}: {end} after {start}, at {:?}", control.named());
    }
}

/// The weights make sums over the draws what they are over uniform noise: of 1, u and an indicator of a narrow interval.
#[test]
fn noise_near_zero_has_weights_that_undo_it() {
    let mut stream = Stream::new(3, 0, 0);
    let count = 40_000;
    let mut sums = [0.0; 3];
    let mut narrow = 0;
    for _ in 0..count {
        let mut numbers = [0.0; 5];
        stream.fill_open01(&mut numbers);
        let (noise, choice) = numbers.split_at_mut(4);
        let weight = look_near_zero(noise, choice[0]);
        assert!((0.0..=2.0).contains(&weight));
        narrow += usize::from(noise[1] < 1e-6);
        let terms = [1.0, noise[1], if noise[1] < 1e-6 { 1e6 } else { 0.0 }];
        sums.iter_mut().zip(terms).for_each(|(sum, term)| *sum += weight * term / f64::from(count));
    }
    // Weights up to 2 leave standard errors below √2/√40,000 = 0.007 for the first two, of which these are five; the narrow interval has a share of
    // (1/8)·(30 - 13.8)/30 of the draws, 2,700, with weights that vary with u: its sum is within a tenth.
    assert!((sums[0] - 1.0).abs() < 0.035 && (sums[1] - 0.5).abs() < 0.035, "{sums:?}");
    assert!((sums[2] - 1.0).abs() < 0.1 && narrow > 2_000, "{sums:?}, {narrow}");
}

#[test]
fn no_entry_moves_further_than_its_size_or_one() {
    let phi = DVector::from_vec(vec![0.0, -10.0, 2.0]);
    let step = within_reach(&phi, DVector::from_vec(vec![4.0, 10.0, -1.0]));
    assert_eq!(step, DVector::from_vec(vec![1.0, 2.5, -0.25]));
    let small = DVector::from_vec(vec![0.5, 5.0, -1.0]);
    assert_eq!(within_reach(&phi, small.clone()), small);
}

/// While the memory fills up, each step moves φ; once it is full, every sixteenth of one evaluation each.
#[test]
fn a_full_memory_is_learned_from_when_an_eighth_of_it_is_new() {
    let mut control = RelaxLinear::draw(0.5, 0.499, &mut Stream::new(1, 0, 0)).unwrap();
    let mut learner = GaussNewton::new(&control, 1).unwrap();
    assert_eq!(learner.draws(), 128);
    let (mut stream, mut b) = (Stream::new(5, 0, 1), 0.0);
    let mut positions = Vec::new();
    for evaluation in 1..=200 {
        b = 1.0 - b;
        learner.remember(&[0.3], &[b], toy(b)).unwrap();
        let before = stream.position();
        learner.step(&mut control, &mut stream).unwrap();
        if stream.position() > before {
            positions.push(evaluation);
        }
    }
    let expected: Vec<i32> = (1..128).chain((143..=200).step_by(16)).collect();
    assert_eq!(positions, expected);
}

/// A constant of 1,000 would be the least squares; it takes ten steps of doubling.
#[test]
fn a_step_of_the_learner_is_within_that_reach() {
    let mut control = Step { w: DVector::zeros(2) };
    let mut learner = GaussNewton::new(&control, 1).unwrap();
    for b in [0.0, 1.0] {
        learner.remember(&[0.3], &[b], 1_000.0).unwrap();
    }
    let mut stream = Stream::new(5, 0, 1);
    learner.step(&mut control, &mut stream).unwrap();
    assert!(control.w.amax() <= 1.0 && control.w[0] > 0.5, "{}", control.w);
    for _ in 0..30 {
        learner.step(&mut control, &mut stream).unwrap();
    }
    assert!((control.w[0] - 1_000.0).abs() < 1e-6, "{}", control.w);
}

#[test]
fn a_restored_learner_continues_with_the_same_bits() {
    let mut control = RelaxLinear::draw(0.5, 0.499, &mut Stream::new(1, 0, 0)).unwrap();
    let (mut whole, mut stream) = learner(&control);
    whole.step(&mut control, &mut stream).unwrap();
    let mut other_control = control.clone();
    let mut other = GaussNewton::new(&control, 1).unwrap();
    let state = whole.state();
    let borrowed: Vec<(&str, &[f64])> = state.iter().map(|(name, values)| (*name, &**values)).collect();
    other.restore(&borrowed).unwrap();
    let mut other_stream = stream.clone();
    whole.step(&mut control, &mut stream).unwrap();
    other.step(&mut other_control, &mut other_stream).unwrap();
    assert_eq!((control, whole.state()), (other_control, other.state()));
}

#[test]
fn what_does_not_fit_is_refused_and_changes_nothing() {
    let control = Step { w: DVector::zeros(2) };
    let (mut learner, mut stream) = learner(&control);
    assert!(learner.remember(&[0.0, 0.0], &[1.0], 0.5).is_err());
    assert!(learner.remember(&[0.0], &[1.0, 0.0], 0.5).is_err());
    let mut other = Rebar::new(1.0, 0.5, 0.499).unwrap();
    assert_eq!(other.parameters(), 2);
    assert!(GaussNewton::new(&crate::controls::Zero, 1).unwrap().step(&mut other, &mut stream).is_err());
    let before = learner.state();
    let window = before[0].1.clone();
    let with = |index: usize, value: f64| {
        let mut numbers = window.clone();
        numbers[index] = value;
        numbers
    };
    let (one, large) = ([1e-3], [1e7]);
    for (window, new, damping) in [
        (with(0, f64::NAN), 4.0, &one),
        (with(1, 0.5), 4.0, &one),
        (window[1..].to_vec(), 4.0, &one),
        (window.clone(), 4.0, &large),
        (window.clone(), 4.5, &one),
        (window.clone(), 129.0, &one),
        (window.clone(), f64::NAN, &one),
    ] {
        assert!(learner.restore(&[("window", &window), ("new", &[new]), ("damping", damping)]).is_err());
        assert_eq!(learner.state(), before);
    }
    assert!(learner.restore(&[("window", &window), ("new", &[4.0]), ("damping", &one)]).is_ok());
    assert!(learner.restore(&[("window", &window), ("damping", &one)]).is_err());
}

#[test]
fn values_that_can_not_be_squared_move_nothing() {
    let mut control = Step { w: DVector::zeros(2) };
    let mut learner = GaussNewton::new(&control, 1).unwrap();
    learner.remember(&[0.0], &[1.0], 1e300).unwrap();
    learner.step(&mut control, &mut Stream::new(1, 0, 0)).unwrap();
    assert_eq!(control.w, DVector::zeros(2));
}
