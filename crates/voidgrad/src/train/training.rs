//! A training of one distribution, step by step.

use nalgebra::DVectorView;

use super::learner::Learner;
use super::{
    Average, Block, BlockId, Cause, Gradients, Model, Observer, Outcome, Settings, StateError, Step,
    TrainError, Trainer, TrainerError, TrainerState,
};
use crate::control::Control;
use crate::distribution::Distribution;
use crate::estimator::{Coupling, Estimator, check_wants};
use crate::kernel::{Ahead, State, Steps};
use crate::objective::Objective;
use crate::optimise::{Adam, Optimiser, RestartingAdam, Sgd};

/// A run of [`train`](super::train) under way: a [`Trainer`] with the block `parameters`, those of the distribution, and the block `phi`, those of the
/// control if the estimator has one.
///
/// Cut into calls in any way, interrupted, written to a file and read again: the numbers are the same, to the bit.
///
/// ```
/// use voidgrad::estimators::ReinforceEma;
/// use voidgrad::train::{Settings, Training};
/// use voidgrad::{Bernoulli, Estimator};
/// let start = Bernoulli::from_probabilities(&[0.5, 0.5])?;
/// let f = |b: &[f64]| (b[0] - 0.3).powi(2) * (1.0 + b[1]);
/// let settings = Settings { learning_rate: 0.05, ..Settings::default() };
/// let mut training = Training::new(start.clone(), &f, ReinforceEma::new(0.9)?, &settings, 0)?;
/// training.advance(100)?;
/// let state = training.state();
/// training.step()?;
///
/// let mut resumed = Training::new(start, &f, ReinforceEma::new(0.9)?, &settings, 0)?;
/// resumed.restore(&state)?;
/// resumed.step()?;
/// assert_eq!(resumed.distribution(), training.distribution());
/// assert_eq!(resumed.estimator().baseline(), training.estimator().baseline());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Training<'a, D: Distribution, E> {
    trainer: Trainer,
    model: Estimation<'a, D, E>,
    /// What is known of the next steps, if a kernel may make them by itself.
    ahead: Option<Box<Ahead>>,
    /// The larger learning rate.
    rate: f64,
}

impl<'a, D: Distribution, E: Estimator<D>> Training<'a, D, E> {
    /// Run number `run`, before its first step.
    ///
    /// # Errors
    /// Returns an error if a setting is not in its domain, if the control is made for another dimension, or if the estimator wants a gradient that
    /// the objective does not have.
    pub fn new(
        distribution: D,
        objective: &'a dyn Objective,
        estimator: E,
        settings: &Settings,
        run: u64,
    ) -> Result<Self, TrainError> {
        settings.check()?;
        estimator.suits(&distribution)?;
        check_wants(&estimator, &distribution, objective)?;
        let Settings { batch, learning_rate, control_learning_rate, seed, .. } = *settings;
        let learner = Learner::new(&distribution, &estimator, settings, run)?;
        let mut trainer = Trainer::new(seed, run);
        let mut add =
            |name: &str, parameters: Vec<f64>, by: Box<dyn Optimiser>| -> Result<BlockId, TrainError> {
                trainer.add_block(name, Block::boxed(parameters, by)).map_err(|error| unexpected(&error))
            };
        let parameters = distribution.parameters().to_vec();
        let phi = estimator.control().map(|control| control.phi().as_slice().to_vec()).unwrap_or_default();
        let adam = Adam::new(parameters.len(), learning_rate)?;
        let (descent, of_phi): (Box<dyn Optimiser>, Box<dyn Optimiser>) = match learner {
            None => (Box::new(adam), Box::new(Adam::new(phi.len(), control_learning_rate)?)),
            // The learner makes the whole step.
            Some(_) => (Box::new(RestartingAdam::new(adam)), Box::new(Sgd::new(1.0)?)),
        };
        let parameters = add("parameters", parameters, descent)?;
        let phi = add("phi", phi, of_phi)?;
        let is_fused = batch == 1
            && learner.is_none()
            && distribution.logits_of_bits().is_some_and(|logits| logits.len() == 1)
            && estimator.coupling() == Some(Coupling::Independent);
        let average = Average::new(&distribution, &estimator);
        let blocks = [parameters, phi];
        let rate = learning_rate.max(control_learning_rate);
        Ok(Self {
            trainer,
            model: Estimation {
                distribution,
                estimator,
                objective,
                batch,
                average,
                blocks,
                learner,
                has_phi: true,
            },
            ahead: is_fused.then(|| Box::new(Ahead::new())),
            rate,
        })
    }

