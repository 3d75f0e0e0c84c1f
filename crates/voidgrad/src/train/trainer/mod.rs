//! The loop that belongs to the user.

mod run;
mod state;
mod step;

use std::fmt;

use super::best::{Best, Offers};
use super::block::{Block, BlockId, BlockKey, Entry, check_parameters, find, id};
use super::name::{RESERVED, check_name};
use super::term::{Term, TermResult};
use super::{Gradients, TrainerError};
use crate::error::{InvalidParameter, positive, same_length};
use crate::noise::Stream;
use crate::optimise::Optimiser;

/// A training loop that you own: named blocks of parameters, and a [`step`](Self::step) that moves all of them.
///
/// Each [block](Block) has its optimiser, its schedule and its limit of the gradient. The model, in most cases a closure, fills the gradients. In
/// a step, in this order:
///
/// 1. all gradients are set to 0, and the model fills them;
/// 2. [added terms](Self::add_term), such as weight decay, add to them;
/// 3. a gradient that is NaN or infinite is refused;
/// 4. each block's gradient is clipped, then [all of them together](Self::clip_norm);
/// 5. each schedule sets the learning rate of its optimiser;
/// 6. each optimiser moves its block.
///
/// **A step that fails has not been made.** Parameters, optimisers, the number of steps and the best point are as they were, and the noise goes
/// back to where it was, so a second attempt draws the same numbers.
///
/// **The noise** is the [`Stream`] `(seed, run, 0)`. Its position is part of the [state](Self::state).
///
/// **The state is data.** A trainer that is [restored](Self::restore) continues with the same bits.
///
/// **Logs.** With the feature `logs`, `train::CsvLog` and `train::EventLog` write the loss and the terms of each step as a table, and as files that `TensorBoard` draws.
///
/// ```
/// use voidgrad::optimise::Clip;
/// use voidgrad::optimise::{Adam, Schedule, Sgd};
/// use voidgrad::train::{Block, Gradients, TrainerError};
/// use voidgrad::Trainer;
///
/// // Minimises (w·x + v - 3)² with a noisy x.
/// let make = || -> Result<Trainer, Box<dyn std::error::Error>> {
///     let w = Block::new(vec![0.0, 0.0], Adam::new(2, 0.05)?).clip(Clip::Norm(5.0));
///     let v = Block::new(vec![0.0], Sgd::new(0.01)?).schedule(Schedule::cosine(200, 0.1)?);
///     Ok(Trainer::new(7, 0).block("w", w)?.block("v", v)?)
/// };
/// let mut trainer = make()?;
/// let [w, v] = [trainer.id("w")?, trainer.id("v")?];
/// let mut model = |step: &mut Gradients<'_>| {
///     let ([w, v], noise) = step.parts([w, v])?;
///     let mut x = [0.0; 2];
///     noise.fill_open01(&mut x);
///     let residual = w.parameters[0] * x[0] + w.parameters[1] * x[1] + v.parameters[0] - 3.0;
///     (w.gradient[0], w.gradient[1]) = (2.0 * residual * x[0], 2.0 * residual * x[1]);
///     v.gradient[0] = 2.0 * residual;
///     Ok::<_, TrainerError>(residual * residual)
/// };
/// for _ in 0..100 {
///     trainer.step(&mut model)?;
/// }
/// let state = trainer.state();
/// let loss = trainer.step(&mut model)?.loss();
/// assert!(loss < 1.0);
///
/// let mut resumed = make()?;
/// resumed.restore(&state)?;
/// assert_eq!(resumed.step(&mut model)?.loss().to_bits(), loss.to_bits());
/// assert_eq!(resumed.iteration(), 101);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Trainer {
    seed: u64,
    run: u64,
    noise: Stream,
    /// Steps made.
    iteration: u64,
    blocks: Vec<Entry>,
    terms: Vec<Term>,
    /// The largest norm of all gradients together.
    largest_norm: Option<f64>,
    offers: Offers,
}

impl Trainer {
    /// A trainer without blocks, whose noise is the stream `(seed, run, 0)`.
    #[must_use]
    pub fn new(seed: u64, run: u64) -> Self {
        Self {
            seed,
            run,
            noise: Stream::new(seed, run, 0),
            iteration: 0,
            blocks: Vec::new(),
            terms: Vec::new(),
            largest_norm: None,
            offers: Offers::default(),
        }
    }

    /// The trainer with one more block.
    ///
    /// # Errors
    /// As [`add_block`](Self::add_block).
    pub fn block(mut self, name: &str, block: Block) -> Result<Self, TrainerError> {
        self.add_block(name, block)?;
        Ok(self)
    }

    /// Adds a block, and returns its key.
    ///
    /// # Errors
    /// Returns an error if the name is empty, if it is `best` or `extras`, if it contains `/` or a control character, or if there is a block of this name. Returns an error
    /// if a parameter is NaN or infinite, or if the learning rate or the clip's limit is not a positive, finite number.
    pub fn add_block(&mut self, name: &str, block: Block) -> Result<BlockId, TrainerError> {
        check_name("block", name)?;
        if RESERVED.contains(&name) {
            let allowed = "a name for a block; the state of a trainer has other things of this name";
            return Err(TrainerError::Name { of: "block", name: name.to_owned(), allowed });
        }
        if self.blocks.iter().any(|other| other.name == name) {
            return Err(TrainerError::SameName { of: "block", name: name.to_owned() });
        }
        self.blocks.push(Entry::new(name, block)?);
        Ok(id(self.blocks.len() - 1))
    }

