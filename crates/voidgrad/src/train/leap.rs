//! Several steps that a model makes by itself.

use std::ops::ControlFlow;

use super::best::Offers;
use super::block::{BlockKey, Entry, find_all};
use super::{Progress, TrainerError};
use crate::noise::Stream;
use crate::optimise::Optimiser;

/// What a [`Model`](super::Model) needs to make steps by itself.
///
/// A step is: draw from the noise, fill the gradients, step with each optimiser, and say [`made`](Self::made).
pub struct Leap<'a> {
    pub(super) iteration: &'a mut u64,
    pub(super) left: u64,
    pub(super) blocks: &'a mut [Entry],
    pub(super) noise: &'a mut Stream,
    pub(super) offers: &'a mut Offers,
    pub(super) observe: &'a mut dyn FnMut(&Progress<'_>) -> ControlFlow<()>,
}

/// A block in the hands of a model.
pub struct LeapPart<'a> {
    /// Its parameters.
    pub parameters: &'a mut [f64],
    /// Its gradient, which the observer can read. It is not set to 0 between steps.
    pub gradient: &'a mut [f64],
    /// Its optimiser; `downcast_mut` finds the one that a loop is written for.
    pub optimiser: &'a mut dyn Optimiser,
}

impl Leap<'_> {
    /// How many steps the run still wants. It is 0 once the observer has stopped the run.
    #[must_use]
    pub fn steps(&self) -> u64 {
        self.left
    }

    /// Steps made so far.
    #[must_use]
    pub fn iteration(&self) -> u64 {
        *self.iteration
    }

    /// Some blocks and the noise.
    ///
    /// # Errors
    /// Returns an error if there is no such block, or if a block is asked for twice.
    pub fn parts<'k, K: Into<BlockKey<'k>>, const N: usize>(
        &mut self,
        blocks: [K; N],
    ) -> Result<([LeapPart<'_>; N], &mut Stream), TrainerError> {
        let found = find_all(self.blocks, blocks.map(Into::into))?;
        let parts = found.map(|Entry { parameters, gradient, optimiser, .. }| LeapPart {
            parameters,
            gradient,
            optimiser: optimiser.as_mut(),
        });
        Ok((parts, self.noise))
    }

    /// Offers a point of the step under way, as [`Gradients::offer`](super::Gradients::offer) does.
    pub fn offer(&mut self, value: f64, point: &[f64]) -> bool {
        self.offers.offer(value, point)
    }

    /// Counts a step, and shows it to the observer. `Break` means that the run ends here: the model returns, and leaves the
    /// noise behind what this step has drawn, also if it has drawn ahead.
    pub fn made(&mut self, loss: f64) -> ControlFlow<()> {
        self.offers.accept();
        *self.iteration += 1;
        self.left = self.left.saturating_sub(1);
        let (iteration, best) = (*self.iteration, self.offers.best());
        let answer = (self.observe)(&Progress { iteration, loss, blocks: self.blocks, terms: &[], best });
        if answer.is_break() {
            self.left = 0;
        }
        answer
    }
}
