//! What learns a control by replay.

use std::collections::VecDeque;

use voidgrad::control_learning::{LearningError, Replay};
use voidgrad::nalgebra::DVector;
use voidgrad::{Control, Stream};

use super::checkpoint::borrowed;
use crate::problems::vae::error::StepError;
use crate::problems::vae::experiment::Experiment;
use crate::problems::vae::gradient::Gradient;
use crate::problems::vae::images::Images;
use crate::problems::vae::random;
use crate::training::damaged;
use voidgrad_kit::error::Error;

/// A learner of the control, with all that its plates had.
pub(super) struct Learner {
    /// The images are not in it: the numbers of the steps give them.
    replay: Replay,
    /// The decoder's parameters in the steps that it remembers, the newest first.
    decoders: VecDeque<Vec<f64>>,
}

/// The array of the decoders.
const DECODERS: &str = "decoders";

impl Learner {
    /// The learner of a run.
    ///
    /// # Errors
    /// Returns an error if the learning rate is not a positive number.
    pub(super) fn new(experiment: &Experiment, control: &dyn Control) -> Result<Self, LearningError> {
        let shape = (experiment.batch, experiment.latents);
        let replay = Replay::new(control, shape, experiment.control_learning_rate)?;
        Ok(Self { replay, decoders: VecDeque::new() })
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
        let Self { replay, decoders } = self;
        let Experiment { data, seed, batch, .. } = experiment;
        replay.remember(images.logits(), images.plate().points(), images.plate().f())?;
        decoders.push_front(decoder.to_vec());
        decoders.truncate(replay.remembered());
        let mut stream = Stream::new(*seed, run, random::LEARNER);
        // Two words for each number.
        let numbers = u128::from(replay.most_steps()) * replay.uniforms() as u128;
        stream.set_position(2 * numbers * u128::from(iteration));
        for _ in 0..replay.steps() {
            let &[back] = replay.draw(&mut stream) else { break };
            let rows = random::batch(*seed, run, iteration - back as u64, *batch, data.train.rows());
            gradient.learn(replay, &data.train.gather(rows.into_iter()), &decoders[back])?;
        }
        Ok(gradient.control().map(Control::phi).unwrap_or_default())
    }

    /// All that it needs to continue, as named arrays.
    pub(super) fn state(&self) -> Vec<(String, Vec<f64>)> {
        let arrays = self.replay.state().into_iter().map(|(name, values)| (name.to_owned(), values));
        arrays.chain([(DECODERS.to_owned(), self.decoders.iter().flatten().copied().collect())]).collect()
    }

    /// Takes over such a state; a decoder has so many parameters.
    ///
    /// # Errors
    /// Returns an error if the state does not fit.
    pub(super) fn restore(&mut self, state: &[(String, Vec<f64>)], decoder: usize) -> Result<(), Error> {
        self.replay.restore(&borrowed(state)).map_err(Error::arguments)?;
        let found = state.iter().find(|(name, _)| name == DECODERS);
        let (_, numbers) = found.ok_or_else(|| damaged(DECODERS))?;
        if numbers.len() != decoder * self.replay.remembered() {
            return Err(damaged(DECODERS));
        }
        self.decoders = numbers.chunks(decoder).map(<[f64]>::to_vec).collect();
        Ok(())
    }
}
