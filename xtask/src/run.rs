//! One run of one estimator, and what is kept of it.

use std::time::{Duration, Instant};

use voidgrad::Estimator;
use voidgrad::controls::Zero;
use voidgrad::estimator::AnyEstimator;
use voidgrad::estimators::{Listed, Method};
use voidgrad::nalgebra::DVector;
use voidgrad::train::{self, Observer, Step, TrainError};
use voidgrad::{Bernoulli, Control, Stream};

use crate::effort;
use crate::evaluation::{self, Evaluation, Technique};
use crate::experiment::Experiment;
use crate::network;
use crate::seed;
use crate::statistics;
use xtask_kit::error::Error;
use xtask_kit::number;
use xtask_kit::progress::Progress;

/// A run that has ended.
pub(crate) struct Run {
    /// Its estimator.
    pub(crate) method: &'static Method,
    /// Its number, from 0.
    pub(crate) repeat: u64,
    /// The state at evenly spaced iterations, the first and the last among them; where the run diverged, the last one
    /// is the state from which it could not go on.
    pub(crate) records: Vec<Record>,
    /// The variables at the last record.
    pub(crate) bernoulli: Bernoulli,
    /// The estimator after the last step; where the run diverged, with the parameters of the last record that has moments.
    pub(crate) estimator: AnyEstimator,
    /// REINFORCE's variance at the last record's θ.
    pub(crate) reinforce: Option<f64>,
    /// How often an estimate evaluates f.
    pub(crate) evaluations: u64,
    /// Where and how it broke down, if it did.
    pub(crate) diverged: Option<Divergence>,
    /// Seconds per step, without the time spent on records.
    pub(crate) seconds_per_step: f64,
}

/// The state of a run at one iteration.
#[derive(Debug, Clone)]
pub(crate) struct Record {
    /// Steps made so far.
    pub(crate) iteration: u64,
    /// Mean of the probabilities over the coordinates.
    pub(crate) theta: f64,
    /// `E[f(b)]`, exact.
    pub(crate) loss: f64,
    /// The exact gradient with respect to the logit, averaged over the coordinates.
    pub(crate) gradient_exact: f64,
    /// Mean of the estimator at these parameters, averaged over the coordinates.
    pub(crate) gradient_mean: Option<f64>,
    /// Variance of the estimator at these parameters, averaged over the coordinates.
    pub(crate) variance: Option<f64>,
    /// Standard error of `variance`, 0 where it is exact.
    pub(crate) standard_error: Option<f64>,
    /// How it was computed.
    pub(crate) technique: Option<Technique>,
    /// From how many samples; 0 where it is exact.
    pub(crate) samples: Option<u64>,
    /// The control's parameters by name.
    pub(crate) parameters: Vec<(String, f64)>,
    /// Whether the network of the note's RELAX is zero everywhere, with a gradient that is zero everywhere.
    pub(crate) dead: bool,
}

/// A step that could not be made: a value, a gradient or a parameter became NaN or infinite.
#[derive(Debug, Clone)]
pub(crate) struct Divergence {
    /// The step that could not be made.
    pub(crate) iteration: u64,
    /// The library's words for it, with the values.
    pub(crate) message: String,
}

impl Run {
    /// The last record.
    pub(crate) fn last(&self) -> &Record {
        // `execute` refuses a run without records.
        &self.records[self.records.len() - 1]
    }
}

/// Runs the estimator number `row` of the experiment.
///
/// # Errors
/// Where the library refuses a setting.
pub(crate) fn execute(
    experiment: &Experiment,
    row: usize,
    repeat: u64,
    progress: &Progress,
) -> Result<Run, Error> {
    let method = experiment.methods[row];
    let estimator = initial(experiment, method, repeat)?;
    let mut recorder = Recorder::new(experiment, row, repeat, progress);
    let started = Instant::now();
    let outcome = train::train(
        experiment.start.clone(),
        &experiment.objective,
        estimator,
        &experiment.settings,
        repeat,
        &mut recorder,
    );
    let training = started.elapsed().saturating_sub(recorder.recording);
    let (estimator, diverged) = match outcome {
        Ok(outcome) => (outcome.estimator, None),
        Err(error) => {
            let message = shortened(&error.to_string());
            let TrainError::Diverged { iteration, logits, control, .. } = error else {
                return Err(Error::arguments(error));
            };
            recorder.record_divergence(iteration, &logits, control);
            let mut estimator = initial(experiment, method, repeat)?;
            if let (Some(control), Some(phi)) = (estimator.control_mut(), &recorder.phi) {
                control.set_phi(phi.as_view()).map_err(Error::computation)?;
            }
            (estimator, Some(Divergence { iteration, message }))
        }
    };
    progress.finish(row);
    recorder.into_run(estimator, training, diverged)
}

/// The estimator that run `repeat` of `method` starts from; its weights have a stream of their own.
///
/// # Errors
/// Where the library refuses λ or η.
fn initial(experiment: &Experiment, method: &Method, repeat: u64) -> Result<AnyEstimator, Error> {
    let mut stream = Stream::new(experiment.settings.seed, repeat, WEIGHTS);
    let row = Bernoulli::estimator(method.name).map_err(Error::arguments)?;
    row.make(&experiment.setup, &experiment.start, &mut stream).map_err(Error::arguments)
}

