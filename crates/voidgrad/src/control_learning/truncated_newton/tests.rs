//! Against direct solutions of the same equations, and states of its own.

use nalgebra::DMatrix;
use voidgrad_macros::control;
use voidgrad_real::sigmoid;

use super::*;
use crate::batch::Plate;
use crate::bernoulli::Bernoulli;
use crate::controls::Zero;

const ROWS: usize = 30;

/// A control of two variables with an x for each example, linear in its first three parameters.
#[control(positive(lambda), each(x))]
fn bent(z: &[f64; 2], x: f64, eta: f64, slope: f64, shift: f64, lambda: f64) -> f64 {
    eta * sigmoid(z[0] / lambda) * (x + sigmoid(z[1] / lambda)) + slope * sigmoid(z[1] / lambda) + shift
}

fn x(row: usize) -> f64 {
    (0.7 * row as f64).sin()
}

fn control() -> Bent {
    let mut control = Bent::new(0.1, -0.2, 0.3, 0.5).unwrap();
    control.set_x(&(0..ROWS).map(x).collect::<Vec<f64>>()).unwrap();
    control
}

/// Logits, b and f of a round.
fn round(number: u64) -> [Vec<f64>; 3] {
    let logits: Vec<f64> = (0..2 * ROWS).map(|i| (1.3 * i as f64).cos()).collect();
    let mut plate = Plate::new(Bernoulli::from_logits(&[0.0; 2]).unwrap(), ROWS);
    plate.ask(&control(), &logits, &mut Stream::new(1, number, 0)).unwrap();
    let b = plate.points().to_vec();
    let f = b.chunks(2).enumerate().map(|(row, b)| b[0] * (x(row) + b[1]) - 0.3).collect();
    [logits, b, f]
}

fn borrowed(round: &[Vec<f64>; 3]) -> [&[f64]; 3] {
    [&round[0], &round[1], &round[2]]
}

/// What is left of the equations is at most what conjugate gradients end at.
#[test]
fn conjugate_gradients_solve_the_equations() {
    let mut control = control();
    let [logits, b, f] = round(0);
    let noise: Vec<f64> = (0..4 * ROWS).map(|i| 0.5 + 0.4 * (2.1 * i as f64).sin()).collect();
    let roots = (0..2 * ROWS).map(|i| 1.0 + 0.5 * (i as f64).sin()).collect();
    let problem = Problem { control: &mut control, draws: Draws::new(&logits, &b, &f, &noise), roots };
    let mut jacobian = DMatrix::zeros(2 * ROWS, 4);
    for n in 0..4 {
        let mut direction = DVector::zeros(4);
        direction[n] = 1.0;
        jacobian.set_column(n, &problem.along(&direction));
    }
    let residuals = problem.residuals();
    let right = -jacobian.tr_mul(&residuals);
    assert!((problem.transposed(&residuals) + &right).norm() < 1e-10 * right.norm());
    let scales = DVector::from_vec(vec![1.0, 2.0, 3.0, 4.0]);
    let found = problem.solve(0.1, &scales, &right);
    let error = jacobian.tr_mul(&(&jacobian * &found)) + 0.1 * scales.component_mul(&found) - &right;
    // The end is measured in the norm of the inverse scales, which are within a factor of 4.
    assert!(error.norm() <= 2.0 * RESIDUAL * right.norm(), "{found} leaves {error} of {right}");
}

/// The mean square of Jᵀ with random signs is the diagonal of `JᵀJ`.
#[test]
fn scales_are_near_the_diagonal() {
    let mut control = control();
    let [logits, b, f] = round(0);
    let noise: Vec<f64> = (0..4 * ROWS).map(|i| 0.5 + 0.4 * (2.1 * i as f64).sin()).collect();
    let draws = Draws::new(&logits, &b, &f, &noise);
    let problem = Problem { control: &mut control, draws, roots: vec![1.0; 2 * ROWS] };
    let mut sum = DVector::zeros(4);
    for run in 0..100 {
        let mut signs = vec![0.0; PROBES * 2 * ROWS];
        Stream::new(4, run, 0).fill_open01(&mut signs);
        sum += scales(&problem, &signs) / 100.0;
    }
    for n in 0..4 {
        let mut direction = DVector::zeros(4);
        direction[n] = 1.0;
        let expected = problem.along(&direction).norm_squared();
        // 400 products: a standard error of √(2/400) = 7 %, of which this is five.
        assert!((sum[n] / expected - 1.0).abs() < 0.35, "{n}: {} instead of {expected}", sum[n]);
    }
}

