//! Everything that is refused, by its error; otherwise numbers are finite.

use super::{Process, process, table};
use crate::bernoulli::Bernoulli;
use crate::error::ObjectiveError;
use crate::rollout::{
    Baseline, Environment, RolloutError, Rollouts, Settings, TimeAverage, TimeAverageState, Transition,
};

fn bit() -> Bernoulli {
    Bernoulli::from_logits(&[0.0]).unwrap()
}

fn small() -> Rollouts<Process> {
    process(bit(), 2, Settings { rollouts: 2, horizon: 3, discount: 0.5 })
}

/// One state; each of three rewards, or an error.
#[derive(Debug, Clone)]
struct Line {
    rewards: Vec<f64>,
    time: usize,
    state: f64,
}

impl Environment for Line {
    fn dimension(&self) -> usize {
        1
    }

    fn reset(&mut self, _: &[f64]) -> Result<(), ObjectiveError> {
        self.time = 0;
        Ok(())
    }

    fn state(&self, state: &mut [f64]) {
        state[0] = if self.time > 0 { self.state } else { 0.0 };
    }

    fn step(&mut self, _: &[f64], _: &[f64]) -> Result<Transition, ObjectiveError> {
        let reward = *self.rewards.get(self.time).ok_or("no reward is left")?;
        self.time += 1;
        Ok(Transition { reward, is_over: false })
    }
}

fn line(rewards: &[f64], state: f64, horizon: usize) -> Rollouts<Line> {
    let line = Line { rewards: rewards.to_vec(), time: 0, state };
    Rollouts::new(line, bit(), Settings { rollouts: 2, horizon, discount: 1.0 }).unwrap()
}

#[expect(clippy::unnecessary_wraps, reason = "a policy may fail")]
fn zeros(_: &[f64], logits: &mut [f64]) -> Result<(), ObjectiveError> {
    logits.fill(0.0);
    Ok(())
}

#[test]
fn settings_outside_their_domain_are_refused() {
    let of = |settings| Rollouts::new(Process::default(), bit(), settings).unwrap_err().to_string();
    let settings = Settings::default();
    assert_eq!(of(Settings { rollouts: 0, ..settings }), "rollouts = 0 is not at least 1");
    assert_eq!(of(Settings { horizon: 0, ..settings }), "horizon = 0 is not at least 1");
    for discount in [-0.1, 1.5, f64::NAN] {
        let expected = format!("discount = {discount} is not a number in [0, 1]");
        assert_eq!(of(Settings { discount, ..settings }), expected);
    }
    for decay in [-0.1, 1.0, f64::NAN] {
        assert!(TimeAverage::new(decay).is_err());
    }
    let state = TimeAverageState { decay: 0.5, means: vec![1.0], weights: vec![1.0] };
    assert!(TimeAverage::from_state(&state).is_ok());
    for (means, weights) in [(vec![], vec![1.0]), (vec![f64::NAN], vec![1.0]), (vec![1.0], vec![-1.0])] {
        assert!(TimeAverage::from_state(&TimeAverageState { means, weights, ..state.clone() }).is_err());
    }
}

#[test]
fn what_fails_on_the_way_names_its_place_and_leaves_no_rows() {
    let made = |rollouts: &mut Rollouts<Line>| {
        let error = rollouts.draw(1, 0, 0, zeros).unwrap_err();
        assert_eq!((rollouts.decisions(), rollouts.returns(), rollouts.lengths().len()), (0, &[][..], 0));
        assert_eq!(rollouts.estimate(Baseline::Zero), Err(RolloutError::NotDrawn));
        error.to_string()
    };
    assert_eq!(
        made(&mut line(&[1.0], 0.0, 2)),
        "the environment of rollout 0 failed at time 1: no reward is left"
    );
    assert_eq!(
        made(&mut line(&[1.0, f64::NAN], 0.0, 2)),
        "rollout 0: the reward at time 1 is NaN, which is not a finite number"
    );
    assert_eq!(
        made(&mut line(&[1.0], f64::INFINITY, 2)),
        "rollout 0: entry 0 of the state at time 1 is inf, which is not a finite number"
    );
    assert_eq!(
        made(&mut line(&[1e308, 1e308], 0.0, 2)),
        "rollout 1: the sum of the rewards from time 0 on is inf, which is not a finite number"
    );
    let mut rollouts = small();
    let unwritten = |_: &[f64], _: &mut [f64]| -> Result<(), ObjectiveError> { Ok(()) };
    let error = rollouts.draw(1, 0, 0, unwritten).unwrap_err();
    assert_eq!(
        error.to_string(),
        "rollout 0: the policy's parameters at time 0: logit = NaN is not a finite number"
    );
    let fails =
        |_: &[f64], _: &mut [f64]| -> Result<(), std::num::ParseFloatError> { "x".parse::<f64>().map(drop) };
    let error = rollouts.draw(1, 0, 0, fails).unwrap_err();
    assert_eq!(error.to_string(), "the policy failed at time 0: invalid float literal");
    // And afterwards rollouts are made again.
    rollouts.draw(1, 0, 0, table(&[0.0, 0.0])).unwrap();
    assert!(rollouts.decisions() >= 2);
}

