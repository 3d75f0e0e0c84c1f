//! Recursive least squares, against direct solutions, the estimator itself, and what a scale must not change.

use nalgebra::{DMatrix, DVector};
use voidgrad_real::sigmoid;

use super::*;
use crate::controls::{Basis, Constant, Perceptron, Rebar, Relax, Zero};

fn toy(b: f64) -> f64 {
    (b - 0.499).powi(2)
}

/// The rounds that the tests learn from: logit, b and f.
const ROUNDS: [[f64; 3]; 8] = [
    [0.3, 0.0, 0.25],
    [0.3, 1.0, 0.75],
    [0.2, 1.0, 0.5],
    [0.1, 0.0, 1.0],
    [0.1, 1.0, -0.5],
    [0.0, 0.0, 0.25],
    [-0.1, 0.0, 0.5],
    [-0.1, 1.0, 2.0],
];

fn learn(learner: &mut LeastSquares, control: &mut impl Control, [a, b, f]: [f64; 3], stream: &mut Stream) {
    learner.step(control, [&[a], &[b], &[f]], stream).unwrap();
}

/// The draws of a step: `ĝ` and the whole Jacobian, at the control as it is.
fn drawn(
    learner: &LeastSquares,
    control: &impl Control,
    [a, b, f]: [f64; 3],
    mut stream: Stream,
) -> Vec<(f64, DMatrix<f64>)> {
    let draw = |_| {
        let mut noise = [0.0; 2];
        stream.fill_open01(&mut noise);
        let mut estimate = Estimate::new(1);
        estimate.redraw(&[a], &[b], f, Noise::new(&noise[..1], &noise[1..]).unwrap());
        estimate.combine(control);
        (estimate.gradient[0], estimate.jacobian(control))
    };
    (0..learner.draws()).map(draw).collect()
}

/// The claim of the whole module, by a singular value decomposition of all weighted equations of the past.
#[test]
fn a_step_is_the_direct_solution_of_all_discounted_equations() {
    let mut control = Basis::flat().unwrap();
    let mut learner = LeastSquares::new(&control, (1, 1), 0.01).unwrap();
    assert_eq!((learner.draws(), learner.memory(), learner.uniforms()), (6, 60.0, 12));
    let mut stream = Stream::new(5, 0, 1);
    // A row, its right-hand side, and the number of its round.
    let mut equations: Vec<(DVector<f64>, f64, f64)> = Vec::new();
    for (round, told) in ROUNDS.into_iter().enumerate() {
        let phi = control.phi();
        for (g, jacobian) in drawn(&learner, &control, told, stream.clone()) {
            let row = jacobian.row(0).transpose();
            equations.push((row.clone(), row.dot(&phi) - g, round as f64));
        }
        learn(&mut learner, &mut control, told, &mut stream);
        let weight = |then: f64| (-(round as f64 - then) / 60.0).exp();
        let total: f64 = (0..=round).map(|then| weight(then as f64)).sum();
        let mut matrix = DMatrix::zeros(equations.len() + 6, 6);
        let mut right = DVector::zeros(equations.len() + 6);
        for (i, (row, y, then)) in equations.iter().enumerate() {
            let root = (weight(*then) / 6.0).sqrt();
            matrix.row_mut(i).copy_from(&(root * row.transpose()));
            right[i] = root * y;
        }
        for n in 0..6 {
            let stiffness = matrix.column(n).norm() / total.sqrt();
            matrix[(equations.len() + n, n)] = stiffness;
            right[equations.len() + n] = stiffness * phi[n];
        }
        let expected = matrix.svd(true, true).solve(&right, 1e-15).unwrap();
        // Both are backward stable; the further equations keep the condition below some 10⁴.
        let error = (control.phi() - &expected).norm();
        assert!(error < 1e-10 * expected.norm(), "round {round}: {error} of {}", expected.norm());
    }
}

/// REBAR's η is linear, and its λ is not.
#[test]
fn adam_moves_the_other_parameters_along_the_gradient_of_the_variance() {
    let mut control = Rebar::new(0.7, 0.5, 0.499).unwrap();
    let mut learner = LeastSquares::new(&control, (1, 1), 0.02).unwrap();
    let mut adam = Adam::new(1, 0.02).unwrap();
    let mut stream = Stream::new(5, 0, 1);
    let mut ln_lambda = [control.phi()[1]];
    for told in ROUNDS {
        let draws = drawn(&learner, &control, told, stream.clone());
        let count = draws.len() as f64;
        let gradient: f64 = draws.iter().map(|(g, jacobian)| 2.0 * g * jacobian[(0, 1)]).sum::<f64>() / count;
        adam.step(&mut ln_lambda, &[gradient]).unwrap();
        let eta = control.phi()[0];
        learn(&mut learner, &mut control, told, &mut stream);
        // The same terms in the same order, but for a factor of each.
        assert!((control.phi()[1] - ln_lambda[0]).abs() < 1e-12);
        assert!(control.phi()[0] != eta);
    }
}

