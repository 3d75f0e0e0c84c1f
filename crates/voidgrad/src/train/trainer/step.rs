//! A step.

use super::Trainer;
use crate::optimise::{Norm, StepError, first_not_finite};
use crate::train::block::Entry;
use crate::train::{Gradients, Model, Progress, TrainerError};

impl Trainer {
    /// Makes a step: the model fills the gradients, and the optimisers follow them.
    ///
    /// ```
    /// use voidgrad::optimise::Sgd;
    /// use voidgrad::train::{Block, Gradients};
    /// use voidgrad::Trainer;
    /// let mut trainer = Trainer::new(1, 0).block("x", Block::new(vec![1.0], Sgd::new(0.25)?))?;
    /// let progress = trainer.step(&mut |step: &mut Gradients<'_>| -> Result<f64, Box<dyn std::error::Error>> {
    ///     let x = step.parameters("x")?[0];
    ///     step.gradient_mut("x")?[0] = 2.0 * x;
    ///     Ok(x * x)
    /// })?;
    /// assert_eq!((progress.iteration(), progress.loss()), (1, 1.0));
    /// assert_eq!(trainer.parameters("x")?, [0.5]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Returns the model's error unchanged. Returns a [`TrainerError`] as the model's error type if a term fails, if a gradient is NaN or infinite, if a
    /// schedule gives no learning rate, or if an optimiser refuses the step. After an error nothing has changed.
    pub fn step<M: Model + ?Sized>(&mut self, model: &mut M) -> Result<Progress<'_>, M::Error> {
        let loss = self.make(model)?;
        Ok(self.progress(loss))
    }

    /// A step, with its loss.
    pub(super) fn make<M: Model + ?Sized>(&mut self, model: &mut M) -> Result<f64, M::Error> {
        let position = self.noise.position();
        // A model that panicked may have left something.
        self.offers.reject();
        let outcome = self.fill(model).and_then(|loss| {
            self.descend()?;
            Ok(loss)
        });
        if outcome.is_ok() {
            self.offers.accept();
            self.iteration += 1;
        } else {
            self.offers.reject();
            self.noise.set_position(position);
        }
        outcome
    }

    pub(super) fn progress(&self, loss: f64) -> Progress<'_> {
        let (blocks, terms) = (&self.blocks, &self.terms);
        Progress { iteration: self.iteration, loss, blocks, terms, best: self.offers.best() }
    }

    /// The gradients of the model and of all terms.
    fn fill<M: Model + ?Sized>(&mut self, model: &mut M) -> Result<f64, M::Error> {
        self.blocks.iter_mut().for_each(|block| block.gradient.fill(0.0));
        let mut step = Gradients {
            iteration: self.iteration,
            blocks: &mut self.blocks,
            noise: &mut self.noise,
            offers: &mut self.offers,
        };
        let loss = model.fill(&mut step)?;
        for term in &mut self.terms {
            term.value = (term.add)(&mut step).map_err(|source| TrainerError::Term {
                iteration: self.iteration + 1,
                term: term.name.clone(),
                source,
            })?;
        }
        Ok(loss)
    }

    /// Moves all blocks, or none.
    fn descend(&mut self) -> Result<(), TrainerError> {
        let iteration = self.iteration + 1;
        for block in &self.blocks {
            if let Some((index, value)) = first_not_finite(&block.gradient) {
                return Err(block.failed(iteration, StepError::Derivative { index, value }));
            }
        }
        self.clip()?;
        self.set_rates()?;
        let moved = if self.blocks.iter().all(Entry::is_certain) {
            self.blocks.iter_mut().try_for_each(|block| block.step(iteration))
        } else {
            self.try_to_move()
        };
        if moved.is_err() {
            self.reset_rates();
        }
        moved
    }

    /// Clips the gradients, which are finite.
    fn clip(&mut self) -> Result<(), TrainerError> {
        for block in &mut self.blocks {
            if let Some(clip) = block.clip {
                let refused = |source| TrainerError::Setting { block: block.name.clone(), source };
                clip.apply(&mut block.gradient).map_err(refused)?;
            }
        }
        if let Some(largest) = self.largest_norm {
            let norm = Norm::of(self.blocks.iter().map(|block| block.gradient.as_slice()));
            if norm.exceeds(largest) {
                self.blocks.iter_mut().for_each(|block| norm.scale_to(largest, &mut block.gradient));
            }
        }
        Ok(())
    }

    /// Gives each optimiser the learning rate of the next step, or none of them.
    pub(in crate::train) fn set_rates(&mut self) -> Result<(), TrainerError> {
        self.blocks.iter_mut().for_each(|block| block.rate_before = block.optimiser.learning_rate());
        let step = self.iteration;
        let set = self.blocks.iter_mut().try_for_each(|block| block.set_rate(step));
        if set.is_err() {
            self.reset_rates();
        }
        set
    }

    /// Gives each optimiser the learning rate that it had.
    pub(in crate::train) fn reset_rates(&mut self) {
        for block in &mut self.blocks {
            // The rate is the optimiser's own, so there is nothing that it could refuse.
            let _ = block.optimiser.set_learning_rate(block.rate_before);
        }
    }

    /// Moves all blocks by steps that may fail, and moves them back if one does.
    #[cold]
    fn try_to_move(&mut self) -> Result<(), TrainerError> {
        let iteration = self.iteration + 1;
        let before: Vec<_> =
            self.blocks.iter().map(|block| (block.parameters.clone(), block.optimiser.state())).collect();
        let moved = self.blocks.iter_mut().try_for_each(|block| block.step(iteration));
        if moved.is_err() {
            for (block, (parameters, state)) in self.blocks.iter_mut().zip(before) {
                block.parameters = parameters;
                block.optimiser.restore(&state).map_err(|source| TrainerError::Undo {
                    iteration,
                    block: block.name.clone(),
                    source,
                })?;
            }
        }
        moved
    }
}

impl Entry {
    fn is_certain(&self) -> bool {
        self.optimiser.is_certain(&self.parameters, &self.gradient)
    }

    fn step(&mut self, iteration: u64) -> Result<(), TrainerError> {
        let moved = self.optimiser.step(&mut self.parameters, &self.gradient);
        moved.map_err(|source| self.failed(iteration, source))
    }

    /// The learning rate of the step before which `step` steps were made.
    fn set_rate(&mut self, step: u64) -> Result<(), TrainerError> {
        let base = self.learning_rate;
        let rate = if self.schedule.is_constant() { base } else { base * self.schedule.factor(step) };
        if !(rate >= 0.0 && rate.is_finite()) {
            let block = self.name.clone();
            return Err(TrainerError::Rate { iteration: step + 1, block, base, rate });
        }
        if rate != self.rate_before {
            self.optimiser
                .set_learning_rate(rate)
                .map_err(|source| TrainerError::Setting { block: self.name.clone(), source })?;
        }
        Ok(())
    }

    fn failed(&self, iteration: u64, source: StepError) -> TrainerError {
        TrainerError::Step { iteration, block: self.name.clone(), source }
    }
}