#[test]
fn noise_and_baselines_that_do_not_fit_are_refused() {
    let mut rollouts = small();
    let each = rollouts.uniforms();
    assert_eq!(each, 7);
    assert!(matches!(rollouts.draw_from(&[0.5; 13], zeros), Err(RolloutError::Shape(_))));
    assert!(matches!(rollouts.draw_from(&[1.0; 14], zeros), Err(RolloutError::Parameter(_))));
    assert_eq!(rollouts.estimate(Baseline::Zero), Err(RolloutError::NotDrawn));
    rollouts.draw_from(&[0.1; 14], table(&[0.0, 0.0])).unwrap();
    let rows = rollouts.decisions();
    rollouts.estimate(Baseline::Values(&vec![0.5; rows])).unwrap();
    assert_eq!(rollouts.gradient().len(), rows);
    assert!(matches!(rollouts.estimate(Baseline::Values(&[])), Err(RolloutError::Shape(_))));
    assert_eq!((rollouts.gradient(), rollouts.advantages()), (&[][..], &[][..]));
    let error = rollouts.estimate(Baseline::Values(&vec![f64::NAN; rows])).unwrap_err();
    assert_eq!(error.to_string(), "baseline = NaN is not a finite number");
    let mut one = process(bit(), 2, Settings { rollouts: 1, ..rollouts.settings() });
    one.draw(1, 0, 0, zeros).unwrap();
    let error = one.estimate(Baseline::LeaveOneOut).unwrap_err();
    assert_eq!(error.to_string(), "rollouts = 1 is not at least 2, which leaving one out needs");
}

#[test]
fn a_horizon_that_nobody_reaches_takes_no_memory() {
    let mut rollouts = process(bit(), 2, Settings { horizon: usize::MAX, ..Settings::default() });
    rollouts.draw(1, 0, 0, table(&[0.0, 0.0])).unwrap();
    assert_eq!(rollouts.uniforms(), usize::MAX);
    assert!(matches!(rollouts.draw_from(&[], zeros), Err(RolloutError::Shape(_))));
}

#[test]
fn estimates_are_finite_or_an_error_for_rewards_of_every_size() {
    let sizes = [0.0, 1e-300, 1.0, -1e154, 1e200, 1e308, -1e308, f64::MAX];
    let (mut finite, mut refused) = (0, 0);
    for first in sizes {
        for second in sizes {
            let mut rollouts = line(&[first, second], 0.0, 2);
            if rollouts.draw(1, 0, 0, zeros).is_err() {
                refused += 1;
                continue;
            }
            let mut average = TimeAverage::new(0.5).unwrap();
            for values in [-f64::MAX, 0.0, 1e308] {
                let values = vec![values; rollouts.decisions()];
                let baselines = [
                    Baseline::Zero,
                    Baseline::Average(&mut average),
                    Baseline::LeaveOneOut,
                    Baseline::Values(&values),
                ];
                for baseline in baselines {
                    match rollouts.estimate(baseline) {
                        Ok(()) => {
                            finite += 1;
                            assert!(rollouts.gradient().iter().all(|g| g.is_finite()));
                            assert!(rollouts.advantages().iter().all(|g| g.is_finite()));
                            assert!(rollouts.mean_return().is_finite());
                        }
                        Err(_) => refused += 1,
                    }
                }
            }
        }
    }
    assert!(finite > 100 && refused > 0);
}
