//! A run under way: begun, or continued from a checkpoint.

use std::time::Instant;

use voidgrad::controls::Zero;
use voidgrad::estimator::AnyEstimator;
use voidgrad::estimators::{Listed, Method};
use voidgrad::train::{Observer, TrainError, TrainerState, Training};
use voidgrad::{Bernoulli, Estimator as _, Stream};

use super::recorder::Recorder;
use super::{Divergence, Run, named};
use crate::evaluation;
use crate::problems::quadratic::checkpoint::{Checkpoint, End};
use crate::problems::quadratic::effort;
use crate::problems::quadratic::experiment::Experiment;
use crate::statistics;
use crate::training::{self, Job, Outcome, Time};
use voidgrad_kit::error::Error;
use voidgrad_kit::number;

/// A run under way.
pub(crate) struct Execution<'a> {
    experiment: &'a Experiment,
    job: Job,
    training: Training<'a, Bernoulli, AnyEstimator>,
    recorder: Recorder<'a>,
    /// Seconds of all steps.
    seconds: f64,
    /// The first step after which θ was close to its goal.
    steps_to: Option<u64>,
    /// What was found at the end, if it has ended.
    end: Option<End>,
    /// Why it can't go on, if it can't.
    broken: Option<Broken>,
}

/// The distance of the mean of θ from its goal at which it is close.
const CLOSE: f64 = 0.1;

/// A run that can't go on.
struct Broken {
    divergence: Divergence,
    /// With the parameters of the last record that has moments.
    estimator: AnyEstimator,
    /// All parameters of the control.
    parameters: Vec<(String, f64)>,
}

impl<'a> Execution<'a> {
    /// A run before its first step and its first record.
    ///
    /// # Errors
    /// Returns an error if the library refuses a setting.
    pub(crate) fn new(experiment: &'a Experiment, job: Job) -> Result<Self, Error> {
        let estimator = initial(experiment, experiment.methods[job.row].method(), job.repeat)?;
        let settings = experiment.settings_for(&experiment.methods[job.row], &*estimator);
        let start = experiment.start.clone();
        let training = Training::new(start, &experiment.objective, estimator, &settings, job.repeat);
        Ok(Self {
            experiment,
            job,
            training: training.map_err(Error::arguments)?,
            recorder: Recorder::new(experiment, job),
            seconds: 0.0,
            steps_to: None,
            end: None,
            broken: None,
        })
    }

    /// REINFORCE's variance at the last record.
    fn reinforce(&self, iteration: u64) -> Option<f64> {
        let (settings, bernoulli) = (&self.experiment.settings, &self.recorder.bernoulli);
        let unit = evaluation::unit(bernoulli, &Zero);
        let sampling = effort::of_last_record(settings, unit, self.recorder.seed(iteration));
        self.experiment.reinforce(bernoulli, sampling).ok().map(|evaluation| evaluation.variance)
    }

    /// Makes steps, one by one until θ is close to its goal.
    fn make(&mut self, mut steps: u64) -> Result<(), TrainError> {
        let goal = self.experiment.goal().map(f64::from);
        let is_close = |training: &Training<'_, Bernoulli, AnyEstimator>| {
            let theta = statistics::mean(training.distribution().probabilities());
            goal.is_some_and(|goal| (theta - goal).abs() < CLOSE)
        };
        if self.steps_to.is_none() && self.training.iteration() == 0 && is_close(&self.training) {
            self.steps_to = Some(0);
        }
        while steps > 0 && goal.is_some() && self.steps_to.is_none() {
            self.training.step()?;
            steps -= 1;
            if is_close(&self.training) {
                self.steps_to = Some(self.training.iteration());
            }
        }
        if steps > 0 { self.training.advance(steps) } else { Ok(()) }
    }

    fn time(&self) -> Time {
        Time { steps: self.training.iteration(), seconds: self.seconds }
    }

    /// The run can't go on. It has no checkpoint of its end: continued from the last one it diverges again.
    fn diverge(&mut self, error: TrainError) -> Result<(), Error> {
        let message = shortened(&error.to_string());
        let TrainError::Diverged { iteration, logits, control: parameters, .. } = error else {
            return Err(Error::arguments(error));
        };
        let recorder = &mut self.recorder;
        let evaluations = recorder.evaluations(iteration - 1, self.training.estimator());
        recorder.record_divergence((iteration, evaluations), &logits, &parameters);
        let mut estimator = initial(self.experiment, recorder.method().method(), self.job.repeat)?;
        if let (Some(control), Some(phi)) = (estimator.control_mut(), &recorder.phi) {
            control.set_phi(phi.as_view()).map_err(Error::computation)?;
        }
        self.end = Some(End { reinforce: self.reinforce(iteration) });
        let divergence = Divergence { iteration, message };
        self.broken = Some(Broken { divergence, estimator, parameters });
        Ok(())
    }
}

impl training::Execution for Execution<'_> {
    type Run = Run;

    fn steps(&self) -> u64 {
        self.training.iteration()
    }

    fn advance(&mut self, most: u64) -> Result<Outcome, Error> {
        if self.recorder.records.is_empty() {
            self.training.observe(&mut self.recorder);
        }
        let record = self.recorder.next(self.training.iteration());
        let steps = most.min(record - self.training.iteration());
        let started = Instant::now();
        let outcome = self.make(steps);
        self.seconds += started.elapsed().as_secs_f64();
        if let Err(error) = outcome {
            self.diverge(error)?;
            return Ok(Outcome::Diverged);
        }
        if self.training.iteration() == record {
            self.training.observe(&mut self.recorder);
        }
        Ok(Outcome::Made)
    }

    fn end(&mut self) {
        self.end = Some(End { reinforce: self.reinforce(self.experiment.settings.iterations) });
    }

    fn has_ended(&self) -> bool {
        self.end.is_some()
    }

    fn state(&self) -> TrainerState {
        let checkpoint = Checkpoint {
            state: self.training.state(),
            records: self.recorder.records.clone(),
            last: self.recorder.last(),
            seconds: self.seconds,
            steps_to: self.steps_to,
            end: self.end,
        };
        checkpoint.into_state()
    }

    fn restore(&mut self, state: TrainerState) -> Result<(), Error> {
        let Checkpoint { state, records, last, seconds, steps_to, end } = Checkpoint::of_state(state)?;
        self.training.restore(&state).map_err(Error::arguments)?;
        self.recorder.restore(records, last)?;
        (self.seconds, self.steps_to, self.end) = (seconds, steps_to, end);
        Ok(())
    }

    fn into_run(self) -> Run {
        let time = self.time();
        let choices = self.training.estimator().choices();
        let (diverged, estimator, parameters) = match self.broken {
            Some(Broken { divergence, estimator, parameters }) => (Some(divergence), estimator, parameters),
            None => {
                let estimator = self.training.finish().estimator;
                let parameters = named(&*estimator);
                (None, estimator, parameters)
            }
        };
        Run {
            method: self.recorder.method(),
            repeat: self.job.repeat,
            evaluations: estimator.evaluations(&self.recorder.bernoulli),
            choices,
            parameters,
            bernoulli: self.recorder.bernoulli,
            records: self.recorder.records,
            reinforce: self.end.and_then(|end| end.reinforce),
            estimator,
            diverged,
            steps_to: self.steps_to,
            time,
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