/// The mean of ĝ² over 4,000 draws of one noise, b included.
fn mean_square(control: &impl Control, f: impl Fn(f64) -> f64) -> f64 {
    let mut noise = Stream::new(9, 0, 0);
    let squares = (0..4_000).map(|_| {
        let mut numbers = [0.0; 3];
        noise.fill_open01(&mut numbers);
        let b = f64::from(numbers[2] < sigmoid(0.3));
        let mut estimate = Estimate::new(1);
        estimate.redraw(&[0.3], &[b], f(b), Noise::new(&numbers[..1], &numbers[1..2]).unwrap());
        estimate.combine(control);
        estimate.gradient[0].powi(2)
    });
    squares.sum::<f64>() / 4_000.0
}

/// b of a round at the logit 0.3.
fn b_of(stream: &mut Stream) -> f64 {
    let mut uniform = [0.0];
    stream.fill_open01(&mut uniform);
    f64::from(uniform[0] < sigmoid(0.3))
}

/// Six smooth steps for two values of f. Along the gradient of the variance this takes thousands of steps.
#[test]
fn forty_evaluations_take_most_of_the_variance_away_and_a_new_f_is_learned_in_the_place_of_the_old() {
    for run in 0..3 {
        let mut control = Basis::flat().unwrap();
        let mut learner = LeastSquares::new(&control, (1, 1), 0.01).unwrap();
        let [mut own, mut samples] = [1, 2].map(|row| Stream::new(5, run, row));
        let other = |b: f64| 3.0 - 2.0 * b;
        let mut train = |control: &mut Basis, rounds: u32, f: &dyn Fn(f64) -> f64| {
            for _ in 0..rounds {
                let b = b_of(&mut samples);
                learn(&mut learner, control, [0.3, b, f(b)], &mut own);
            }
        };
        let start = mean_square(&control, toy);
        train(&mut control, 40, &toy);
        let end = mean_square(&control, toy);
        assert!(end < 1e-3 * start, "run {run}: {end} after {start}");
        // After 9 times the memory, e⁻⁹ of the weight of the old equations is left. What no control takes away is the squared mean of ĝ; fitting to it adds a twentieth, and twice as much is
        // allowed.
        let theta: f64 = sigmoid(0.3);
        let least = (2.0 * theta * (1.0 - theta)).powi(2);
        train(&mut control, 540, &other);
        let end = mean_square(&control, other);
        assert!(end < 1.1 * least, "run {run}: {end}, and {least} is the least");
    }
}

/// All that is linear is also homogeneous: φ of a larger f is larger by the same factor.
#[test]
fn the_size_of_f_changes_nothing_but_the_size_of_phi() {
    let solution = |scale: f64| {
        let mut control = Basis::flat().unwrap();
        let mut learner = LeastSquares::new(&control, (1, 1), 0.01).unwrap();
        let mut stream = Stream::new(5, 0, 1);
        for [a, b, f] in ROUNDS {
            learn(&mut learner, &mut control, [a, b, scale * f], &mut stream);
        }
        control.phi() / scale
    };
    let expected = solution(1.0);
    for scale in [1e-280, 1e-9, 1e12, 1e280] {
        // The condition of some 10⁴ times rounding.
        assert!((solution(scale) - &expected).norm() < 1e-10 * expected.norm(), "{scale}");
    }
}

/// η times a small function beside others that are large: each has its own scale.
#[test]
fn a_parameter_of_a_tiny_function_is_learned_as_the_others_are() {
    let triangle = |scale: f64| {
        let mut triangle = Triangle::new(2);
        for (x, y) in [(1.0, 2.0), (2.0, 3.0), (3.0, 5.0)] {
            triangle.rotate(0, &mut [1.0, scale * x], y);
        }
        let scales = triangle.scales();
        let x = triangle.nearest(&[0.0, 0.0], &[scales[0] * 0.1, scales[1] * 0.1]);
        [x[0], scale * x[1]]
    };
    let expected = triangle(1.0);
    for scale in [1e-200, 1e200] {
        let found = triangle(scale);
        // A 2 × 2 problem with a condition below 10.
        let error = (found[0] - expected[0]).abs().max((found[1] - expected[1]).abs());
        assert!(error < 1e-13, "{found:?} instead of {expected:?}");
    }
    // What has no equation stays.
    let mut empty = Triangle::new(2);
    empty.rotate(0, &mut [2.0, 0.0], 4.0);
    assert_eq!(empty.nearest(&[0.0, 7.0], &[0.0, 1.0]), [2.0, 7.0]);
}

