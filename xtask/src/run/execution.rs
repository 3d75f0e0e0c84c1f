//! A run under way: begun, or continued from a checkpoint.

use std::time::{Duration, Instant};

use voidgrad::controls::Zero;
use voidgrad::estimator::AnyEstimator;
use voidgrad::estimators::{Listed, Method};
use voidgrad::train::{Observer, TrainError, Training};
use voidgrad::{Bernoulli, Estimator as _, Stream};

use super::recorder::Recorder;
use super::{Divergence, Job, Run, Time, named};
use crate::checkpoint::{Checkpoint, Checkpoints, End};
use crate::effort;
use crate::evaluation;
use crate::experiment::Experiment;
use xtask_kit::error::Error;
use xtask_kit::number;
use xtask_kit::progress::Progress;

/// A run under way.
pub(crate) struct Execution<'a> {
    experiment: &'a Experiment,
    job: Job,
    training: Training<'a, Bernoulli, AnyEstimator>,
    recorder: Recorder<'a>,
    /// Seconds of all steps.
    seconds: f64,
    /// What was found at the end, if it has ended.
    end: Option<End>,
}

impl<'a> Execution<'a> {
    /// A run before its first step and its first record.
    ///
    /// # Errors
    /// Returns an error if the library refuses a setting.
    pub(crate) fn new(experiment: &'a Experiment, job: Job) -> Result<Self, Error> {
        let estimator = initial(experiment, experiment.methods[job.row], job.repeat)?;
        let training = Training::new(
            experiment.start.clone(),
            &experiment.objective,
            estimator,
            &experiment.settings,
            job.repeat,
        );
        Ok(Self {
            experiment,
            job,
            training: training.map_err(Error::arguments)?,
            recorder: Recorder::new(experiment, job),
            seconds: 0.0,
            end: None,
        })
    }

    /// Goes on from a checkpoint, to the bit.
    ///
    /// # Errors
    /// Returns an error if the checkpoint does not fit.
    pub(crate) fn restore(&mut self, checkpoint: Checkpoint) -> Result<(), Error> {
        let Checkpoint { state, records, last, seconds, end } = checkpoint;
        self.training.restore(&state).map_err(Error::arguments)?;
        self.recorder.restore(records, last)?;
        (self.seconds, self.end) = (seconds, end);
        Ok(())
    }

    /// Steps made so far.
    pub(crate) fn steps(&self) -> u64 {
        self.training.iteration()
    }

    /// Whether it had ended when its checkpoint was written.
    pub(crate) fn has_ended(&self) -> bool {
        self.end.is_some()
    }

    /// Makes all steps that are left, and writes checkpoints meanwhile.
    ///
    /// # Errors
    /// Returns an error if a step fails for another reason than a divergence.
    pub(crate) fn complete(mut self, progress: &Progress, checkpoints: &Checkpoints) -> Result<Run, Error> {
        if self.recorder.records.is_empty() {
            self.training.observe(&mut self.recorder);
        }
        let last = self.experiment.settings.iterations;
        let (mut piece, mut saved) = (Piece::FIRST, Instant::now());
        while self.training.iteration() < last {
            let record = self.recorder.next(self.training.iteration());
            let steps = piece.0.min(record - self.training.iteration());
            let started = Instant::now();
            let outcome = self.training.advance(steps);
            let time = started.elapsed();
            self.seconds += time.as_secs_f64();
            if let Err(error) = outcome {
                let run = self.diverge(error)?;
                progress.finish(self.job.row);
                return Ok(run);
            }
            piece = piece.next(time);
            if self.training.iteration() == record {
                self.training.observe(&mut self.recorder);
            }
            progress.advance(self.job.row, steps);
            if checkpoints.is_due(saved) && self.training.iteration() < last {
                checkpoints.write(self.job, self.checkpoint());
                saved = Instant::now();
            }
        }
        let reinforce = self.reinforce(last);
        self.end = Some(End { reinforce });
        checkpoints.write(self.job, self.checkpoint());
        progress.finish(self.job.row);
        Ok(self.into_run())
    }

