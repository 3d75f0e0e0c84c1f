//! A run: logits of the arms, and what is kept of them.

use std::time::Instant;

use voidgrad::error::ObjectiveError;
use voidgrad::optimise::Adam;
use voidgrad::rollout::{Baseline, Rollouts, Settings, TimeAverage, TimeAverageState};
use voidgrad::train::{Block, Gradients, TrainerState};
use voidgrad::{Categorical, Stream, Trainer};

use super::arms::Arms;
use super::experiment::Bandit;
use crate::problems::cart_pole::Kind;
use crate::training::{self, Job, Outcome, Time, damaged};
use voidgrad_kit::error::Error;

/// Records of a run, about.
const RECORDS: u64 = 100;

/// Estimates that are compared with the exact gradient at the end.
pub(super) const ESTIMATES: u64 = 2_000;

/// How the moving average forgets a pull.
const DECAY: f64 = 0.95;

/// A run that has ended.
#[derive(Debug)]
pub(crate) struct Run {
    /// Its baseline.
    pub(super) baseline: Kind,
    /// Its number, from 0.
    pub(super) repeat: u64,
    /// The expected reward at evenly spaced steps, the first and the last among them.
    pub(super) records: Vec<Record>,
    /// The largest expected reward that there is.
    pub(super) optimum: f64,
    /// Whether the last policy prefers the arm that has it.
    pub(super) is_best: bool,
    /// How far the mean of ĝ is from the exact gradient at equal probabilities, in standard errors: the largest of all logits.
    pub(super) deviation: f64,
    /// The variance of ĝ there, the mean over the logits.
    pub(super) variance: f64,
    /// What it took.
    pub(super) time: Time,
}

/// A run at one step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Record {
    /// Steps made so far.
    pub(super) step: u64,
    /// Pulls so far.
    pub(super) pulls: u64,
    /// The expected reward, exact.
    pub(super) expected: f64,
}

impl Run {
    /// The expected reward at the end.
    pub(super) fn last(&self) -> f64 {
        self.records.last().map_or(0.0, |record| record.expected)
    }
}

/// A run under way.
pub(crate) struct Execution<'a> {
    experiment: &'a Bandit,
    baseline: Kind,
    repeat: u64,
    arms: Arms,
    trainer: Trainer,
    rollouts: Rollouts<Arms, Categorical>,
    average: TimeAverage,
    records: Vec<Record>,
    /// Deviation and variance, at the end.
    found: Option<[f64; 2]>,
    seconds: f64,
}

/// ĝ of the logits, into an array of as many entries.
fn estimate(
    rollouts: &mut Rollouts<Arms, Categorical>,
    (baseline, average): (Kind, &mut TimeAverage),
    (seed, run, row): (u64, u64, u64),
    logits: &[f64],
    gradient: &mut [f64],
) -> Result<(), Box<dyn std::error::Error>> {
    rollouts.draw(seed, run, row, |_: &[f64], rows: &mut [f64]| -> Result<(), ObjectiveError> {
        rows.chunks_exact_mut(logits.len()).for_each(|row| row.copy_from_slice(logits));
        Ok(())
    })?;
    rollouts.estimate(match baseline {
        Kind::Zero => Baseline::Zero,
        Kind::Average => Baseline::Average(average),
        Kind::LeaveOneOut => Baseline::LeaveOneOut,
    })?;
    for row in rollouts.gradient().chunks_exact(logits.len()) {
        gradient.iter_mut().zip(row).for_each(|(sum, g)| *sum += g);
    }
    Ok(())
}

