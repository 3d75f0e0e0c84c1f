//! What a step leaves.

use super::TrainerError;
use super::best::Best;
use super::block::{BlockKey, Entry, find};
use super::term::Term;

/// A [`Trainer`](super::Trainer) just after a step.
pub struct Progress<'a> {
    pub(super) iteration: u64,
    pub(super) loss: f64,
    pub(super) blocks: &'a [Entry],
    pub(super) terms: &'a [Term],
    pub(super) best: Option<&'a Best>,
}

impl<'a> Progress<'a> {
    /// Steps made so far, this one included.
    #[must_use]
    pub fn iteration(&self) -> u64 {
        self.iteration
    }

    /// What the model returned, at the parameters before the step and without the terms.
    #[must_use]
    pub fn loss(&self) -> f64 {
        self.loss
    }

    /// The value of an added term at the parameters before the step, if there is a term of this name.
    #[must_use]
    pub fn term(&self, name: &str) -> Option<f64> {
        self.terms().find(|(other, _)| *other == name).map(|(_, value)| value)
    }

    /// All added terms with their values, in the order in which they were added.
    pub fn terms(&self) -> impl Iterator<Item = (&'a str, f64)> + use<'a> {
        self.terms.iter().map(|term| (term.name.as_str(), term.value))
    }

    /// The parameters of a block after the step.
    ///
    /// # Errors
    /// Returns an error if there is no such block.
    pub fn parameters<'k>(&self, block: impl Into<BlockKey<'k>>) -> Result<&'a [f64], TrainerError> {
        find(self.blocks, block.into()).map(|place| self.blocks[place].parameters.as_slice())
    }

    /// The gradient that the step followed, after terms and clips. If the model makes several steps at once, it is what the model left.
    ///
    /// # Errors
    /// Returns an error if there is no such block.
    pub fn gradient<'k>(&self, block: impl Into<BlockKey<'k>>) -> Result<&'a [f64], TrainerError> {
        find(self.blocks, block.into()).map(|place| self.blocks[place].gradient.as_slice())
    }

    /// The best point so far, if one was offered.
    #[must_use]
    pub fn best(&self) -> Option<&'a Best> {
        self.best
    }
}
