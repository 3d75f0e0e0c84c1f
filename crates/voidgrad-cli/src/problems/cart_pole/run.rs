//! A run: a policy, and the returns of its episodes.

use std::time::Instant;

use voidgrad::nalgebra::{SMatrix, SVector};
use voidgrad::network::Network;
use voidgrad::optimise::Adam;
use voidgrad::rollout::{Baseline, Rollouts, Settings, TimeAverage, TimeAverageState};
use voidgrad::train::{Block, Gradients, TrainerState};
use voidgrad::{Bernoulli, Stream, Trainer, network};

use super::environment::{HORIZON, Pole};
use super::experiment::CartPole;
use super::options::Kind;
use crate::training::{self, Job, Outcome, Time, damaged};
use voidgrad_kit::error::Error;

/// The mean return of so many consecutive episodes is looked at.
pub(super) const WINDOW: usize = 100;

/// The longest episode that is counted, and the mean from which on the problem counts as solved.
#[derive(Debug, Clone, Copy)]
pub(super) struct Goal {
    longest: f64,
    pub(super) mean: f64,
}

/// As Gym has it for `CartPole-v1`.
pub(super) const OF_500: Goal = Goal { longest: 500.0, mean: 475.0 };

/// As Gym has it for `CartPole-v0`, whose episodes end after 200 decisions.
pub(super) const OF_200: Goal = Goal { longest: 200.0, mean: 195.0 };

/// How the moving average forgets an episode.
const DECAY: f64 = 0.95;

/// The logit of a push to the right: one layer of tanh units.
#[network(each(state))]
fn policy(
    state: &SVector<f64, 4>,
    w: &SMatrix<f64, 16, 4>,
    d: &SVector<f64, 16>,
    v: &SVector<f64, 16>,
) -> f64 {
    v.dot(&(w * state + d).map(f64::tanh))
}

/// A run that has ended.
#[derive(Debug)]
pub(crate) struct Run {
    /// Its baseline.
    pub(super) baseline: Kind,
    /// Its number, from 0.
    pub(super) repeat: u64,
    /// The return of each episode, which is its length.
    pub(super) returns: Vec<f64>,
    /// What it took.
    pub(super) time: Time,
}

impl Run {
    /// The mean return of the last episodes of the first so many, if there are enough of them.
    pub(super) fn mean_at(&self, episodes: usize) -> Option<f64> {
        let last = self.returns.get(episodes.checked_sub(WINDOW)?..episodes)?;
        // Whole numbers, whose sum is exact.
        Some(last.iter().sum::<f64>() / WINDOW as f64)
    }

    /// The mean returns of all windows, the first at the end of the first hundred episodes. No return is counted as more than `longest`.
    fn means(&self, longest: f64) -> impl Iterator<Item = f64> {
        let mut sum = 0.0;
        let means = self.returns.iter().enumerate().map(move |(episode, value)| {
            let left = episode.checked_sub(WINDOW).map_or(0.0, |left| self.returns[left].min(longest));
            // Whole numbers, whose sum is exact.
            sum += value.min(longest) - left;
            sum / WINDOW as f64
        });
        means.skip(WINDOW - 1)
    }

    /// Episodes until it had reached a goal.
    pub(super) fn solved_at(&self, goal: Goal) -> Option<usize> {
        self.means(goal.longest).position(|mean| mean >= goal.mean).map(|before| before + WINDOW)
    }

    /// The largest mean of a window.
    pub(super) fn best(&self) -> Option<f64> {
        self.means(f64::INFINITY).max_by(f64::total_cmp)
    }
}

/// A run under way.
pub(crate) struct Execution<'a> {
    experiment: &'a CartPole,
    baseline: Kind,
    repeat: u64,
    policy: Policy,
    trainer: Trainer,
    rollouts: Rollouts<Pole>,
    average: TimeAverage,
    returns: Vec<f64>,
    seconds: f64,
    has_ended: bool,
}

impl<'a> Execution<'a> {
    /// A run before its first step.
    ///
    /// # Errors
    /// Returns an error if the library refuses a setting.
    pub(super) fn new(experiment: &'a CartPole, job: Job) -> Result<Self, Error> {
        let CartPole { seed, batch, learning_rate, .. } = *experiment;
        let policy = Policy::draw(&mut Stream::new(seed, job.repeat, u64::MAX)).map_err(Error::arguments)?;
        let first = policy.parameters().to_vec();
        let optimiser = Adam::new(first.len(), learning_rate).map_err(Error::arguments)?;
        let block = Block::new(first, optimiser);
        let settings = Settings { rollouts: batch, horizon: HORIZON, discount: 1.0 };
        let push = Bernoulli::from_logits(&[0.0]).map_err(Error::arguments)?;
        Ok(Self {
            experiment,
            baseline: experiment.baselines[job.row],
            repeat: job.repeat,
            policy,
            trainer: Trainer::new(seed, job.repeat).block("policy", block).map_err(Error::arguments)?,
            rollouts: Rollouts::new(Pole::default(), push, settings).map_err(Error::arguments)?,
            average: TimeAverage::new(DECAY).map_err(Error::arguments)?,
            returns: Vec::new(),
            seconds: 0.0,
            has_ended: false,
        })
    }