impl<'a> Execution<'a> {
    /// A run before its first step.
    ///
    /// # Errors
    /// Returns an error if the library refuses a setting.
    pub(super) fn new(experiment: &'a Bandit, job: Job) -> Result<Self, Error> {
        let Bandit { arms, seed, batch, learning_rate, .. } = *experiment;
        let optimiser = Adam::new(arms, learning_rate).map_err(Error::arguments)?;
        let block = Block::new(vec![0.0; arms], optimiser);
        let settings = Settings { rollouts: batch, horizon: 1, discount: 1.0 };
        let policy = Categorical::from_logits(&vec![0.0; arms], arms).map_err(Error::arguments)?;
        let arms = Arms::draw(arms, &mut Stream::new(seed, job.repeat, u64::MAX));
        Ok(Self {
            experiment,
            baseline: experiment.baselines[job.row],
            repeat: job.repeat,
            rollouts: Rollouts::new(arms.clone(), policy, settings).map_err(Error::arguments)?,
            arms,
            trainer: Trainer::new(seed, job.repeat).block("logits", block).map_err(Error::arguments)?,
            average: TimeAverage::new(DECAY).map_err(Error::arguments)?,
            records: Vec::new(),
            found: None,
            seconds: 0.0,
        })
    }

    /// The policy.
    fn policy(&self) -> Result<Categorical, Error> {
        let logits = self.trainer.parameters("logits").map_err(Error::computation)?;
        Categorical::from_logits(logits, logits.len()).map_err(Error::computation)
    }

    fn record(&mut self) -> Result<(), Error> {
        let step = self.trainer.iteration();
        let expected = self.arms.expected(&self.policy()?);
        self.records.push(Record { step, pulls: step * self.experiment.batch as u64, expected });
        Ok(())
    }

    /// The step of the next record.
    fn next_record(&self) -> u64 {
        let stride = (self.experiment.iterations / RECORDS).max(1);
        (self.trainer.iteration() + 1).next_multiple_of(stride).min(self.experiment.iterations)
    }

    fn step(&mut self) -> Result<(), Error> {
        let Self { experiment, baseline, repeat, trainer, rollouts, average, .. } = self;
        let mut model = |step: &mut Gradients<'_>| -> Result<f64, Box<dyn std::error::Error>> {
            // Row 0 is the trainer's own noise.
            let name = (experiment.seed, *repeat, 1 + step.iteration() * experiment.batch as u64);
            let ([logits], _) = step.parts(["logits"])?;
            estimate(rollouts, (*baseline, average), name, logits.parameters, logits.gradient)?;
            logits.gradient.iter_mut().for_each(|g| *g = -*g);
            Ok(-rollouts.mean_return())
        };
        trainer.step(&mut model).map_err(Error::computation)?;
        Ok(())
    }

    /// The deviation and the variance of ĝ at equal probabilities.
    fn compare(&mut self) -> Result<[f64; 2], Box<dyn std::error::Error>> {
        let arms = self.experiment.arms;
        let logits = vec![0.0; arms];
        let exact = self.arms.gradient(&Categorical::from_logits(&logits, arms)?);
        let mut average = TimeAverage::new(DECAY)?;
        let (mut sums, mut squares) = (vec![0.0; arms], vec![0.0; arms]);
        let first = 1 + self.experiment.iterations * self.experiment.batch as u64;
        for number in 0..ESTIMATES {
            let name = (self.experiment.seed, self.repeat, first + number * self.experiment.batch as u64);
            let mut gradient = vec![0.0; arms];
            estimate(&mut self.rollouts, (self.baseline, &mut average), name, &logits, &mut gradient)?;
            for (i, g) in gradient.iter().enumerate() {
                sums[i] += g - exact[i];
                squares[i] += (g - exact[i]).powi(2);
            }
        }
        let count = ESTIMATES as f64;
        let (mut deviation, mut variance) = (0.0_f64, 0.0);
        for (sum, square) in sums.iter().zip(&squares) {
            let own = (square - sum * sum / count) / (count - 1.0);
            deviation = deviation.max((sum / count).abs() / (own / count).sqrt().max(f64::MIN_POSITIVE));
            variance += own / arms as f64;
        }
        Ok([deviation, variance])
    }
}