/// Four variables and an f with pairs: most of the variance stays, whatever φ is. L/(2T) = 1/20 of it is what the documentation promises to add at most.
#[test]
fn fitting_to_noise_adds_little_of_it() {
    let f = |b: &[f64]| b[0] * b[1] * 4.0 - 3.0 * b[2] * b[3] + b[0];
    let logits = [0.0; 4];
    let square = |control: &Basis, noise: &[f64], estimate: &mut Estimate| {
        let b: Vec<f64> = noise[8..].iter().map(|u| f64::from(*u > 0.5)).collect();
        estimate.redraw(&logits, &b, f(&b), Noise::new(&noise[..4], &noise[4..8]).unwrap());
        estimate.combine(control);
        estimate.gradient.norm_squared()
    };
    let (mut control, mut best) = (Basis::flat().unwrap(), Basis::flat().unwrap());
    let mut learner = LeastSquares::new(&control, (1, 4), 0.01).unwrap();
    let mut estimate = Estimate::new(4);
    let rounds = 3_000;
    let noise = |run: u64| {
        let mut samples = Stream::new(5, run, 2);
        move || {
            let mut noise = [0.0; 12];
            samples.fill_open01(&mut noise);
            noise
        }
    };
    // The best φ of as many other draws: their sum is a quadratic form. Its own excess is 6/3,000.
    let mut normal = (DMatrix::zeros(6, 6), DVector::zeros(6));
    let mut next = noise(1);
    for _ in 0..rounds {
        square(&best, &next(), &mut estimate);
        let jacobian = estimate.jacobian(&best);
        normal.0.gemm_tr(1.0, &jacobian, &jacobian, 1.0);
        normal.1.gemv_tr(-1.0, &jacobian, &estimate.gradient, 1.0);
    }
    best.set_phi(normal.0.cholesky().unwrap().solve(&normal.1).as_view()).unwrap();
    let (mut own, mut next) = (Stream::new(5, 0, 1), noise(0));
    let mut sums = [0.0; 2];
    for round in 0..rounds {
        let noise = next();
        if round >= 300 {
            sums[0] += square(&best, &noise, &mut estimate);
            sums[1] += square(&control, &noise, &mut estimate);
        } else {
            square(&control, &noise, &mut estimate);
        }
        let (b, value) = (estimate.b.clone(), estimate.f);
        learner.step(&mut control, [&logits, &b, &[value]], &mut own).unwrap();
    }
    // Both sums are over the same draws. The excess has a standard error of some hundredth, from the products of ĝ with the error of φ: three of them above a twentieth.
    let excess = sums[1] / sums[0] - 1.0;
    assert!((0.0..0.08).contains(&excess), "{excess}");
}

#[test]
fn a_restored_learner_continues_with_the_same_bits() {
    let mut control = Rebar::new(0.7, 0.5, 0.499).unwrap();
    let mut whole = LeastSquares::new(&control, (1, 1), 0.01).unwrap();
    let mut stream = Stream::new(5, 0, 1);
    for told in &ROUNDS[..4] {
        learn(&mut whole, &mut control, *told, &mut stream);
    }
    let mut other_control = control.clone();
    let mut other = LeastSquares::new(&control, (1, 1), 0.01).unwrap();
    let state = whole.state();
    let borrowed: Vec<(&str, &[f64])> = state.iter().map(|(name, values)| (*name, &**values)).collect();
    other.restore(&borrowed).unwrap();
    let mut other_stream = stream.clone();
    for told in &ROUNDS[4..] {
        learn(&mut whole, &mut control, *told, &mut stream);
        learn(&mut other, &mut other_control, *told, &mut other_stream);
    }
    assert_eq!((control, whole.state()), (other_control, other.state()));
}

