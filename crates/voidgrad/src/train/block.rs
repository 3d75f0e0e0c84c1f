//! Named blocks of parameters.

use std::fmt;

use super::TrainerError;
use crate::error::{InvalidParameter, positive};
use crate::optimise::{Clip, Optimiser, Schedule, first_not_finite};

/// A block of parameters for a [`Trainer`](super::Trainer): numbers that one optimiser moves.
///
/// Without [`schedule`](Self::schedule) the learning rate is constant, and without [`clip`](Self::clip) the gradient is followed as it is.
///
/// ```
/// use voidgrad::optimise::{Clip, Schedule};
/// use voidgrad::optimise::Adam;
/// use voidgrad::train::Block;
/// let weights = vec![0.1; 64];
/// let adam = Adam::new(weights.len(), 1e-3)?;
/// let block = Block::new(weights, adam).schedule(Schedule::warm_up(100)?).clip(Clip::Norm(1.0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Block {
    parameters: Vec<f64>,
    optimiser: Box<dyn Optimiser>,
    schedule: Schedule,
    clip: Option<Clip>,
}

impl Block {
    /// A block with these first parameters. The learning rate of the optimiser is the base that the schedule multiplies.
    #[must_use]
    pub fn new(parameters: Vec<f64>, optimiser: impl Optimiser) -> Self {
        Self::boxed(parameters, Box::new(optimiser))
    }

    /// The same with an optimiser that is chosen at run time.
    #[must_use]
    pub fn boxed(parameters: Vec<f64>, optimiser: Box<dyn Optimiser>) -> Self {
        Self { parameters, optimiser, schedule: Schedule::constant(), clip: None }
    }

    /// The same with a schedule of the learning rate.
    #[must_use]
    pub fn schedule(self, schedule: Schedule) -> Self {
        Self { schedule, ..self }
    }

    /// The same with a limit of the gradient.
    #[must_use]
    pub fn clip(self, clip: Clip) -> Self {
        Self { clip: Some(clip), ..self }
    }
}

impl fmt::Debug for Block {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.debug_struct("Block")
            .field("parameters", &self.parameters.len())
            .field("schedule", &self.schedule)
            .field("clip", &self.clip)
            .finish_non_exhaustive()
    }
}

/// The place of a block in its trainer, from 0: a key without a comparison of strings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlockId(usize);

/// How a block is found: by its [`BlockId`] or by its name. Both convert into a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BlockKey<'a> {
    /// By its place.
    Id(BlockId),
    /// By its name.
    Name(&'a str),
}

impl From<BlockId> for BlockKey<'_> {
    fn from(id: BlockId) -> Self {
        Self::Id(id)
    }
}

impl<'a> From<&'a str> for BlockKey<'a> {
    fn from(name: &'a str) -> Self {
        Self::Name(name)
    }
}

impl fmt::Display for BlockKey<'_> {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(BlockId(place)) => write!(to, "number {place}"),
            Self::Name(name) => write!(to, "`{name}`"),
        }
    }
}

/// A block inside a trainer.
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) parameters: Vec<f64>,
    pub(super) gradient: Vec<f64>,
    pub(super) optimiser: Box<dyn Optimiser>,
    /// The base learning rate.
    pub(super) learning_rate: f64,
    pub(super) schedule: Schedule,
    pub(super) clip: Option<Clip>,
    /// What the optimiser's rate was before the step under way.
    pub(super) rate_before: f64,
}

impl Entry {
    pub(super) fn new(name: &str, block: Block) -> Result<Self, TrainerError> {
        let Block { parameters, optimiser, schedule, clip } = block;
        check_parameters(name, &parameters)?;
        let refused = |source: InvalidParameter| TrainerError::Setting { block: name.to_owned(), source };
        clip.map_or(Ok(()), Clip::check).map_err(refused)?;
        let learning_rate = positive("learning rate", optimiser.learning_rate()).map_err(refused)?;
        Ok(Self {
            name: name.to_owned(),
            gradient: vec![0.0; parameters.len()],
            rate_before: learning_rate,
            parameters,
            optimiser,
            learning_rate,
            schedule,
            clip,
        })
    }
}

/// Refuses parameters that are NaN or infinite.
pub(super) fn check_parameters(block: &str, parameters: &[f64]) -> Result<(), TrainerError> {
    match first_not_finite(parameters) {
        Some((index, value)) => Err(TrainerError::Parameter { block: block.to_owned(), index, value }),
        None => Ok(()),
    }
}

/// The place of a block.
#[inline]
pub(super) fn find(blocks: &[Entry], key: BlockKey<'_>) -> Result<usize, TrainerError> {
    let place = match key {
        BlockKey::Id(BlockId(place)) => (place < blocks.len()).then_some(place),
        BlockKey::Name(name) => blocks.iter().position(|block| block.name == name),
    };
    place.ok_or_else(|| unknown(blocks, key))
}

#[cold]
fn unknown(blocks: &[Entry], key: BlockKey<'_>) -> TrainerError {
    let known = blocks.iter().map(|block| block.name.clone()).collect();
    TrainerError::UnknownBlock { key: key.to_string(), known }
}

/// The key of a place.
pub(super) fn id(place: usize) -> BlockId {
    BlockId(place)
}

/// Several different blocks at once.
#[inline]
pub(super) fn find_all<'b, const N: usize>(
    blocks: &'b mut [Entry],
    keys: [BlockKey<'_>; N],
) -> Result<[&'b mut Entry; N], TrainerError> {
    let mut places = [0; N];
    for (i, key) in keys.into_iter().enumerate() {
        let place = find(blocks, key)?;
        if places[..i].contains(&place) {
            return Err(TrainerError::SameBlock { block: blocks[place].name.clone() });
        }
        places[i] = place;
    }
    let found = blocks.get_disjoint_mut(places);
    Ok(found.expect("the places are different, and those of blocks"))
}
