//! The state of a trainer as data.

use std::collections::BTreeMap;

use super::StateError;
use super::best::Best;
use crate::optimise::OptimiserState;

/// Everything that a [`Trainer`](super::Trainer) needs to continue with the same bits.
///
/// It is plain data. What the model itself remembers, such as the moving averages of an estimator or the position of
/// [`Epochs`](super::Epochs), goes along as [`extras`](Self::extras).
///
/// Schedules, clips, added terms and the global limit of the gradient are configuration, and no part of it. Schedules need no memory but the number of steps.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct TrainerState {
    /// The version of this data, [`VERSION`](Self::VERSION).
    pub version: u32,
    /// Steps made.
    pub iteration: u64,
    /// Seed of the noise.
    pub seed: u64,
    /// Run of the noise.
    pub run: u64,
    /// [Position](crate::Stream::position) of the noise, in words of 32 bits; below 2⁶⁸.
    pub position: u128,
    /// The blocks, in the trainer's order.
    pub blocks: Vec<BlockState>,
    /// The best point, if one was offered.
    pub best: Option<Best>,
    /// Your own arrays by name. The trainer does not read them.
    pub extras: BTreeMap<String, Vec<f64>>,
}

/// A block of a [`TrainerState`].
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct BlockState {
    /// Its name.
    pub name: String,
    /// Its parameters.
    pub parameters: Vec<f64>,
    /// Its base learning rate.
    pub learning_rate: f64,
    /// The state of its optimiser.
    pub optimiser: OptimiserState,
}

impl TrainerState {
    /// The version that this library writes, and the only one that it reads.
    pub const VERSION: u32 = 1;

    /// The extra values of this name.
    ///
    /// ```
    /// use voidgrad::Trainer;
    /// let mut state = Trainer::new(1, 0).state();
    /// state.extras.insert("averages".into(), vec![0.5, 0.25]);
    /// assert_eq!(state.extra("averages")?, [0.5, 0.25]);
    /// assert_eq!(state.extra("epochs").unwrap_err().to_string(), "the state has no extra values `epochs`");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Returns an error if there are none.
    pub fn extra(&self, name: &str) -> Result<&[f64], StateError> {
        let missing = || StateError::MissingExtra { name: name.to_owned() };
        self.extras.get(name).map(Vec::as_slice).ok_or_else(missing)
    }

    /// Refuses another version.
    pub(super) fn check_version(version: u32) -> Result<(), StateError> {
        if version == Self::VERSION {
            Ok(())
        } else {
            Err(StateError::Version { found: version, expected: Self::VERSION })
        }
    }
}
