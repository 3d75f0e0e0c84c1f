//! Replay, against the gradient of the estimates that it draws, and against states of its own.

use voidgrad_macros::control;
use voidgrad_real::sigmoid;

use super::*;
use crate::batch::Plate;
use crate::bernoulli::Bernoulli;
use crate::control::OfExample;
use crate::controls::{RelaxLinear, Zero};
use crate::estimators::Estimate;
use crate::noise::Noise;

/// More than a group of lanes, and not a multiple of one.
const ROWS: usize = 21;

/// A control of two variables with an x for each example.
#[control(positive(lambda), each(x))]
fn bent(z: &[f64; 2], x: f64, eta: f64, lambda: f64, shift: f64) -> f64 {
    eta * sigmoid(z[0] / lambda) * (x + sigmoid(z[1] / lambda)) + shift
}

fn f(b: &[f64], x: f64) -> f64 {
    b[0] * (x + b[1]) - 0.3
}

fn x(row: usize) -> f64 {
    (0.7 * row as f64).sin()
}

fn logits(round: usize) -> Vec<f64> {
    (0..2 * ROWS).map(|i| (1.3 * i as f64 + round as f64).cos()).collect()
}

fn control(rows: usize) -> Bent {
    let mut control = Bent::new(0.4, 0.5, 0.1).unwrap();
    control.set_x(&(0..rows).map(|row| x(row % ROWS)).collect::<Vec<f64>>()).unwrap();
    control
}

/// A learner that has seen so many rounds.
fn learner(rounds: usize) -> Replay {
    let control = control(ROWS);
    let mut replay = Replay::new(&control, (ROWS, 2), 0.01).unwrap();
    let mut stream = Stream::new(1, 0, 0);
    let mut plate = Plate::new(Bernoulli::from_logits(&[0.0; 2]).unwrap(), ROWS);
    for round in 0..rounds {
        let logits = logits(round);
        plate.ask(&control, &logits, &mut stream).unwrap();
        let values: Vec<f64> = plate.points().chunks(2).enumerate().map(|(row, b)| f(b, x(row))).collect();
        replay.remember(&logits, plate.points(), &values).unwrap();
    }
    replay
}

/// `(1/N)Σ‖ĝ‖²` of what was drawn, one row after the other.
fn squares(replay: &Replay, control: &impl Control) -> f64 {
    let (Rows { logits, b, f, noise, .. }, m) = (&replay.rows, replay.window.variables());
    let rows = logits.chunks(m).zip(b.chunks(m)).zip(f.iter().zip(noise.chunks(2 * m))).enumerate();
    let mut estimate = Estimate::new(m);
    let sum: f64 = rows
        .map(|(row, ((logits, b), (f, noise)))| {
            let (u, v) = noise.split_at(m);
            estimate.redraw(logits, b, *f, Noise::trusted(u, v));
            estimate.combine(&OfExample::new(control, row));
            estimate.gradient.norm_squared()
        })
        .sum();
    sum / f.len() as f64
}

/// Finite differences with an h of 1e-5 have errors of h² times third derivatives of order 1, and of rounding over h: 1e-9 of a sum of order 1 leaves room for a factor of 10.
#[test]
fn a_step_goes_along_the_gradient_of_what_was_drawn() {
    let mut replay = learner(3).with_rounds(2).unwrap();
    let mut control = control(2 * ROWS);
    assert_eq!(replay.draw(&mut Stream::new(2, 0, 0)).len(), 2);
    replay.add_up(&control);
    let found = replay.phi_bar.clone();
    let phi = control.phi();
    for (n, found) in found.iter().enumerate() {
        let mut at = |h: f64| {
            let mut moved = phi.clone();
            moved[n] += h;
            control.set_phi(moved.as_view()).unwrap();
            squares(&replay, &control)
        };
        let expected = (at(1e-5) - at(-1e-5)) / 2e-5;
        assert!((found - expected).abs() < 1e-8, "{n}: {found} instead of {expected}");
    }
}

/// Adam's first step is its learning rate for each parameter, against the sign of the gradient.
#[test]
fn the_first_step_is_adams() {
    let mut replay = learner(1);
    let mut control = control(ROWS);
    let before = control.phi();
    replay.draw(&mut Stream::new(2, 0, 0));
    replay.step(&mut control).unwrap();
    for ((to, from), slope) in control.phi().iter().zip(before.iter()).zip(&replay.phi_bar) {
        assert!((to - from + 0.01 * slope.signum()).abs() < 1e-6);
    }
}

