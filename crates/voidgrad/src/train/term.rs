//! Terms that are added to what a model minimises.

use std::error::Error;

use super::Gradients;
use super::block::BlockId;
use crate::error::{InvalidParameter, positive};

/// What a term's function returns: its value, or any error.
pub type TermResult = Result<f64, Box<dyn Error + Send + Sync>>;

/// An added term.
pub(super) struct Term {
    pub(super) name: String,
    pub(super) add: Box<dyn FnMut(&mut Gradients<'_>) -> TermResult + Send>,
    /// Its value at the last step.
    pub(super) value: f64,
}

/// The term `λ/2·‖x‖²` of a block, which adds `λ·x` to its gradient: L2 weight decay.
///
/// With [`Adam`](crate::optimise::Adam) this is L2 regularisation, not the decoupled decay of `AdamW`.
///
/// ```
/// use voidgrad::train::weight_decay;
/// use voidgrad::optimise::Sgd;
/// use voidgrad::train::{Block, Gradients, TrainerError};
/// use voidgrad::Trainer;
/// let mut trainer = Trainer::new(1, 0).block("weights", Block::new(vec![2.0], Sgd::new(0.5)?))?;
/// let weights = trainer.id("weights")?;
/// trainer.add_term("weight decay", weight_decay(weights, 0.1)?)?;
/// let progress = trainer.step(&mut |_: &mut Gradients<'_>| Ok::<_, TrainerError>(0.0))?;
/// assert_eq!(progress.term("weight decay"), Some(0.2));
/// assert_eq!(progress.parameters(weights)?, [1.9]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// Returns an error if λ is not a positive, finite number.
pub fn weight_decay(
    block: BlockId,
    lambda: f64,
) -> Result<impl FnMut(&mut Gradients<'_>) -> TermResult + Send + 'static, InvalidParameter> {
    let lambda = positive("weight decay", lambda)?;
    Ok(move |step: &mut Gradients<'_>| {
        let ([part], _) = step.parts([block])?;
        let mut squares = 0.0;
        for (g, x) in part.gradient.iter_mut().zip(part.parameters) {
            *g += lambda * x;
            squares += x * x;
        }
        Ok(0.5 * lambda * squares)
    })
}