    /// What a checkpoint of now holds.
    fn checkpoint(&self) -> Checkpoint {
        Checkpoint {
            state: self.training.state(),
            records: self.recorder.records.clone(),
            last: self.recorder.last(),
            seconds: self.seconds,
            end: self.end,
        }
    }

    /// REINFORCE's variance at the last record.
    fn reinforce(&self, iteration: u64) -> Option<f64> {
        let (settings, bernoulli) = (&self.experiment.settings, &self.recorder.bernoulli);
        let unit = evaluation::unit(bernoulli, &Zero);
        let sampling = effort::of_last_record(settings, unit, self.recorder.seed(iteration));
        self.experiment.reinforce(bernoulli, sampling).ok().map(|evaluation| evaluation.variance)
    }

    /// The run, whose steps have all been made.
    pub(crate) fn into_run(self) -> Run {
        let time = self.time();
        let estimator = self.training.finish().estimator;
        Run {
            method: self.recorder.method(),
            repeat: self.job.repeat,
            evaluations: estimator.evaluations(&self.recorder.bernoulli),
            parameters: named(&*estimator),
            bernoulli: self.recorder.bernoulli,
            records: self.recorder.records,
            reinforce: self.end.and_then(|end| end.reinforce),
            estimator,
            diverged: None,
            time,
        }
    }

    fn time(&self) -> Time {
        Time { steps: self.steps(), seconds: self.seconds }
    }

    /// The run, which can't go on. It has no checkpoint of its end: continued from the last one it diverges again.
    fn diverge(&mut self, error: TrainError) -> Result<Run, Error> {
        let message = shortened(&error.to_string());
        let TrainError::Diverged { iteration, logits, control: parameters, .. } = error else {
            return Err(Error::arguments(error));
        };
        let recorder = &mut self.recorder;
        recorder.record_divergence(iteration, &logits, &parameters);
        let mut estimator = initial(self.experiment, recorder.method(), self.job.repeat)?;
        if let (Some(control), Some(phi)) = (estimator.control_mut(), &recorder.phi) {
            control.set_phi(phi.as_view()).map_err(Error::computation)?;
        }
        Ok(Run {
            reinforce: self.reinforce(iteration),
            time: self.time(),
            method: self.recorder.method(),
            repeat: self.job.repeat,
            evaluations: estimator.evaluations(&self.recorder.bernoulli),
            bernoulli: self.recorder.bernoulli.clone(),
            records: std::mem::take(&mut self.recorder.records),
            estimator,
            parameters,
            diverged: Some(Divergence { iteration, message }),
        })
    }
}

/// Steps between two looks at the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Piece(u64);

impl Piece {
    const FIRST: Self = Self(16);

    /// The next piece takes about as long as this: a checkpoint is late by as much, and the clock costs next to nothing.
    const LONG: Duration = Duration::from_millis(20);

    fn next(self, time: Duration) -> Self {
        match time {
            _ if time < Self::LONG / 2 => Self(self.0.saturating_mul(2)),
            _ if time > Self::LONG * 2 => Self((self.0 / 2).max(1)),
            _ => self,
        }
    }
}

/// The estimator that run `repeat` of `method` starts from; its weights have a stream of their own.
///
/// # Errors
/// Returns an error if the library refuses λ or η.
fn initial(experiment: &Experiment, method: &Method, repeat: u64) -> Result<AnyEstimator, Error> {
    let mut stream = Stream::new(experiment.settings.seed, repeat, WEIGHTS);
    let row = Bernoulli::estimator(method.name).map_err(Error::arguments)?;
    row.make(&experiment.setup, &experiment.start, &mut stream).map_err(Error::arguments)
}

/// The row of the stream that weights are drawn from; the rows of the training loop are its iterations.
const WEIGHTS: u64 = u64::MAX;

/// A message that names a million logits is cut where a person would stop reading.
fn shortened(message: &str) -> String {
    const LONGEST: usize = 400;
    let message = number::shortened(message);
    match message.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &message[..end]),
        None => message,
    }
}