    fn step(&mut self) -> Result<(), Error> {
        let Self { experiment, baseline, repeat, policy, trainer, rollouts, average, .. } = self;
        let mut model = |step: &mut Gradients<'_>| -> Result<f64, Box<dyn std::error::Error>> {
            // Row 0 is the trainer's own noise.
            let row = 1 + step.iteration() * experiment.batch as u64;
            let ([of_policy], _) = step.parts(["policy"])?;
            policy.set_parameters(of_policy.parameters)?;
            rollouts.draw(experiment.seed, *repeat, row, |states, logits| policy.rows(states, logits))?;
            rollouts.estimate(match baseline {
                Kind::Zero => Baseline::Zero,
                Kind::Average => Baseline::Average(average),
                Kind::LeaveOneOut => Baseline::LeaveOneOut,
            })?;
            let descent: Vec<f64> = rollouts.gradient().iter().map(|g| -g).collect();
            policy.rows_vjp(rollouts.states(), &descent, of_policy.gradient, &mut [])?;
            Ok(-rollouts.mean_return())
        };
        trainer.step(&mut model).map_err(Error::computation)?;
        self.returns.extend(self.rollouts.totals());
        Ok(())
    }
}

/// The names of the arrays of a checkpoint.
const RETURNS: &str = "cart-pole/returns";
const MEANS: &str = "cart-pole/average/means";
const WEIGHTS: &str = "cart-pole/average/weights";
const ENDED: &str = "cart-pole/ended";
const SECONDS: &str = "train/seconds";

impl training::Execution for Execution<'_> {
    type Run = Run;

    fn steps(&self) -> u64 {
        self.trainer.iteration()
    }

    fn advance(&mut self, most: u64) -> Result<Outcome, Error> {
        let left = self.experiment.iterations - self.steps();
        let started = Instant::now();
        for _ in 0..most.min(left) {
            self.step()?;
        }
        self.seconds += started.elapsed().as_secs_f64();
        Ok(Outcome::Made)
    }

    fn end(&mut self) {
        self.has_ended = true;
    }

    fn has_ended(&self) -> bool {
        self.has_ended
    }

    fn state(&self) -> TrainerState {
        let mut state = self.trainer.state();
        let TimeAverageState { means, weights, .. } = self.average.state();
        state.extras.extend([
            (RETURNS.to_owned(), self.returns.clone()),
            (MEANS.to_owned(), means),
            (WEIGHTS.to_owned(), weights),
            (ENDED.to_owned(), vec![f64::from(u8::from(self.has_ended))]),
            (SECONDS.to_owned(), vec![self.seconds]),
        ]);
        state
    }

    fn restore(&mut self, mut state: TrainerState) -> Result<(), Error> {
        let mut arrays = std::mem::take(&mut state.extras);
        let mut take = |name: &str| arrays.remove(name).ok_or_else(|| damaged(name));
        let (returns, means, weights) = (take(RETURNS)?, take(MEANS)?, take(WEIGHTS)?);
        let (ended, seconds) = (take(ENDED)?, take(SECONDS)?);
        let ([ended], [seconds]) = (&ended[..], &seconds[..]) else { return Err(damaged(SECONDS)) };
        let episodes = state.iteration.checked_mul(self.experiment.batch as u64);
        if state.iteration > self.experiment.iterations || episodes != Some(returns.len() as u64) {
            return Err(damaged("it is of another number of steps"));
        }
        let average = TimeAverageState { decay: DECAY, means, weights };
        self.average = TimeAverage::from_state(&average).map_err(|error| damaged(&error.to_string()))?;
        self.trainer.restore(&state).map_err(|error| damaged(&error.to_string()))?;
        (self.returns, self.seconds, self.has_ended) = (returns, *seconds, *ended != 0.0);
        Ok(())
    }

    fn into_run(self) -> Run {
        let time = Time { steps: self.trainer.iteration(), seconds: self.seconds };
        Run { baseline: self.baseline, repeat: self.repeat, returns: self.returns, time }
    }
}
