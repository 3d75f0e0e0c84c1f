//! What learns φ from remembered evaluations, as a part of a training.

use super::{Cause, ControlOptimiser, Settings, TrainError};
use crate::control::Control;
use crate::control_learning::{GaussNewton, LearningError, LeastSquares, Replay};
use crate::distribution::Distribution;
use crate::estimator::{Coupling, Estimator};
use crate::noise::Stream;

/// A learner that follows the steps of a training, also back from a step that failed.
pub(super) struct Learner {
    method: Method,
    /// The training's own noise is `(seed, run, 0)`.
    seed: u64,
    run: u64,
    /// Logits, b and f of the step so far.
    told: [Vec<f64>; 3],
    /// The step that it has learned from last, and what it was before.
    last: Option<(u64, Arrays)>,
}

/// How it learns.
enum Method {
    GaussNewton(GaussNewton),
    LeastSquares(LeastSquares),
    Replay(Replay),
}

/// A state, as named arrays.
type Arrays = Vec<(&'static str, Vec<f64>)>;

/// The fewest evaluations of a step of replay.
const ROWS: usize = 32;

/// The row of the streams of the learner's noise.
const ROW: u64 = u64::MAX - 1;

impl Learner {
    /// A learner of the control of an estimator; nothing if φ is moved by an optimiser.
    ///
    /// # Errors
    /// Returns an error if there is no such control, or if it has too many parameters.
    pub(super) fn new<D: Distribution>(
        distribution: &D,
        estimator: &impl Estimator<D>,
        settings: &Settings,
        run: u64,
    ) -> Result<Option<Self>, TrainError> {
        let Settings { control_optimiser, control_learning_rate, batch, seed, .. } = *settings;
        let method = match control_optimiser {
            ControlOptimiser::Adam => return Ok(None),
            ControlOptimiser::GaussNewton => {
                let (control, variables) = learnable(distribution, estimator, control_optimiser)?;
                Method::GaussNewton(GaussNewton::new(control, variables)?)
            }
            ControlOptimiser::LeastSquares => {
                let (control, variables) = learnable(distribution, estimator, control_optimiser)?;
                Method::LeastSquares(LeastSquares::new(control, (batch, variables), control_learning_rate)?)
            }
            ControlOptimiser::Replay => {
                let (control, variables) = learnable(distribution, estimator, control_optimiser)?;
                let replay = Replay::new(control, (batch, variables), control_learning_rate)?;
                Method::Replay(replay.with_rounds(ROWS.div_ceil(batch))?)
            }
        };
        Ok(Some(Self { method, seed, run, told: Default::default(), last: None }))
    }

    /// Begins step number `iteration`, counted from 0. If it was made before, it failed, and nothing was learned from it.
    pub(super) fn begin(&mut self, iteration: u64) {
        self.undo(iteration);
        self.last = Some((iteration, self.method.state()));
        self.told.iter_mut().for_each(Vec::clear);
    }

    /// Keeps an estimate of the step.
    pub(super) fn hear(&mut self, distribution: &impl Distribution, (b, f): (&[f64], f64)) {
        let [logits, all_b, all_f] = &mut self.told;
        logits.extend_from_slice(distribution.parameters());
        all_b.extend_from_slice(b);
        all_f.push(f);
    }

    /// Moves φ of the control, by the estimates of the step and earlier ones.
    ///
    /// # Errors
    /// Returns an error if the control has changed its number of parameters, or if Adam's step can't be made.
    pub(super) fn step(&mut self, iteration: u64, control: &mut dyn Control) -> Result<(), Cause> {
        let Self { method, told: [logits, b, f], seed, run, .. } = self;
        let mut stream = Stream::new(*seed, *run, ROW);
        // Two words for each number.
        stream.set_position(2 * u128::from(method.uniforms()) * u128::from(iteration));
        Ok(method.step(control, [logits, b, f], &mut stream)?)
    }

    /// What is left of the steps before `iteration`, as data.
    pub(super) fn state(&self, iteration: u64) -> Arrays {
        match &self.last {
            Some((last, before)) if *last == iteration => before.clone(),
            _ => self.method.state(),
        }
    }

    /// Goes on from a state.
    ///
    /// # Errors
    /// Returns an error if the state does not fit; then nothing has changed.
    pub(super) fn restore(&mut self, state: &[(&str, &[f64])]) -> Result<(), Cause> {
        self.method.restore(state)?;
        self.last = None;
        Ok(())
    }

    fn undo(&mut self, iteration: u64) {
        if let Some((_, before)) = self.last.take_if(|(last, _)| *last == iteration) {
            let before: Vec<(&str, &[f64])> =
                before.iter().map(|(name, values)| (*name, values.as_slice())).collect();
            self.method.restore(&before).expect("it was the learner's own state");
        }
    }
}

/// The control of an estimator, and its number of variables.
///
/// # Errors
/// Returns an error if there is no control that can be learned from what is remembered.
fn learnable<'e, D: Distribution>(
    distribution: &D,
    estimator: &'e impl Estimator<D>,
    optimiser: ControlOptimiser,
) -> Result<(&'e dyn Control, usize), TrainError> {
    let nothing = |found| Err(TrainError::NothingToLearn { optimiser: optimiser.name(), found });
    let Some(logits) = distribution.logits_of_bits() else {
        return nothing("the variables are others");
    };
    let Some(control) = estimator.control() else { return nothing("the estimator has no control") };
    if estimator.coupling() != Some(Coupling::Independent) {
        return nothing("the noise of this estimator is coupled");
    }
    if control.parameters() == 0 {
        return nothing("the control has no parameter");
    }
    Ok((control, logits.len()))
}

impl Method {
    /// Remembers the evaluations of a step, and learns from them.
    fn step(
        &mut self,
        control: &mut dyn Control,
        [logits, b, f]: [&[f64]; 3],
        stream: &mut Stream,
    ) -> Result<(), LearningError> {
        match self {
            Self::GaussNewton(learner) => {
                let variables = logits.len() / f.len();
                for ((logits, b), f) in logits.chunks(variables).zip(b.chunks(variables)).zip(f) {
                    learner.remember(logits, b, *f)?;
                }
                learner.step(control, stream)
            }
            Self::LeastSquares(learner) => learner.step(control, [logits, b, f], stream),
            Self::Replay(learner) => {
                learner.remember(logits, b, f)?;
                (0..learner.steps()).try_for_each(|_| {
                    learner.draw(stream);
                    learner.step(control)
                })
            }
        }
    }

    /// How many uniform numbers the steps of the learner take for one step of the training.
    fn uniforms(&self) -> u64 {
        match self {
            Self::GaussNewton(learner) => learner.uniforms() as u64,
            Self::LeastSquares(learner) => learner.uniforms() as u64,
            Self::Replay(learner) => learner.most_steps() * learner.uniforms() as u64,
        }
    }

    fn state(&self) -> Arrays {
        match self {
            Self::GaussNewton(learner) => learner.state(),
            Self::LeastSquares(learner) => learner.state(),
            Self::Replay(learner) => learner.state(),
        }
    }

    fn restore(&mut self, state: &[(&str, &[f64])]) -> Result<(), LearningError> {
        match self {
            Self::GaussNewton(learner) => learner.restore(state),
            Self::LeastSquares(learner) => learner.restore(state),
            Self::Replay(learner) => learner.restore(state),
        }
    }
}
