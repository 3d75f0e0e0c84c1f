//! A trainer's state, out and in.

use std::collections::BTreeMap;

use super::Trainer;
use crate::noise::Stream;
use crate::optimise::{OptimiserState, first_not_finite};
use crate::train::block::Entry;
use crate::train::{BlockState, StateError, TrainerState};

impl Trainer {
    /// Everything that the trainer needs to continue with the same bits, without extras.
    #[must_use]
    pub fn state(&self) -> TrainerState {
        let block = |block: &Entry| BlockState {
            name: block.name.clone(),
            parameters: block.parameters.clone(),
            learning_rate: block.learning_rate,
            optimiser: block.optimiser.state(),
        };
        TrainerState {
            version: TrainerState::VERSION,
            iteration: self.iteration,
            seed: self.seed,
            run: self.run,
            position: self.noise.position(),
            blocks: self.blocks.iter().map(block).collect(),
            best: self.offers.best().cloned(),
            extras: BTreeMap::new(),
        }
    }

    /// Continues from a state of a trainer with the same blocks.
    ///
    /// Blocks are found by their names. Learning rates and the other numbers of the optimisers are those of the state, and so are seed and run of the
    /// noise. Schedules, clips and terms are those of this trainer.
    ///
    /// # Errors
    /// Returns an error if the state has another version; if it lacks a block or has one more; if the number of parameters differs; if an
    /// optimiser refuses its part; or if a number is not one that a trainer can have. Then nothing has changed.
    pub fn restore(&mut self, state: &TrainerState) -> Result<(), StateError> {
        let blocks = self.check(state)?;
        self.restore_optimisers(&blocks)?;
        for (entry, block) in self.blocks.iter_mut().zip(blocks) {
            entry.parameters.copy_from_slice(&block.parameters);
            entry.learning_rate = block.learning_rate;
        }
        (self.seed, self.run, self.iteration) = (state.seed, state.run, state.iteration);
        self.noise = Stream::new(state.seed, state.run, 0);
        self.noise.set_position(state.position);
        self.offers.set_best(state.best.clone());
        Ok(())
    }

    /// The state's blocks in the order of the trainer's, after all checks but those of the optimisers.
    fn check<'s>(&self, state: &'s TrainerState) -> Result<Vec<&'s BlockState>, StateError> {
        TrainerState::check_version(state.version)?;
        if state.position >> 68 != 0 {
            return Err(refused("position", &state.position, "below 2⁶⁸"));
        }
        if let Some(best) = state.best.as_ref().filter(|best| best.value.is_nan()) {
            return Err(refused("best/value", &best.value, "a value that can win"));
        }
        let mut by_name = BTreeMap::new();
        for block in &state.blocks {
            let name = block.name.as_str();
            if !self.blocks.iter().any(|entry| entry.name == name) {
                return Err(StateError::UnknownBlock { block: name.to_owned() });
            }
            if by_name.insert(name, block).is_some() {
                return Err(StateError::SameBlock { block: name.to_owned() });
            }
        }
        let find = |entry: &Entry| {
            let missing = || StateError::MissingBlock { block: entry.name.clone() };
            let block = *by_name.get(entry.name.as_str()).ok_or_else(missing)?;
            entry.check(block)?;
            Ok(block)
        };
        self.blocks.iter().map(find).collect()
    }

    /// Restores all optimisers, or none.
    fn restore_optimisers(&mut self, blocks: &[&BlockState]) -> Result<(), StateError> {
        let before: Vec<OptimiserState> = self.blocks.iter().map(|entry| entry.optimiser.state()).collect();
        for (place, block) in blocks.iter().enumerate() {
            if let Err(source) = self.blocks[place].optimiser.restore(&block.optimiser) {
                for (entry, state) in self.blocks[..place].iter_mut().zip(&before) {
                    // An optimiser takes its own state, or it breaks the promise of `restore`.
                    let _ = entry.optimiser.restore(state);
                }
                return Err(StateError::Optimiser { block: block.name.clone(), source });
            }
        }
        Ok(())
    }
}

impl Entry {
    /// Refuses what can't be this block.
    fn check(&self, block: &BlockState) -> Result<(), StateError> {
        let BlockState { name, parameters, learning_rate, .. } = block;
        if parameters.len() != self.parameters.len() {
            return Err(StateError::Length {
                block: name.clone(),
                found: parameters.len(),
                expected: self.parameters.len(),
            });
        }
        if let Some((index, value)) = first_not_finite(parameters) {
            return Err(refused(&format!("{name}/parameters[{index}]"), &value, "a finite number"));
        }
        if !(*learning_rate > 0.0 && learning_rate.is_finite()) {
            return Err(refused(&format!("{name}/learning_rate"), learning_rate, "a number in (0, ∞)"));
        }
        Ok(())
    }
}

fn refused(name: &str, value: &impl ToString, allowed: &'static str) -> StateError {
    StateError::Value { name: name.to_owned(), value: value.to_string(), allowed }
}