/// The row of the stream that weights are drawn from; the rows of the training loop are its iterations.
const WEIGHTS: u64 = u64::MAX;

/// Keeps the state of a run at evenly spaced iterations.
struct Recorder<'a> {
    experiment: &'a Experiment,
    row: usize,
    repeat: u64,
    progress: &'a Progress,
    records: Vec<Record>,
    bernoulli: Bernoulli,
    phi: Option<DVector<f64>>,
    /// Time that was spent on records.
    recording: Duration,
}

impl Observer for Recorder<'_> {
    fn observe(&mut self, step: &Step<'_>) {
        let started = Instant::now();
        let steps = step.iteration - self.records.last().map_or(0, |record| record.iteration);
        self.record(step.iteration, step.distribution, step.estimator);
        self.progress.advance(self.row, steps);
        self.recording += started.elapsed();
    }

    fn next(&self, iteration: u64) -> u64 {
        let last = self.experiment.settings.iterations;
        (iteration + 1).next_multiple_of(effort::stride(last)).min(last)
    }
}

impl<'a> Recorder<'a> {
    fn new(experiment: &'a Experiment, row: usize, repeat: u64, progress: &'a Progress) -> Self {
        Self {
            experiment,
            row,
            repeat,
            progress,
            records: Vec::new(),
            bernoulli: experiment.start.clone(),
            phi: None,
            recording: Duration::ZERO,
        }
    }

    fn method(&self) -> &'static Method {
        self.experiment.methods[self.row]
    }

    fn record(&mut self, iteration: u64, bernoulli: &Bernoulli, estimator: &dyn Estimator) {
        let experiment = self.experiment;
        let (settings, unit) = (&experiment.settings, evaluation::unit(bernoulli, estimator));
        let is_last = iteration == settings.iterations;
        let sampling = if is_last { effort::of_last_record } else { effort::of_record };
        let sampling = sampling(settings, unit, self.seed(iteration));
        // A state whose variance overflows has none; the run itself goes on until its gradient overflows, too.
        let evaluation = evaluation::evaluate(bernoulli, &experiment.objective, estimator, sampling).ok();
        let evaluation = evaluation.as_ref();
        self.records.push(Record {
            iteration,
            theta: statistics::mean(&bernoulli.probabilities()),
            loss: experiment.loss(bernoulli),
            gradient_exact: experiment.gradient(bernoulli),
            gradient_mean: evaluation.map(Evaluation::gradient_mean),
            variance: evaluation.map(|evaluation| evaluation.variance),
            standard_error: evaluation.and_then(|evaluation| evaluation.standard_error),
            technique: evaluation.map(|evaluation| evaluation.technique),
            samples: evaluation.map(|evaluation| evaluation.samples),
            parameters: estimator.control().map_or_else(Vec::new, Control::named),
            dead: network::is_dead(self.method(), experiment.target(), estimator.control()),
        });
        self.bernoulli = bernoulli.clone();
        self.phi = estimator.control().map(Control::phi);
    }

    /// The state from which the step `iteration` could not be made. Its moments are not finite, so it has none.
    fn record_divergence(&mut self, iteration: u64, logits: &[f64], parameters: Vec<(String, f64)>) {
        if let Ok(bernoulli) = Bernoulli::from_logits(logits) {
            self.bernoulli = bernoulli;
        }
        self.records.push(Record {
            iteration,
            theta: statistics::mean(&self.bernoulli.probabilities()),
            loss: self.experiment.loss(&self.bernoulli),
            gradient_exact: self.experiment.gradient(&self.bernoulli),
            gradient_mean: None,
            variance: None,
            standard_error: None,
            technique: None,
            samples: None,
            parameters,
            dead: false,
        });
    }

    /// Every record has samples of its own.
    fn seed(&self, iteration: u64) -> u64 {
        seed::derive(self.experiment.settings.seed, [self.row as u64, self.repeat, iteration])
    }

    fn into_run(
        self,
        estimator: AnyEstimator,
        training: Duration,
        diverged: Option<Divergence>,
    ) -> Result<Run, Error> {
        let Some(last) = self.records.last() else {
            return Err(Error::computation("the training loop reported no state"));
        };
        let steps = last.iteration;
        let settings = &self.experiment.settings;
        let unit = evaluation::unit(&self.bernoulli, &Zero);
        let reinforce = self
            .experiment
            .reinforce(&self.bernoulli, effort::of_last_record(settings, unit, self.seed(last.iteration)))
            .ok()
            .map(|evaluation| evaluation.variance);
        Ok(Run {
            evaluations: estimator.evaluations(&self.bernoulli),
            method: self.method(),
            repeat: self.repeat,
            bernoulli: self.bernoulli,
            estimator,
            reinforce,
            diverged,
            seconds_per_step: training.as_secs_f64() / steps.max(1) as f64,
            records: self.records,
        })
    }
}

/// A message that names a million logits is cut where a person would stop reading.
fn shortened(message: &str) -> String {
    const LONGEST: usize = 400;
    let message = number::shortened(message);
    match message.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &message[..end]),
        None => message,
    }
}