    /// Adds a term to what is minimised, such as an entropy, a KL divergence or [`weight_decay`](super::weight_decay).
    ///
    /// At each step, after the model, `add` adds to the gradients and returns its value, which
    /// [`Progress::term`](super::Progress::term) reports. Terms are added in their order. They may draw noise.
    ///
    /// # Errors
    /// Returns an error if the name is empty, if it contains `/` or a control character, or if there is a term of this name.
    pub fn add_term(
        &mut self,
        name: &str,
        add: impl FnMut(&mut Gradients<'_>) -> TermResult + Send + 'static,
    ) -> Result<(), TrainerError> {
        check_name("term", name)?;
        if self.terms.iter().any(|other| other.name == name) {
            return Err(TrainerError::SameName { of: "term", name: name.to_owned() });
        }
        self.terms.push(Term { name: name.to_owned(), add: Box::new(add), value: 0.0 });
        Ok(())
    }

    /// The trainer with a limit of the norm of all gradients together: if the norm is above `largest`, all gradients are multiplied
    /// with `largest/norm`. The norm is that of the gradients after the clips of their blocks.
    ///
    /// # Errors
    /// Returns an error if `largest` is not a positive, finite number.
    pub fn clip_norm(self, largest: f64) -> Result<Self, InvalidParameter> {
        Ok(Self { largest_norm: Some(positive("largest norm", largest)?), ..self })
    }

    /// The key of a block.
    ///
    /// # Errors
    /// Returns an error if there is no such block.
    pub fn id(&self, name: &str) -> Result<BlockId, TrainerError> {
        find(&self.blocks, BlockKey::Name(name)).map(id)
    }

    /// The names of the blocks, in the order of their keys.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.blocks.iter().map(|block| block.name.as_str())
    }

    /// Steps made so far.
    #[must_use]
    pub fn iteration(&self) -> u64 {
        self.iteration
    }

    /// The parameters of a block.
    ///
    /// # Errors
    /// Returns an error if there is no such block.
    pub fn parameters<'k>(&self, block: impl Into<BlockKey<'k>>) -> Result<&[f64], TrainerError> {
        Ok(&self.blocks[find(&self.blocks, block.into())?].parameters)
    }

    /// Sets the parameters of a block, and nothing else: its optimiser keeps its memory.
    ///
    /// # Errors
    /// Returns an error if there is no such block, if it has another number of parameters, or if one is NaN or infinite; then nothing has changed.
    pub fn set_parameters<'k>(
        &mut self,
        block: impl Into<BlockKey<'k>>,
        parameters: &[f64],
    ) -> Result<(), TrainerError> {
        let place = find(&self.blocks, block.into())?;
        let entry = &mut self.blocks[place];
        same_length("parameters", parameters.len(), entry.parameters.len())
            .map_err(|source| TrainerError::Shape { block: entry.name.clone(), source })?;
        check_parameters(&entry.name, parameters)?;
        entry.parameters.copy_from_slice(parameters);
        Ok(())
    }

    /// The optimiser of a block. Its learning rate is that of the last step.
    ///
    /// # Errors
    /// Returns an error if there is no such block.
    pub fn optimiser<'k>(&self, block: impl Into<BlockKey<'k>>) -> Result<&dyn Optimiser, TrainerError> {
        Ok(self.blocks[find(&self.blocks, block.into())?].optimiser.as_ref())
    }

    /// The base learning rate of a block, which its schedule multiplies.
    ///
    /// # Errors
    /// Returns an error if there is no such block.
    pub fn learning_rate<'k>(&self, block: impl Into<BlockKey<'k>>) -> Result<f64, TrainerError> {
        Ok(self.blocks[find(&self.blocks, block.into())?].learning_rate)
    }

    /// Sets the base learning rate of a block, from the next step on. It is part of the state.
    ///
    /// # Errors
    /// Returns an error if there is no such block, or if the rate is not a positive, finite number; then nothing has changed.
    pub fn set_learning_rate<'k>(
        &mut self,
        block: impl Into<BlockKey<'k>>,
        rate: f64,
    ) -> Result<(), TrainerError> {
        let place = find(&self.blocks, block.into())?;
        let entry = &mut self.blocks[place];
        entry.learning_rate = positive("learning rate", rate)
            .map_err(|source| TrainerError::Setting { block: entry.name.clone(), source })?;
        Ok(())
    }

    /// The noise, for draws between steps. They move its position.
    pub fn noise(&mut self) -> &mut Stream {
        &mut self.noise
    }

    /// The blocks, the noise and the number of steps, for a caller that makes whole steps.
    pub(in crate::train) fn parts(&mut self) -> (&mut [Entry], &mut Stream, &mut u64) {
        (&mut self.blocks, &mut self.noise, &mut self.iteration)
    }

    /// Offers a point with its value. The point is kept if the value is the lowest so far; one that is NaN never wins. Returns
    /// whether it is kept.
    pub fn offer(&mut self, value: f64, point: &[f64]) -> bool {
        let is_best = self.offers.offer(value, point);
        self.offers.accept();
        is_best
    }

    /// The best point that was offered, here or during a step.
    #[must_use]
    pub fn best(&self) -> Option<&Best> {
        self.offers.best()
    }
}

impl fmt::Debug for Trainer {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.debug_struct("Trainer")
            .field("seed", &self.seed)
            .field("run", &self.run)
            .field("iteration", &self.iteration)
            .field("blocks", &self.names().collect::<Vec<_>>())
            .field("best", &self.best())
            .finish_non_exhaustive()
    }
}