    /// Makes a step.
    ///
    /// # Errors
    /// Returns [`TrainError::Diverged`] if the step cannot be made; then nothing has moved.
    pub fn step(&mut self) -> Result<(), TrainError> {
        self.advance(1)
    }

    /// Makes so many steps.
    ///
    /// # Errors
    /// Returns [`TrainError::Diverged`] if a step cannot be made. The steps before it are made.
    pub fn advance(&mut self, steps: u64) -> Result<(), TrainError> {
        let made = self.make(steps);
        // The distribution and the control follow the blocks, which hold the last step that was made.
        let followed = self.follow();
        match made.and(followed) {
            Ok(()) => Ok(()),
            Err(failure) => Err(self.diverged(failure)),
        }
    }

    /// Makes so many steps, and leaves the distribution and the control where they were.
    fn make(&mut self, steps: u64) -> Result<(), Failure> {
        let mut left = steps;
        while left > 0 {
            left -= self.make_by_kernel(left)?;
            if left > 0 {
                self.settle();
                self.trainer.step(&mut self.model)?;
                left -= 1;
            }
        }
        Ok(())
    }

    /// Lets the control's kernel make as many of the next steps as it can, and returns how many.
    fn make_by_kernel(&mut self, wanted: u64) -> Result<u64, Failure> {
        let Self { trainer, model, ahead: prepared, rate } = self;
        let Some(ahead) = prepared else { return Ok(0) };
        // With less than half a unit in the last place of the largest number, no parameter gets beyond it.
        let farthest = Adam::FARTHEST * *rate * (trainer.iteration() + wanted) as f64;
        if farthest >= 0.25 * f64::EPSILON * f64::MAX {
            return Ok(0);
        }
        model.take_phi(trainer.parameters(model.blocks[1])?)?;
        let mut left = wanted;
        while left > 0 {
            if ahead.is_used_up() {
                trainer.set_rates()?;
            }
            let (blocks, stream, iteration) = trainer.parts();
            let Estimation { estimator, objective, average, .. } = model;
            let ([parameters, phi], Some(control)) = (blocks, estimator.control_mut()) else { break };
            let optimisers = [&mut parameters.optimiser, &mut phi.optimiser];
            let [Some(descent), Some(control_descent)] = optimisers.map(|by| by.downcast_mut::<Adam>())
            else {
                break;
            };
            // A value that can't be had is NaN: the step is then made as every estimator makes it, which gives the error.
            let f = |b: f64| objective.value(&[b]).unwrap_or(f64::NAN);
            let state = State {
                f: &f,
                parameters: &mut parameters.parameters,
                phi: &mut phi.parameters,
                optimisers: [descent, control_descent],
                found: (0.0, 0.0),
                variance_gradient: &mut average.variance_gradient,
            };
            let mut steps = Steps { wanted: left, stream, ahead, state, is_stopped: false };
            let made = control.steps(&mut steps) as u64;
            let Steps { state: State { found: (f, gradient), .. }, is_stopped, .. } = steps;
            if made > 0 {
                average.keep(f, gradient);
                *iteration += made;
                left -= made;
            } else if !is_stopped {
                // The control has no kernel.
                *prepared = None;
                break;
            }
            if is_stopped {
                break;
            }
        }
        Ok(wanted - left)
    }

