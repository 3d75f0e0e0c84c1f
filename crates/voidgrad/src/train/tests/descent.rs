//! The loop of one variable and one sample a step, against the loop that every estimator has.

use super::super::{Cause, Outcome, Settings, Step, TrainError, train};
use super::{OBJECTIVE, start};
use crate::batch::tests::slowly;
use crate::bernoulli::Bernoulli;
use crate::control::Control;
use crate::controls::{Constant, Rebar, Relax, RelaxLinear, Zero};
use crate::error::EstimateError;
use crate::estimators::Estimate;
use crate::noise::{Noise, Stream};
use crate::objective::Objective;

fn stream() -> Stream {
    Stream::new(3, 0, 0)
}

/// The logit and φ after every step.
fn path<C: Control + Send + Sync>(
    start: &Bernoulli,
    objective: &impl Objective,
    control: C,
    (iterations, batch): (u64, usize),
) -> Vec<Vec<f64>> {
    let settings = Settings { iterations, batch, seed: 7, ..Settings::default() };
    let mut path = Vec::new();
    let mut observer = |state: &Step<'_>| {
        let mut all = state.distribution.logits().to_vec();
        all.extend_from_slice(state.estimator.control().unwrap().phi().as_slice());
        path.push(all);
    };
    let outcome = train(start.clone(), objective, control, &settings, 0, &mut observer).unwrap();
    let Outcome { distribution: end, estimator: control } = outcome;
    assert_eq!(path.len() as u64, iterations + 1);
    let last = path.last().unwrap();
    let (logits, phi) = last.split_at(start.len());
    assert_eq!((logits, phi), (end.logits(), control.phi().as_slice()));
    path
}

/// Adam moves a parameter by at most the learning rate a step, or a little more, and what a gradient is rounded by is a part of
/// that: the bound is the farthest way times the rounding errors of some hundred operations, which steps pass on.
fn assert_same_path<C: Control + Clone + Send + Sync>(
    start: &Bernoulli,
    objective: &impl Objective,
    control: C,
    batch: usize,
) {
    const STEPS: u64 = 500;
    let own = path(start, objective, control.clone(), (STEPS, batch));
    let general = path(start, objective, slowly(control), (STEPS, batch));
    for (step, (own, general)) in own.iter().zip(&general).enumerate() {
        for (own, general) in own.iter().zip(general) {
            let difference = (own - general).abs();
            assert!(difference <= 1e-10 * 0.01 * STEPS as f64, "step {step}: {own} and {general}");
        }
    }
    assert_ne!(own[0], own[1]);
}

#[test]
fn both_loops_make_the_same_steps() {
    let start = start();
    assert_same_path(&start, &OBJECTIVE, Zero, 1);
    assert_same_path(&start, &OBJECTIVE, Constant::new(0.3).unwrap(), 1);
    assert_same_path(&start, &OBJECTIVE, Rebar::new(0.5, 0.7, 0.499).unwrap(), 1);
    assert_same_path(&start, &OBJECTIVE, Relax::draw(0.5, 0.499, &mut stream()).unwrap(), 1);
    assert_same_path(&start, &OBJECTIVE, RelaxLinear::draw(0.5, 0.499, &mut stream()).unwrap(), 1);
}

#[test]
fn several_variables_or_samples_are_left_to_the_other_loop() {
    let several = Bernoulli::from_probabilities(&[0.3, 0.5, 0.9]).unwrap();
    let control = Rebar::new(0.5, 0.7, 0.499).unwrap();
    assert_same_path(&several, &OBJECTIVE, control.clone(), 1);
    assert_same_path(&start(), &OBJECTIVE, control, 3);
}

/// On both sides of the logits up to which `e^±a` is taken.
#[test]
fn logits_far_out_are_passed_on_the_way() {
    for a in [-650.0, 650.0] {
        let start = Bernoulli::from_logits(&[a]).unwrap();
        let control = Rebar::new(0.5, 100.0, 0.499).unwrap();
        assert_same_path(&start, &OBJECTIVE, control.clone(), 1);
        let path = path(&start, &OBJECTIVE, control, (500, 1));
        let beyond = path.iter().filter(|state| state[0].abs() > 650.0).count();
        assert!(beyond > 0 && beyond < path.len(), "{beyond} of {} beyond", path.len());
    }
}

/// At every step: the gradients that the observer sees are those of the state before it, with the step's noise.
#[test]
fn what_the_observer_sees_of_a_step_belongs_together() {
    let control = Relax::draw(0.5, 0.499, &mut stream()).unwrap();
    let settings = Settings { iterations: 150, seed: 7, ..Settings::default() };
    let mut noise = Stream::new(7, 0, 0);
    let (mut before, mut estimate) = ((start(), control.phi()), Estimate::new(1));
    let mut again = control.clone();
    let mut observer = |state: &Step<'_>| {
        let seen = state.estimator.control().unwrap();
        if let Some(average) = state.average {
            let (bernoulli, phi) = &before;
            again.set_phi(phi.as_view()).unwrap();
            let mut pair = [0.0; 2];
            noise.fill_open01(&mut pair);
            let pair = Noise::new(&pair[..1], &pair[1..]).unwrap();
            estimate.update(bernoulli, &OBJECTIVE, &again, pair).unwrap();
            let close = |x: f64, y: f64| (x - y).abs() <= 1e-12 * (1.0 + x.abs());
            assert!(close(average.gradient[0], estimate.gradient[0]));
            assert_eq!(average.f, estimate.f);
            let variance_gradient = estimate.variance_gradient(&again);
            assert_eq!(average.variance_gradient.len(), variance_gradient.len());
            assert!(average.variance_gradient.iter().zip(&variance_gradient).all(|(x, y)| close(*x, *y)));
        }
        before = (state.distribution.clone(), seen.phi());
    };
    train(start(), &OBJECTIVE, control.clone(), &settings, 0, &mut observer).unwrap();
    assert_eq!(before.1.len(), 47);
}

/// ĝ is a number, and its product with a derivative that is as large as η is none.
#[test]
fn a_gradient_that_is_not_finite_ends_the_run_before_its_step() {
    let objective = |b: &[f64]| if b[0] > 0.5 { 1e300 } else { -1e300 };
    let control = Rebar::new(1e12, 0.5, 0.499).unwrap();
    let mut seen = 0;
    let mut observer = |_: &Step<'_>| seen += 1;
    let settings = Settings::default();
    let error = train(start(), &objective, control, &settings, 0, &mut observer).unwrap_err();
    let TrainError::Diverged { iteration, source, logits, gradient, control } = error else {
        panic!("{error}")
    };
    assert_eq!((iteration, seen), (1, 1));
    assert!(matches!(*source, Cause::Estimate(EstimateError::VarianceGradient { .. })), "{source}");
    assert_eq!(logits, [0.0]);
    assert!(gradient[0].abs() > 1e299);
    assert_eq!(control, [("eta".to_owned(), 1e12), ("lambda".to_owned(), 0.5)]);
}
