//! What a trainer trains.

use super::{Gradients, Leap, TrainerError};

/// What fills the gradients of a [`Trainer`](super::Trainer)'s steps. Every closure
/// `FnMut(&mut Gradients<'_>) -> Result<f64, E>` is one.
///
/// An error of the model comes out of the step unchanged. So the model's error type can hold a [`TrainerError`], too: for example
/// `Box<dyn Error>`, or your own enum with a `#[from] TrainerError`.
pub trait Model {
    /// The error of a step.
    type Error: From<TrainerError>;

    /// Fills the gradients of a step, which are 0 before, and returns the loss. The loss is reported, and not used otherwise.
    ///
    /// # Errors
    /// Returns any error for which no step is made.
    fn fill(&mut self, step: &mut Gradients<'_>) -> Result<f64, Self::Error>;

    /// Makes several steps at once, if the model has a faster way to make them; called by [`Trainer::run`](super::Trainer::run) alone.
    ///
    /// Its steps have the same bits as steps that the trainer makes of [`fill`](Self::fill), wherever a run begins and ends. It is
    /// called only if a step is nothing but this: the gradients are filled, and each optimiser follows the gradient of its block.
    /// So there are no schedules, clips and added terms. A model that makes no step leaves the next step to the trainer, and is asked again
    /// after it. The default makes none.
    ///
    /// # Errors
    /// Returns any error for which a step is not made. The trainer does not look after this method: the model itself leaves
    /// parameters, optimisers and noise as they are after the last step that it [counted](Leap::made).
    fn leap(&mut self, steps: &mut Leap<'_>) -> Result<(), Self::Error> {
        let _ = steps;
        Ok(())
    }
}

impl<F, E> Model for F
where
    F: FnMut(&mut Gradients<'_>) -> Result<f64, E>,
    E: From<TrainerError>,
{
    type Error = E;

    fn fill(&mut self, step: &mut Gradients<'_>) -> Result<f64, E> {
        self(step)
    }
}