    /// Takes the noise back behind the last step that was made.
    fn settle(&mut self) {
        if let Some(ahead) = &mut self.ahead {
            ahead.settle(self.trainer.noise());
        }
    }

    /// Gives the distribution and the control the parameters of the blocks.
    fn follow(&mut self) -> Result<(), Failure> {
        let Self { trainer, model, .. } = self;
        let [parameters, phi] = model.blocks;
        model.distribution.set_parameters(trainer.parameters(parameters)?).map_err(Cause::from)?;
        model.take_phi(trainer.parameters(phi)?)
    }

    fn diverged(&self, failure: Failure) -> TrainError {
        let source = match failure {
            Failure::Cause(cause) => cause,
            Failure::Trainer(TrainerError::Step { source, .. }) => source.into(),
            Failure::Trainer(error) => return unexpected(&error),
        };
        TrainError::Diverged {
            iteration: self.trainer.iteration() + 1,
            logits: self.model.distribution.parameters().to_vec(),
            gradient: self.model.average.last().to_vec(),
            control: self.model.estimator.control().map_or_else(Vec::new, Control::named),
            source: Box::new(source),
        }
    }

    /// Steps made so far.
    #[must_use]
    pub fn iteration(&self) -> u64 {
        self.trainer.iteration()
    }

    /// The variables.
    #[must_use]
    pub fn distribution(&self) -> &D {
        &self.model.distribution
    }

    /// The estimator.
    #[must_use]
    pub fn estimator(&self) -> &E {
        &self.model.estimator
    }

    /// The mean of the estimates that the last step followed.
    #[must_use]
    pub fn average(&self) -> &Average {
        &self.model.average
    }

    /// Shows the state to an observer.
    pub fn observe(&self, observer: &mut dyn Observer<D>) {
        let Self { trainer, model: Estimation { distribution, estimator, average, .. }, .. } = self;
        let iteration = trainer.iteration();
        let average = (iteration > 0).then_some(average);
        observer.observe(&Step { iteration, distribution, estimator, average });
    }

    /// Ends the training.
    #[must_use]
    pub fn finish(self) -> Outcome<D, E> {
        let Estimation { distribution, estimator, .. } = self.model;
        Outcome { distribution, estimator }
    }

    /// Everything that the run needs to continue with the same bits: parameters, φ, the moments of the optimisers, the position of the noise, and what
    /// the estimator has learned, under `estimator/…` of the extras.
    #[must_use]
    pub fn state(&self) -> TrainerState {
        let mut state = self.trainer.state();
        if let Some(position) = self.ahead.as_ref().and_then(|ahead| ahead.position()) {
            state.position = position;
        }
        let learned = self.model.estimator.state();
        state.extras.extend(learned.into_iter().map(|(name, values)| (format!("{LEARNED}{name}"), values)));
        if let Some(learner) = &self.model.learner {
            let learned = learner.state(state.iteration);
            state
                .extras
                .extend(learned.into_iter().map(|(name, values)| (format!("{LEARNER}{name}"), values)));
        }
        state
    }

    /// Continues from a state of a run of the same kind.
    ///
    /// # Errors
    /// As [`Trainer::restore`]; also returns an error if the estimator refuses its part. Then nothing has changed.
    pub fn restore(&mut self, state: &TrainerState) -> Result<(), StateError> {
        self.settle();
        let before = self.trainer.state();
        self.trainer.restore(state)?;
        let under = |prefix: &str| -> Vec<(&str, &[f64])> {
            let arrays = state.extras.iter();
            arrays
                .filter_map(|(name, values)| Some((name.strip_prefix(prefix)?, values.as_slice())))
                .collect()
        };
        let Estimation { estimator, learner, .. } = &mut self.model;
        let learner_before = learner.as_ref().map(|learner| learner.state(before.iteration));
        let refused = |source: Cause| StateError::Refused { source: Box::new(source) };
        let mut restored =
            learner.as_mut().map_or(Ok(()), |learner| learner.restore(&under(LEARNER))).map_err(refused);
        if restored.is_ok() {
            let learned = estimator.restore(&under(LEARNED));
            restored = learned.map_err(|source| StateError::Refused { source: Box::new(source) });
            if let (Err(_), Some(learner), Some(before)) = (&restored, learner, learner_before) {
                let before: Vec<(&str, &[f64])> =
                    before.iter().map(|(name, values)| (*name, values.as_slice())).collect();
                learner.restore(&before).map_err(refused)?;
            }
        }
        if restored.is_err() {
            self.trainer.restore(&before)?;
            return restored;
        }
        self.model.has_phi = false;
        self.follow().map_err(|failure| match failure {
            Failure::Cause(cause) => StateError::Refused { source: Box::new(cause) },
            Failure::Trainer(error) => StateError::Refused { source: Box::new(error) },
        })
    }
}