#[test]
fn what_does_not_fit_is_refused_and_changes_nothing() {
    let mut stream = Stream::new(5, 0, 1);
    let refusal = |control: &dyn Control, variables: usize| {
        LeastSquares::new(control, (1, variables), 0.01).unwrap_err().to_string()
    };
    assert!(refusal(&Zero, 1).starts_with("the control has 0 parameters that enter it linearly"));
    let relax = Relax::draw(0.5, 0.499, &mut stream).unwrap();
    assert!(refusal(&relax, 1).starts_with("the control has 0 parameters that enter it linearly"));
    let wide = Perceptron::draw(1, LARGEST, &mut stream).unwrap();
    assert!(refusal(&wide, 1).starts_with("the control has 513 parameters that enter it linearly"));
    let basis = Basis::flat().unwrap();
    assert_eq!(refusal(&basis, 0), "variables = 0 is not at least 1");
    assert_eq!(
        LeastSquares::new(&basis, (1, 1), 0.0).unwrap_err().to_string(),
        LeastSquares::new(&Constant::new(0.0).unwrap(), (1, 1), 0.0).unwrap_err().to_string()
    );

    let mut control = Rebar::new(0.7, 0.5, 0.499).unwrap();
    let mut learner = LeastSquares::new(&control, (1, 1), 0.01).unwrap();
    learn(&mut learner, &mut control, ROUNDS[0], &mut stream);
    let before = (learner.state(), control.clone());
    let (one, two): ([f64; 1], [f64; 2]) = ([1.0], [1.0, 0.0]);
    for told in [[&two[..], &one, &one], [&one, &two, &one], [&one, &one, &two], [&one, &one, &[f64::NAN]]] {
        assert!(learner.step(&mut control, told, &mut stream).is_err());
    }
    assert!(learner.step(&mut Constant::new(0.0).unwrap(), [&one, &one, &one], &mut stream).is_err());
    // A derivative that no number holds is a gradient that Adam refuses: ∂ĝ/∂λ grows with η, and is multiplied with ĝ.
    let mut large = Rebar::new(1e200, 0.5, 0.499).unwrap();
    assert!(learner.step(&mut large, [&one, &one, &[1e300]], &mut stream).is_err());
    assert_eq!(large, Rebar::new(1e200, 0.5, 0.499).unwrap());
    assert_eq!((learner.state(), control), before);

    for (name, values) in [
        ("triangle", vec![f64::INFINITY]),
        ("triangle", vec![]),
        ("right", vec![f64::NAN]),
        ("weight", vec![-1.0]),
        ("weight", vec![11.0]),
        ("weight", vec![1.0, 1.0]),
        ("m", vec![f64::NAN]),
        ("adam", vec![]),
    ] {
        let state = before.0.iter().map(|(other, entries)| {
            (*other, if *other == name { values.as_slice() } else { entries.as_slice() })
        });
        let state: Vec<(&str, &[f64])> = state.collect();
        assert!(learner.restore(&state).is_err(), "{name}: {values:?}");
        assert_eq!(learner.state(), before.0);
    }
}

#[test]
fn numbers_beyond_the_largest_teach_nothing() {
    let mut control = Constant::new(-1e308).unwrap();
    let mut learner = LeastSquares::new(&control, (1, 1), 0.01).unwrap();
    let before = learner.state();
    // f - c is infinite.
    learner.step(&mut control, [&[0.0], &[1.0], &[1e308]], &mut Stream::new(1, 0, 0)).unwrap();
    assert_eq!((control.phi()[0], learner.state()), (-1e308, before));
}

/// Examples have their own logits and values of f, and one control.
#[test]
fn a_round_of_examples_is_learned_from_as_rounds_of_one() {
    let f = [0.5, 2.0, -1.0];
    let (logits, b) = ([0.1, -0.2, 0.3, 0.0, 0.5, -0.5], [0.0, 1.0, 1.0, 1.0, 0.0, 0.0]);
    let mut control = Constant::new(0.0).unwrap();
    let mut learner = LeastSquares::new(&control, (3, 2), 0.01).unwrap();
    assert_eq!((learner.draws(), learner.uniforms()), (1, 12));
    learner.step(&mut control, [&logits, &b, &f], &mut Stream::new(1, 0, 0)).unwrap();
    // ĝ = (f - c)·(b - θ) for a constant c: least squares with the weights (b - θ)², and 1/3 of their sum for c = 0.
    let mut sums = [0.0; 2];
    for (n, f) in f.iter().enumerate() {
        for m in 2 * n..2 * n + 2 {
            let square = (b[m] - sigmoid(logits[m])).powi(2);
            sums[0] += square * f;
            sums[1] += square;
        }
    }
    // Six terms of the order of 1.
    assert!((control.phi()[0] - sums[0] / (sums[1] * (1.0 + 1.0 / 3.0))).abs() < 1e-14);
}
