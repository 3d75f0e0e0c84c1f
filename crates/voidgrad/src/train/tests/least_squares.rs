//! Trainings whose control is learned by least squares, at once or recursively.

use super::{OBJECTIVE, start};
use crate::bernoulli::Bernoulli;
use crate::categorical::Categorical;
use crate::controls::{Basis, Relax, RelaxLinear, Zero};
use crate::error::ObjectiveError;
use crate::estimators::{Rloo, estimate};
use crate::noise::{Noise, Stream};
use crate::objective::{Objective, Points};
use crate::train::{ControlOptimiser, Settings, TrainError, Training};

/// The optimisers, each with an array of its state.
const LEARNED: [(ControlOptimiser, &str); 2] =
    [(ControlOptimiser::GaussNewton, "learner/window"), (ControlOptimiser::LeastSquares, "learner/triangle")];

fn settings(control_optimiser: ControlOptimiser) -> Settings {
    Settings { control_optimiser, seed: 3, ..Settings::default() }
}

fn control() -> RelaxLinear {
    RelaxLinear::draw(0.5, 0.499, &mut Stream::new(3, 0, u64::MAX)).unwrap()
}

/// θ is below 0.1 after 276 steps along the exact gradient, at most 503 along these estimates (140 runs), and some 6,700 if Adam moves φ.
#[test]
fn few_steps_more_than_along_the_exact_gradient_are_enough() {
    let settings = settings(ControlOptimiser::GaussNewton);
    let mut training = Training::new(start(), &OBJECTIVE, control(), &settings, 0).unwrap();
    training.advance(552).unwrap();
    assert!(training.distribution().probabilities()[0] < 0.1);
}

/// A control that is linear in all its parameters: of 140 runs the slowest took 418 steps.
#[test]
fn few_steps_more_are_enough_by_recursive_least_squares_too() {
    let settings = settings(ControlOptimiser::LeastSquares);
    let mut training = Training::new(start(), &OBJECTIVE, Basis::flat().unwrap(), &settings, 0).unwrap();
    training.advance(552).unwrap();
    assert!(training.distribution().probabilities()[0] < 0.1);
}

/// So ĝ is unbiased: its φ was there before its sample.
#[test]
fn an_estimate_is_made_with_what_was_learned_before_it() {
    for (optimiser, _) in LEARNED {
        let mut training = Training::new(start(), &OBJECTIVE, control(), &settings(optimiser), 0).unwrap();
        let mut noise = Stream::new(3, 0, 0);
        let mut moved = 0;
        for _ in 0..12 {
            let mut numbers = [0.0; 2];
            noise.fill_open01(&mut numbers);
            let (u, v) = numbers.split_at(1);
            let before = (training.distribution().clone(), training.estimator().clone());
            let expected = estimate(&before.0, &OBJECTIVE, &before.1, Noise::new(u, v).unwrap()).unwrap();
            training.step().unwrap();
            // The training's own sample goes through the control's kernel, which agrees to rounding; another φ would give another number in the first digits.
            let (found, expected) = (training.average().gradient[0], expected.gradient[0]);
            assert!((found - expected).abs() <= 1e-12 * expected.abs(), "{found} instead of {expected}");
            moved += usize::from(training.estimator() != &before.1);
        }
        assert!(moved >= 6, "{}: φ moved {moved} times", optimiser.name());
    }
}

#[test]
fn a_training_that_is_cut_and_restored_continues_with_the_same_bits() {
    for (optimiser, array) in LEARNED {
        let make = || Training::new(start(), &OBJECTIVE, control(), &settings(optimiser), 0).unwrap();
        let mut whole = make();
        whole.advance(20).unwrap();
        let mut first = make();
        first.advance(7).unwrap();
        let mut second = make();
        second.restore(&first.state()).unwrap();
        second.advance(13).unwrap();
        assert_eq!(second.state(), whole.state());
        let mut state = first.state();
        assert!(state.extras.remove(array).is_some());
        assert!(second.restore(&state).is_err());
        assert_eq!(second.state(), whole.state());
    }
}

/// f that can't be had from one call on, until it can.
struct Failing {
    fails: std::sync::atomic::AtomicBool,
}

impl Objective for Failing {
    fn values(&self, points: Points<'_>, f: &mut [f64]) -> Result<(), ObjectiveError> {
        if self.fails.load(std::sync::atomic::Ordering::Relaxed) {
            return Err("no answer".into());
        }
        OBJECTIVE.values(points, f)
    }
}

#[test]
fn a_step_that_fails_teaches_nothing() {
    for (optimiser, _) in LEARNED {
        let (settings, objective) = (settings(optimiser), Failing { fails: false.into() });
        let mut training = Training::new(start(), &objective, control(), &settings, 0).unwrap();
        training.advance(5).unwrap();
        let before = training.state();
        objective.fails.store(true, std::sync::atomic::Ordering::Relaxed);
        assert!(training.step().is_err());
        assert_eq!(training.state(), before);
        objective.fails.store(false, std::sync::atomic::Ordering::Relaxed);
        training.advance(5).unwrap();
        let mut whole = Training::new(start(), &OBJECTIVE, control(), &settings, 0).unwrap();
        whole.advance(10).unwrap();
        assert_eq!(training.state(), whole.state());
    }
}

#[test]
fn what_has_nothing_to_learn_is_refused() {
    let refusal = |error: TrainError| error.to_string();
    let settings = || settings(ControlOptimiser::GaussNewton);
    let error = Training::new(start(), &OBJECTIVE, Rloo::new(2).unwrap(), &settings(), 0).err().unwrap();
    assert!(refusal(error).ends_with("the estimator has no control"));
    let error = Training::new(start(), &OBJECTIVE, Zero, &settings(), 0).err().unwrap();
    assert!(refusal(error).ends_with("the control has no parameter"));
    let rows = Categorical::from_logits(&[0.0; 3], 3).unwrap();
    let f = |b: &[f64]| b[0];
    let error = Training::new(rows, &f, Rloo::new(2).unwrap(), &settings(), 0).err().unwrap();
    assert!(refusal(error).ends_with("the variables are others"));
    let two = Bernoulli::from_logits(&[0.0; 2]).unwrap();
    assert!(Training::new(two, &OBJECTIVE, control(), &settings(), 0).is_ok());
    let settings = self::settings(ControlOptimiser::LeastSquares);
    let relax = Relax::draw(0.5, 0.499, &mut Stream::new(3, 0, u64::MAX)).unwrap();
    let error = Training::new(start(), &OBJECTIVE, relax, &settings, 0).err().unwrap();
    assert!(refusal(error).contains("the control has 0 parameters that enter it linearly"));
}
