//! A run under way: begun, or continued from a checkpoint.

#[cfg(test)]
mod tests;

use std::time::Instant;

use voidgrad::estimator::StepGradients;
use voidgrad::optimise::{Adam, Sgd};
use voidgrad::train::{Block, ControlOptimiser, Gradients, TrainerState};
use voidgrad::{Bernoulli, Estimator, Stream, Trainer};

use super::checkpoint::{Checkpoint, borrowed};
use super::learner::Learner;
use super::{Divergence, End, Run};
use crate::costs;
use crate::problems::vae::error::StepError;
use crate::problems::vae::estimators;
use crate::problems::vae::exact::Exact;
use crate::problems::vae::experiment::Experiment;
use crate::problems::vae::gradient::Gradient;
use crate::problems::vae::images::Images;
use crate::problems::vae::random;
use crate::problems::vae::records::{self, Measured, Record};
use crate::training::{self, Job, Outcome, Time};
use voidgrad_kit::error::Error;
use voidgrad_kit::number;
use voidgrad_models::Model;

/// The names of the blocks of parameters.
const ENCODER: &str = "encoder";
const DECODER: &str = "decoder";
const CONTROL: &str = "control";

/// A run under way.
pub(crate) struct Execution<'a> {
    experiment: &'a Experiment,
    job: Job,
    trainer: Trainer,
    parts: Parts,
    records: Vec<Record>,
    /// Seconds of all steps.
    seconds: f64,
    /// What was found at the end, if it has ended.
    end: Option<End>,
    /// Why it can't go on, if it can't.
    diverged: Option<Divergence>,
}

/// What a step is made with.
struct Parts {
    model: Box<dyn Model>,
    gradient: Gradient,
    images: Images,
    has_control: bool,
    /// What learns the control, if that is not the optimiser of its block.
    learner: Option<Learner>,
    /// For the gradient over all states.
    exact: Option<Exact>,
}

impl<'a> Execution<'a> {
    /// A run before its first step.
    ///
    /// # Errors
    /// Returns an error if the library refuses a setting.
    pub(crate) fn new(experiment: &'a Experiment, job: Job) -> Result<Self, Error> {
        let (seed, repeat) = (experiment.seed, job.repeat);
        let model = experiment.instance().map_err(Error::computation)?;
        let mut weights = Stream::new(seed, repeat, random::WEIGHTS);
        let parameters = model.shapes().map(|shapes| random::parameters(&shapes, &mut weights));
        let mut stream = Stream::new(seed, repeat, random::CONTROL);
        let method = &experiment.methods[job.row];
        let gradient = Gradient::new(method, &experiment.setup_of(method), &*model, &mut stream)?;
        let phi = gradient.control().map(|control| control.phi().as_slice().to_vec());
        let images = Images::new(&*model, experiment.batch).map_err(Error::computation)?;
        // Two layers have the sum as a chain of two estimators.
        let is_exact = estimators::name(method) == estimators::EXACT && model.second().is_none();
        let exact = is_exact.then(|| Exact::new(&*model));
        let control = gradient.control().filter(|_| method.optimiser() == ControlOptimiser::Replay);
        let learner = control.map(|control| Learner::new(experiment, control)).transpose();
        let learner = learner.map_err(Error::arguments)?;
        let is_learned = learner.is_some();
        let parts = Parts { model, gradient, images, has_control: phi.is_some(), learner, exact };
        let mut trainer = Trainer::new(seed, repeat);
        let rates = [experiment.learning_rate, experiment.learning_rate, experiment.control_learning_rate];
        let [encoder, decoder] = parameters;
        let blocks =
            [Some(encoder), Some(decoder), phi].into_iter().zip([ENCODER, DECODER, CONTROL]).zip(rates);
        for ((parameters, name), rate) in blocks {
            let Some(parameters) = parameters else { continue };
            let block = if name == CONTROL && is_learned {
                // The learner makes the whole step.
                Block::new(parameters, Sgd::new(1.0).map_err(Error::arguments)?)
            } else {
                let adam = Adam::new(parameters.len(), rate).map_err(Error::arguments)?;
                Block::new(parameters, adam)
            };
            trainer.add_block(name, block).map_err(Error::arguments)?;
        }
        Ok(Self {
            experiment,
            job,
            trainer,
            parts,
            records: Vec::new(),
            seconds: 0.0,
            end: None,
            diverged: None,
        })
    }

