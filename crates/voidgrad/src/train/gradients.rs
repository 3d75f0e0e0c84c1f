//! What a model fills.

use super::TrainerError;
use super::best::Offers;
use super::block::{BlockKey, Entry, find, find_all};
use crate::noise::Stream;

/// A step under way: the parameters to read, the gradients to fill, and the noise.
///
/// All gradients are 0 at the beginning. A block is found by its [`BlockId`](super::BlockId) or by its name.
pub struct Gradients<'a> {
    pub(super) iteration: u64,
    pub(super) blocks: &'a mut [Entry],
    pub(super) noise: &'a mut Stream,
    pub(super) offers: &'a mut Offers,
}

/// A block of the step under way.
#[derive(Debug)]
pub struct Part<'a> {
    /// Its parameters.
    pub parameters: &'a [f64],
    /// Its gradient, with one entry per parameter.
    pub gradient: &'a mut [f64],
}

impl Gradients<'_> {
    /// Steps made before this one.
    #[must_use]
    pub fn iteration(&self) -> u64 {
        self.iteration
    }

    /// The parameters of a block.
    ///
    /// # Errors
    /// Returns an error if there is no such block.
    pub fn parameters<'k>(&self, block: impl Into<BlockKey<'k>>) -> Result<&[f64], TrainerError> {
        find(self.blocks, block.into()).map(|place| self.blocks[place].parameters.as_slice())
    }

    /// The gradient of a block, with one entry per parameter.
    ///
    /// # Errors
    /// Returns an error if there is no such block.
    pub fn gradient_mut<'k>(&mut self, block: impl Into<BlockKey<'k>>) -> Result<&mut [f64], TrainerError> {
        find(self.blocks, block.into()).map(|place| self.blocks[place].gradient.as_mut_slice())
    }

    /// The trainer's noise. If the step fails, it goes back to where it was before the step.
    pub fn noise(&mut self) -> &mut Stream {
        self.noise
    }

    /// Several blocks and the noise at once.
    ///
    /// ```
    /// # use voidgrad::optimise::Sgd;
    /// # use voidgrad::train::{Block, Gradients, TrainerError};
    /// # use voidgrad::Trainer;
    /// # let mut trainer = Trainer::new(1, 0)
    /// #     .block("encoder", Block::new(vec![2.0], Sgd::new(0.5)?))?
    /// #     .block("decoder", Block::new(vec![3.0], Sgd::new(0.5)?))?;
    /// let [encoder, decoder] = [trainer.id("encoder")?, trainer.id("decoder")?];
    /// trainer.step(&mut |step: &mut Gradients<'_>| {
    ///     let ([x, y], noise) = step.parts([encoder, decoder])?;
    ///     let mut epsilon = [0.0];
    ///     noise.fill_open01(&mut epsilon);
    ///     x.gradient[0] = y.parameters[0] * epsilon[0];
    ///     y.gradient[0] = x.parameters[0] * epsilon[0];
    ///     Ok::<_, TrainerError>(x.parameters[0] * y.parameters[0] * epsilon[0])
    /// })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Returns an error if there is no such block, or if a block is asked for twice.
    pub fn parts<'k, K: Into<BlockKey<'k>>, const N: usize>(
        &mut self,
        blocks: [K; N],
    ) -> Result<([Part<'_>; N], &mut Stream), TrainerError> {
        let found = find_all(self.blocks, blocks.map(Into::into))?;
        let parts = found.map(|entry| Part { parameters: &entry.parameters, gradient: &mut entry.gradient });
        Ok((parts, self.noise))
    }

    /// Offers a point with its value, such as a sample of a combinatorial search. It is kept if the value is the lowest so far and the step
    /// succeeds. A value that is NaN never wins. Returns whether it is the lowest.
    pub fn offer(&mut self, value: f64, point: &[f64]) -> bool {
        self.offers.offer(value, point)
    }
}