/// f is a constant, which the control can be: then nothing is left of `ĝ`.
#[test]
fn a_few_rounds_are_enough() {
    let mut control = control();
    let mut learner = TruncatedNewton::new(&control, (ROWS, 2)).unwrap();
    let mut stream = Stream::new(2, 0, 1);
    let squares = |control: &Bent| {
        let [logits, b, _] = round(100);
        let mut noise = vec![0.0; 4 * ROWS];
        Stream::new(7, 0, 0).fill_open01(&mut noise);
        let mut estimates = vec![0.0; 2 * ROWS];
        Draws::new(&logits, &b, &[5.0; ROWS], &noise).estimates(control, &mut estimates);
        estimates.iter().map(|g| g * g).sum::<f64>()
    };
    let start = squares(&control);
    for number in 0..20 {
        let [logits, b, _] = round(number);
        learner.step(&mut control, [&logits, &b, &[5.0; ROWS]], &mut stream).unwrap();
    }
    let end = squares(&control);
    assert!(end < 1e-4 * start, "{end} after {start}, at {:?}", control.named());
}

#[test]
fn a_restored_learner_continues_with_the_same_bits() {
    let (mut one, mut stream) = (control(), Stream::new(2, 0, 1));
    let mut whole = TruncatedNewton::new(&one, (ROWS, 2)).unwrap();
    (0..3).for_each(|number| whole.step(&mut one, borrowed(&round(number)), &mut stream).unwrap());
    let (mut another, mut other_stream) = (one.clone(), stream.clone());
    let mut other = TruncatedNewton::new(&another, (ROWS, 2)).unwrap();
    let state = whole.state();
    let arrays: Vec<(&str, &[f64])> = state.iter().map(|(name, values)| (*name, &**values)).collect();
    other.restore(&arrays).unwrap();
    whole.step(&mut one, borrowed(&round(3)), &mut stream).unwrap();
    other.step(&mut another, borrowed(&round(3)), &mut other_stream).unwrap();
    assert_eq!((one.phi(), whole.state()), (another.phi(), other.state()));
}

#[test]
fn what_does_not_fit_is_refused() {
    let one = control();
    let error = TruncatedNewton::new(&one, (3, 2)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "a round has 6 equations, and least squares for 4 parameters take at least 8: more rows are needed"
    );
    assert!(TruncatedNewton::new(&one, (ROWS, 3)).is_err());
    let mut learner = TruncatedNewton::new(&one, (ROWS, 2)).unwrap();
    let (whole, mut stream) = (round(0), Stream::new(2, 0, 1));
    let [logits, b, f] = borrowed(&whole);
    for told in [[&logits[1..], b, f], [logits, &b[1..], f], [logits, b, &f[1..]]] {
        assert!(learner.step(&mut one.clone(), told, &mut stream).is_err());
    }
    assert!(learner.step(&mut Zero, [logits, b, f], &mut stream).is_err());
    let few = Bent::new(0.1, -0.2, 0.3, 0.5).unwrap();
    assert!(learner.step(&mut few.clone(), [logits, b, f], &mut stream).is_err());
    assert!(learner.restore(&[("damping", &[f64::NAN])]).is_err());
    assert!(learner.restore(&[]).is_err());
}

#[test]
fn values_that_can_not_be_squared_move_nothing() {
    let (mut one, [logits, b, _]) = (control(), round(0));
    let mut learner = TruncatedNewton::new(&one, (ROWS, 2)).unwrap();
    let before = one.phi();
    learner.step(&mut one, [&logits, &b, &[1e300; ROWS]], &mut Stream::new(2, 0, 1)).unwrap();
    assert_eq!(one.phi(), before);
}