    /// The next step.
    fn step(&mut self) -> Result<(), StepError> {
        let Self { experiment, job, trainer, parts, .. } = self;
        trainer.step(&mut |step: &mut Gradients<'_>| parts.fill(experiment, job.repeat, step)).map(drop)
    }

    /// Gives model and control the parameters of the trainer.
    fn set_parameters(&mut self) -> Result<(), StepError> {
        let Self { trainer, parts: Parts { model, gradient, has_control, .. }, .. } = self;
        model.set_parameters(trainer.parameters(ENCODER)?, trainer.parameters(DECODER)?)?;
        if *has_control {
            gradient.set_phi(trainer.parameters(CONTROL)?)?;
        }
        Ok(())
    }

    /// Measures with the parameters of now.
    fn measure<T>(
        &mut self,
        see: impl FnOnce(&Measured<'_>, &mut Gradient, &dyn Fn(u64) -> Stream) -> T,
    ) -> Result<T, StepError> {
        self.set_parameters()?;
        let Self { experiment, job, trainer, parts: Parts { model, gradient, .. }, .. } = self;
        let first = random::RECORDS + trainer.iteration() * random::STREAMS;
        let measured = Measured {
            model: &**model,
            decoder: trainer.parameters(DECODER)?,
            data: &experiment.data,
            bound: experiment.bound.map(|samples| usize::try_from(samples).unwrap_or(usize::MAX)),
            detail: experiment.detail,
        };
        Ok(see(&measured, gradient, &|number| Stream::new(experiment.seed, job.repeat, first + number)))
    }

    /// Keeps a record.
    fn record(&mut self) -> Result<(), StepError> {
        let evaluations = self.evaluations()?;
        let (now, samples) = ((self.trainer.iteration(), evaluations, self.seconds), self.samples());
        let record =
            self.measure(|measured, gradient, streams| measured.record(now, gradient, samples, streams))?;
        self.records.push(record);
        Ok(())
    }

    /// Evaluations of f so far, over all images of all steps.
    fn evaluations(&self) -> Result<u64, StepError> {
        let Parts { model, gradient, .. } = &self.parts;
        let bernoulli = Bernoulli::from_logits(&vec![0.0; model.latents()])?;
        let estimates = self.trainer.iteration() * self.experiment.batch as u64;
        Ok(gradient.evaluations_so_far(&bernoulli, estimates))
    }

    /// Samples at the end.
    fn samples(&self) -> usize {
        usize::try_from(self.experiment.samples).unwrap_or(usize::MAX)
    }

    /// Steps up to the next record, `most` of them at most, and the record.
    fn try_advance(&mut self, most: u64) -> Result<(), StepError> {
        if self.records.is_empty() {
            self.record()?;
        }
        let (last, now) = (self.experiment.iterations, self.trainer.iteration());
        let next = (now + 1).next_multiple_of(records::stride(last, self.experiment.records)).min(last);
        let started = Instant::now();
        let outcome = (0..most.min(next - now)).try_for_each(|_| self.step());
        self.seconds += started.elapsed().as_secs_f64();
        outcome?;
        if self.trainer.iteration() == next { self.record() } else { Ok(()) }
    }
}

/// Seconds of a step with the first estimator.
///
/// # Errors
/// Returns an error if the library refuses a setting, or if a step fails.
pub(crate) fn seconds_of_a_step(experiment: &Experiment) -> Result<f64, Error> {
    let mut execution = Execution::new(experiment, Job { row: 0, repeat: 0 })?;
    costs::seconds(|| execution.step().map_err(Error::computation))
}

impl Parts {
    /// Fills the gradients of a step.
    fn fill(
        &mut self,
        experiment: &Experiment,
        run: u64,
        step: &mut Gradients<'_>,
    ) -> Result<f64, StepError> {
        let Self { model, gradient, images, has_control, learner, exact } = self;
        let data = &experiment.data;
        let rows = random::batch(experiment.seed, run, step.iteration(), experiment.batch, data.train.rows());
        let x = data.train.gather(rows.into_iter());
        if *has_control {
            gradient.set_phi(step.parameters(CONTROL)?)?;
        }
        let iteration = step.iteration();
        let ([encoder, decoder], noise) = step.parts([ENCODER, DECODER])?;
        model.set_parameters(encoder.parameters, decoder.parameters)?;
        if let Some(exact) = exact {
            let gradients = [encoder.gradient, decoder.gradient];
            return exact.add_gradients(&**model, decoder.parameters, &x, gradients);
        }
        images.ask(&**model, decoder.parameters, gradient, &x, noise)?;
        images.tell(gradient)?;
        images.add_gradients(&**model, &x, [&mut *encoder.gradient, &mut *decoder.gradient])?;
        gradient
            .estimator_mut()
            .end_step(StepGradients { estimated: encoder.gradient, direct: decoder.gradient });
        if let Some(learner) = learner {
            let phi = learner.learn(experiment, (run, iteration), images, (gradient, decoder.parameters))?;
            let (from, to) = (step.parameters(CONTROL)?.to_vec(), phi);
            let places = step.gradient_mut(CONTROL)?.iter_mut().zip(from.iter().zip(to.iter()));
            places.for_each(|(step, (from, to))| *step = from - to);
        } else if *has_control {
            // The plate has Σ_n (2/M)(∂ĝ_n/∂φ)ᵀ ĝ_n; the mean of the summed squares of ĝ has the derivative 1/N Σ_n 2(∂ĝ_n/∂φ)ᵀ ĝ_n.
            let factor = model.latents() as f64 / experiment.batch as f64;
            let sums = images.plate().variance_gradient().iter();
            step.gradient_mut(CONTROL)?.iter_mut().zip(sums).for_each(|(to, sum)| *to = factor * sum);
        }
        Ok(images.mean_f())
    }
}

impl training::Execution for Execution<'_> {
    type Run = Run;

    fn steps(&self) -> u64 {
        self.trainer.iteration()
    }

    fn advance(&mut self, most: u64) -> Result<Outcome, Error> {
        match self.try_advance(most) {
            Ok(()) => Ok(Outcome::Made),
            Err(error) => {
                let message = number::shortened(&error.to_string());
                self.diverged = Some(Divergence { iteration: self.trainer.iteration(), message });
                Ok(Outcome::Diverged)
            }
        }
    }

    fn end(&mut self) {
        let samples = self.samples();
        let found = self.measure(|measured, gradient, streams| measured.end(gradient, samples, streams));
        self.end = Some(found.unwrap_or(End::NOTHING));
    }

    fn has_ended(&self) -> bool {
        self.end.is_some()
    }

    fn state(&self) -> TrainerState {
        let learned = |estimator: &dyn Estimator| -> Vec<(String, Vec<f64>)> {
            estimator.state().into_iter().map(|(name, values)| (name.into_owned(), values)).collect()
        };
        let gradient = &self.parts.gradient;
        let checkpoint = Checkpoint {
            state: self.trainer.state(),
            estimator: learned(gradient.estimator()),
            second: gradient.second().map_or_else(Vec::new, learned),
            learner: self.parts.learner.as_ref().map_or_else(Vec::new, Learner::state),
            records: self.records.clone(),
            seconds: self.seconds,
            end: self.end,
        };
        checkpoint.into_state()
    }

    fn restore(&mut self, state: TrainerState) -> Result<(), Error> {
        let Checkpoint { state, estimator, second, learner, records, seconds, end } =
            Checkpoint::of_state(state)?;
        self.trainer.restore(&state).map_err(Error::arguments)?;
        self.parts.gradient.estimator_mut().restore(&borrowed(&estimator)).map_err(Error::arguments)?;
        if let Some(own) = self.parts.gradient.second_mut() {
            own.restore(&borrowed(&second)).map_err(Error::arguments)?;
        }
        let decoder = self.trainer.parameters(DECODER).map_err(Error::arguments)?.len();
        if let Some(own) = &mut self.parts.learner {
            own.restore(&learner, decoder)?;
        }
        (self.records, self.seconds, self.end) = (records, seconds, end);
        self.set_parameters().map_err(Error::arguments)
    }

    fn into_run(mut self) -> Run {
        // A run that diverged has the parameters of its last step, which may be of no use to a model.
        let _ = self.set_parameters();
        let parameters = [ENCODER, DECODER]
            .map(|name| self.trainer.parameters(name).map_or_else(|_| Vec::new(), <[f64]>::to_vec));
        let estimates = (self.trainer.iteration() * self.experiment.batch as u64).max(1) as f64;
        let mean_evaluations = self.evaluations().map_or(f64::NAN, |count| count as f64 / estimates);
        let Parts { model, gradient, .. } = &self.parts;
        Run {
            method: self.experiment.methods[self.job.row],
            repeat: self.job.repeat,
            evaluations: records::points(gradient, &**model).unwrap_or_default(),
            mean_evaluations,
            choices: gradient.estimator().choices(),
            control: gradient.numbers(),
            parameters,
            time: Time { steps: self.trainer.iteration(), seconds: self.seconds },
            records: self.records,
            end: self.end,
            diverged: self.diverged,
        }
    }
}