/// The names of the arrays of a checkpoint.
const STEPS: &str = "bandit/records/step";
const EXPECTED: &str = "bandit/records/expected";
const MEANS: &str = "bandit/average/means";
const WEIGHTS: &str = "bandit/average/weights";
const FOUND: &str = "bandit/found";
const SECONDS: &str = "train/seconds";

impl training::Execution for Execution<'_> {
    type Run = Run;

    fn steps(&self) -> u64 {
        self.trainer.iteration()
    }

    fn advance(&mut self, most: u64) -> Result<Outcome, Error> {
        if self.records.is_empty() {
            self.record()?;
        }
        let record = self.next_record();
        let to = record.min(self.steps().saturating_add(most));
        let started = Instant::now();
        while self.steps() < to {
            self.step()?;
        }
        self.seconds += started.elapsed().as_secs_f64();
        if to == record {
            self.record()?;
        }
        Ok(Outcome::Made)
    }

    fn end(&mut self) {
        // Rewards are 0 and 1, and probabilities are those of finite logits: nothing is refused.
        self.found = Some(self.compare().unwrap_or([f64::NAN; 2]));
    }

    fn has_ended(&self) -> bool {
        self.found.is_some()
    }

    fn state(&self) -> TrainerState {
        let mut state = self.trainer.state();
        let TimeAverageState { means, weights, .. } = self.average.state();
        state.extras.extend([
            (STEPS.to_owned(), self.records.iter().map(|record| record.step as f64).collect()),
            (EXPECTED.to_owned(), self.records.iter().map(|record| record.expected).collect()),
            (MEANS.to_owned(), means),
            (WEIGHTS.to_owned(), weights),
            (FOUND.to_owned(), self.found.into_iter().flatten().collect()),
            (SECONDS.to_owned(), vec![self.seconds]),
        ]);
        state
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a number of steps that was written here"
    )]
    fn restore(&mut self, mut state: TrainerState) -> Result<(), Error> {
        let mut arrays = std::mem::take(&mut state.extras);
        let mut take = |name: &str| arrays.remove(name).ok_or_else(|| damaged(name));
        let (steps, expected, means, weights) = (take(STEPS)?, take(EXPECTED)?, take(MEANS)?, take(WEIGHTS)?);
        let (found, seconds) = (take(FOUND)?, take(SECONDS)?);
        let [seconds] = seconds[..] else { return Err(damaged(SECONDS)) };
        self.found = match found[..] {
            [] => None,
            [deviation, variance] => Some([deviation, variance]),
            _ => return Err(damaged(FOUND)),
        };
        if state.iteration > self.experiment.iterations || steps.is_empty() || steps.len() != expected.len() {
            return Err(damaged("it is of another number of steps"));
        }
        let batch = self.experiment.batch as u64;
        let record = |(step, expected): (&f64, &f64)| {
            let step = *step as u64;
            Record { step, pulls: step.saturating_mul(batch), expected: *expected }
        };
        let average = TimeAverageState { decay: DECAY, means, weights };
        self.average = TimeAverage::from_state(&average).map_err(|error| damaged(&error.to_string()))?;
        self.trainer.restore(&state).map_err(|error| damaged(&error.to_string()))?;
        (self.records, self.seconds) = (steps.iter().zip(&expected).map(record).collect(), seconds);
        Ok(())
    }

    fn into_run(self) -> Run {
        let optimum = self.arms.optimum();
        let is_best = self.policy().is_ok_and(|policy| self.arms.0[Arms::preferred(&policy)] == optimum);
        let [deviation, variance] = self.found.unwrap_or([f64::NAN; 2]);
        let time = Time { steps: self.trainer.iteration(), seconds: self.seconds };
        let Self { baseline, repeat, records, .. } = self;
        Run { baseline, repeat, records, optimum, is_best, deviation, variance, time }
    }
}