/// One variable, whose two values of f a network of 47 parameters can tell apart.
#[test]
fn the_variance_falls_without_new_evaluations() {
    let mut control = RelaxLinear::draw(0.5, 0.499, &mut Stream::new(1, 0, 0)).unwrap();
    let mut replay = Replay::new(&control, (4, 1), 0.01).unwrap().with_rounds(8).unwrap();
    let toy = |b: f64| (b - 0.499_f64).powi(2);
    replay.remember(&[0.3; 4], &[0.0, 1.0, 1.0, 0.0], &[toy(0.0), toy(1.0), toy(1.0), toy(0.0)]).unwrap();
    let mut stream = Stream::new(3, 0, 0);
    // The mean of 20 draws before their steps.
    let mut descend = |steps: usize| -> f64 {
        let mut sum = 0.0;
        for step in 0..steps {
            replay.draw(&mut stream);
            if step < 20 {
                sum += squares(&replay, &control) / 20.0;
            }
            replay.step(&mut control).unwrap();
        }
        sum
    };
    let start = descend(1_000);
    let end = descend(20);
    assert!(end < 0.05 * start, "{end} after {start}");
}

#[test]
fn old_rounds_are_forgotten() {
    let replay = learner(ROUNDS + 4);
    assert_eq!(replay.remembered(), ROUNDS);
    assert_eq!(replay.window.newest(0)[0], logits(ROUNDS + 3));
    assert_eq!(replay.window.newest(ROUNDS - 1)[0], logits(4));
    // Fewer of many numbers.
    assert_eq!([most_rounds(1, 1), most_rounds(100, 200), most_rounds(1_000, 10_000)], [256, 52, 32]);
}

#[test]
fn a_restored_learner_continues_with_the_same_bits() {
    let (mut whole, mut one) = (learner(3), control(ROWS));
    let mut stream = Stream::new(2, 0, 0);
    for _ in 0..3 {
        whole.draw(&mut stream);
        whole.step(&mut one).unwrap();
    }
    let (mut other, mut another, mut other_stream) = (learner(0), one.clone(), stream.clone());
    let state = whole.state();
    let borrowed: Vec<(&str, &[f64])> = state.iter().map(|(name, values)| (*name, &**values)).collect();
    other.restore(&borrowed).unwrap();
    for (replay, control, stream) in
        [(&mut whole, &mut one, &mut stream), (&mut other, &mut another, &mut other_stream)]
    {
        replay.draw(stream);
        replay.step(control).unwrap();
    }
    assert_eq!((one.phi(), whole.state()), (another.phi(), other.state()));
}

#[test]
fn what_does_not_fit_is_refused_and_changes_nothing() {
    let mut replay = learner(2);
    let one = control(ROWS);
    assert!(Replay::new(&one, (0, 2), 0.1).is_err());
    assert!(Replay::new(&one, (ROWS, 3), 0.1).is_err());
    assert!(Replay::new(&one, (ROWS, 2), 0.0).is_err());
    assert!(learner(0).with_rounds(0).is_err());
    assert!(replay.remember(&[0.0; 2], &[1.0; 2], &[0.5]).is_err());
    let before = replay.state();
    for (place, numbers) in [
        (0, vec![f64::NAN; 5 * ROWS]),
        (0, vec![0.5; 5 * ROWS]),
        (0, vec![0.0; 3]),
        (1, vec![2.0, 0.5, 0.0]),
        (1, vec![0.5]),
        (2, vec![0.0]),
        (3, vec![-1.0; 3]),
    ] {
        let mut state = before.clone();
        state[place].1 = numbers;
        let borrowed: Vec<(&str, &[f64])> = state.iter().map(|(name, values)| (*name, &**values)).collect();
        assert!(replay.restore(&borrowed).is_err(), "{place}");
        assert_eq!(replay.state(), before);
    }
    // Data for fewer examples than a step has, and another φ.
    replay.draw(&mut Stream::new(2, 0, 0));
    assert!(replay.step(&mut control(ROWS - 1)).is_err());
    assert!(replay.step(&mut Zero).is_err());
    assert_eq!(replay.state(), before);
}

#[test]
fn nothing_moves_before_the_first_round() {
    let (mut replay, mut one) = (learner(0), control(ROWS));
    let before = one.phi();
    replay.draw(&mut Stream::new(2, 0, 0));
    replay.step(&mut one).unwrap();
    assert_eq!(one.phi(), before);
}

/// 21 rows of two variables and three parameters: 14 equations for each parameter in a round.
#[test]
fn there_are_as_many_steps_as_equations_for_each_parameter() {
    let steps: Vec<u64> = [0, 1, 2, 40].map(|rounds| learner(rounds).steps()).to_vec();
    assert_eq!(steps, [1, 14, 20, 20]);
    assert_eq!((learner(1).with_steps(5).steps(), learner(1).with_steps(0).steps()), (5, 0));
    assert_eq!(learner(1).most_steps(), STEPS);
}
