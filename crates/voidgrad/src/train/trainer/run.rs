//! Many steps.

use std::ops::ControlFlow;

use super::Trainer;
use crate::train::{Leap, Model, Progress, TrainerError};

impl Trainer {
    /// Makes `steps` steps, and shows each to the observer, which can stop the run.
    ///
    /// The result is `Continue` after all steps, or the observer's `Break`. It does not matter for the bits how a run is cut into
    /// calls: ten calls of one step are one call of ten, also if the model [makes several steps at once](Model::leap).
    ///
    /// ```
    /// use std::ops::ControlFlow;
    /// use voidgrad::train::Progress;
    /// use voidgrad::optimise::Sgd;
    /// use voidgrad::train::{Block, Gradients, TrainerError};
    /// use voidgrad::Trainer;
    /// let mut trainer = Trainer::new(1, 0).block("x", Block::new(vec![1.0], Sgd::new(0.25)?))?;
    /// let mut model = |step: &mut Gradients<'_>| {
    ///     let ([x], _) = step.parts(["x"])?;
    ///     x.gradient[0] = 2.0 * x.parameters[0];
    ///     Ok::<_, TrainerError>(x.parameters[0].powi(2))
    /// };
    /// let outcome = trainer.run(&mut model, 1000, |progress: &Progress<'_>| {
    ///     if progress.loss() < 1e-3 { ControlFlow::Break(progress.iteration()) } else { ControlFlow::Continue(()) }
    /// })?;
    /// assert_eq!(outcome, ControlFlow::Break(6));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`step`](Self::step). The steps before the failed one are made.
    pub fn run<M: Model + ?Sized, B>(
        &mut self,
        model: &mut M,
        steps: u64,
        mut observer: impl FnMut(&Progress<'_>) -> ControlFlow<B>,
    ) -> Result<ControlFlow<B>, M::Error> {
        let end = self.iteration.saturating_add(steps);
        while self.iteration < end {
            let before = self.iteration;
            if self.is_bare()
                && let Some(stopped) = self.leap(model, end - before, &mut observer)?
            {
                return Ok(ControlFlow::Break(stopped));
            }
            if self.iteration == before {
                let loss = self.make(model)?;
                if let ControlFlow::Break(stopped) = observer(&self.progress(loss)) {
                    return Ok(ControlFlow::Break(stopped));
                }
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    /// Whether a step is nothing but gradients and optimisers.
    fn is_bare(&self) -> bool {
        self.terms.is_empty()
            && self.largest_norm.is_none()
            && self.blocks.iter().all(|block| block.clip.is_none() && block.schedule.is_constant())
    }

    /// As many steps as the model makes by itself, and what the observer stopped with.
    fn leap<M: Model + ?Sized, B>(
        &mut self,
        model: &mut M,
        steps: u64,
        observer: &mut dyn FnMut(&Progress<'_>) -> ControlFlow<B>,
    ) -> Result<Option<B>, M::Error> {
        self.set_rates().map_err(<M::Error as From<TrainerError>>::from)?;
        let before = self.iteration;
        let mut stopped = None;
        let mut observe = |progress: &Progress<'_>| match observer(progress) {
            ControlFlow::Continue(()) => ControlFlow::Continue(()),
            ControlFlow::Break(value) => {
                stopped = Some(value);
                ControlFlow::Break(())
            }
        };
        let outcome = model.leap(&mut Leap {
            iteration: &mut self.iteration,
            left: steps,
            blocks: &mut self.blocks,
            noise: &mut self.noise,
            offers: &mut self.offers,
            observe: &mut observe,
        });
        self.offers.reject();
        if self.iteration == before {
            self.reset_rates();
        }
        outcome?;
        Ok(stopped)
    }
}
