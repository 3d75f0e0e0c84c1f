//! What learns a control, if that is not the optimiser of its block.

use std::collections::VecDeque;

use voidgrad::control_learning::{LearningError, Replay, TruncatedNewton};
use voidgrad::nalgebra::DVector;
use voidgrad::train::ControlOptimiser;
use voidgrad::{Control, Stream};

use super::checkpoint::borrowed;
use crate::problems::vae::error::StepError;
use crate::problems::vae::estimators::Trained;
use crate::problems::vae::experiment::Experiment;
use crate::problems::vae::gradient::Gradient;
use crate::problems::vae::images::Images;
use crate::problems::vae::random;
use crate::training::damaged;
use xtask_kit::error::Error;

/// A learner of the control.
pub(crate) enum Learner {
    /// Least squares on the plate of the step.
    GaussNewton(TruncatedNewton),
    /// Steps of Adam on plates that are remembered.
    Replay {
        /// What is remembered but the images, which the numbers of the steps give.
        replay: Replay,
        /// The decoder's parameters in those steps, the newest first.
        decoders: VecDeque<Vec<f64>>,
    },
}

/// The array of the decoders.
const DECODERS: &str = "decoders";

impl Learner {
    /// The learner of a run; nothing if an optimiser moves the control, or if there is none.
    ///
    /// # Errors
    /// Returns an error if the batch is too small for least squares.
    pub(in crate::problems::vae) fn new(
        experiment: &Experiment,
        method: &Trained,
        control: Option<&dyn Control>,
    ) -> Result<Option<Self>, LearningError> {
        let shape = (experiment.batch, experiment.latents);
        let Some(control) = control else { return Ok(None) };
        Ok(match method.optimiser() {
            ControlOptimiser::GaussNewton => Some(Self::GaussNewton(TruncatedNewton::new(control, shape)?)),
            ControlOptimiser::Replay => {
                let replay = Replay::new(control, shape, experiment.control_learning_rate)?;
                Some(Self::Replay { replay, decoders: VecDeque::new() })
            }
            _ => None,
        })
    }

    /// φ after what is learned in step number `iteration` of a run, whose plate has been told.
    ///
    /// # Errors
    /// Returns an error if a number is NaN or infinite.
    pub(super) fn learn(
        &mut self,
        experiment: &Experiment,
        (run, iteration): (u64, u64),
        images: &Images,
        (gradient, decoder): (&mut Gradient, &[f64]),
    ) -> Result<DVector<f64>, StepError> {
        let Experiment { data, seed, batch, .. } = experiment;
        let round = [images.logits(), images.plate().points(), images.plate().f()];
        let mut stream = Stream::new(*seed, run, random::LEARNER);
        // Two words for each number.
        stream.set_position(2 * self.uniforms() * u128::from(iteration));
        match self {
            Self::GaussNewton(newton) => gradient.solve(newton, round, &mut stream)?,
            Self::Replay { replay, decoders } => {
                let [logits, b, f] = round;
                replay.remember(logits, b, f)?;
                decoders.push_front(decoder.to_vec());
                decoders.truncate(replay.remembered());
                for _ in 0..replay.steps() {
                    let &[back] = replay.draw(&mut stream) else { break };
                    let rows = random::batch(*seed, run, iteration - back as u64, *batch, data.train.rows());
                    gradient.learn(replay, &data.train.gather(rows.into_iter()), &decoders[back])?;
                }
            }
        }
        Ok(gradient.control().map(Control::phi).unwrap_or_default())
    }

    /// How many uniform numbers it takes in a step of the training.
    fn uniforms(&self) -> u128 {
        match self {
            Self::GaussNewton(newton) => newton.uniforms() as u128,
            Self::Replay { replay, .. } => u128::from(replay.steps()) * replay.uniforms() as u128,
        }
    }

    /// All that it needs to continue, as named arrays.
    pub(super) fn state(&self) -> Vec<(String, Vec<f64>)> {
        let owned = |arrays: Vec<(&'static str, Vec<f64>)>| -> Vec<(String, Vec<f64>)> {
            arrays.into_iter().map(|(name, values)| (name.to_owned(), values)).collect()
        };
        match self {
            Self::GaussNewton(newton) => owned(newton.state()),
            Self::Replay { replay, decoders } => {
                let mut arrays = owned(replay.state());
                arrays.push((DECODERS.to_owned(), decoders.iter().flatten().copied().collect()));
                arrays
            }
        }
    }

    /// Takes over such a state; a decoder has so many parameters.
    ///
    /// # Errors
    /// Returns an error if the state does not fit.
    pub(super) fn restore(&mut self, state: &[(String, Vec<f64>)], decoder: usize) -> Result<(), Error> {
        match self {
            Self::GaussNewton(newton) => newton.restore(&borrowed(state)).map_err(Error::arguments),
            Self::Replay { replay, decoders } => {
                replay.restore(&borrowed(state)).map_err(Error::arguments)?;
                let found = state.iter().find(|(name, _)| name == DECODERS);
                let (_, numbers) = found.ok_or_else(|| damaged(DECODERS))?;
                if numbers.len() != decoder * replay.remembered() {
                    return Err(damaged(DECODERS));
                }
                *decoders = numbers.chunks(decoder).map(<[f64]>::to_vec).collect();
                Ok(())
            }
        }
    }
}