/// Before the names of what the estimator has learned.
const LEARNED: &str = "estimator/";

/// Before the names of what the learner of the control remembers.
const LEARNER: &str = "learner/";

/// An error of the trainer that a training of checked settings does not have.
fn unexpected(error: &TrainerError) -> TrainError {
    TrainError::Trainer { message: error.to_string() }
}

/// The gradients of a training of one distribution.
struct Estimation<'a, D, E> {
    distribution: D,
    estimator: E,
    objective: &'a dyn Objective,
    batch: usize,
    average: Average,
    /// The blocks of the distribution's parameters and of φ.
    blocks: [BlockId; 2],
    /// What learns φ, if it is not an optimiser.
    learner: Option<Learner>,
    /// Whether the control has the φ of its block.
    has_phi: bool,
}

/// Why a step failed.
enum Failure {
    Cause(Cause),
    Trainer(TrainerError),
}

impl From<Cause> for Failure {
    fn from(cause: Cause) -> Self {
        Self::Cause(cause)
    }
}

impl From<TrainerError> for Failure {
    fn from(error: TrainerError) -> Self {
        Self::Trainer(error)
    }
}

impl<D: Distribution, E: Estimator<D>> Estimation<'_, D, E> {
    /// Gives the control this φ, unless it has it.
    fn take_phi(&mut self, phi: &[f64]) -> Result<(), Failure> {
        if !self.has_phi {
            if let Some(control) = self.estimator.control_mut() {
                control.set_phi(DVectorView::from_slice(phi, phi.len())).map_err(Cause::from)?;
            }
            self.has_phi = true;
        }
        Ok(())
    }
}

impl<D: Distribution, E: Estimator<D>> Model for Estimation<'_, D, E> {
    type Error = Failure;

    fn fill(&mut self, step: &mut Gradients<'_>) -> Result<f64, Failure> {
        let iteration = step.iteration();
        let ([parameters, phi], noise) = step.parts(self.blocks)?;
        self.distribution.set_parameters(parameters.parameters).map_err(Cause::from)?;
        self.take_phi(phi.parameters)?;
        let Self { distribution, estimator, objective, average, learner, .. } = self;
        average.clear();
        if let Some(learner) = learner {
            learner.begin(iteration);
        }
        for _ in 0..self.batch {
            average.add(estimator, distribution, *objective, noise).map_err(Cause::from)?;
            if let Some(learner) = learner {
                learner.hear(distribution, average.last_evaluation());
            }
        }
        average.finish(distribution).map_err(Cause::from)?;
        parameters.gradient.copy_from_slice(&average.gradient);
        match (learner, estimator.control_mut()) {
            (Some(learner), Some(control)) => {
                learner.step(iteration, control)?;
                let moved = control.phi();
                let places = phi.gradient.iter_mut().zip(phi.parameters.iter().zip(moved.iter()));
                places.for_each(|(step, (from, to))| *step = from - to);
            }
            _ => phi.gradient.copy_from_slice(&average.variance_gradient),
        }
        // The optimiser moves the block next.
        self.has_phi = false;
        Ok(average.f)
    }
}
