//! Why a control can't be learned.

use thiserror::Error;

use super::LARGEST;
use crate::control::{Control, check_examples};
use crate::error::{InvalidParameter, ShapeMismatch, same_length};
use crate::optimise::{OptimiserStateError, StepError};

/// A control that can't be learned, an evaluation that does not belong to it, or a step that can't be made.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum LearningError {
    /// Too many parameters for least squares.
    #[error("the control has {found} parameters, and least squares solve for at most {LARGEST}")]
    Parameters {
        /// How many there are.
        found: usize,
    },
    /// No linear parameter, or too many, for recursive least squares.
    #[error(
        "the control has {found} parameters that enter it linearly, and recursive least squares solve for 1 to {LARGEST}"
    )]
    Linear {
        /// How many there are.
        found: usize,
    },
    /// Too few equations for least squares.
    #[error(
        "a round has {found} equations, and least squares for {parameters} parameters take at least {needed}: more rows are needed"
    )]
    Equations {
        /// How many parameters there are.
        parameters: usize,
        /// How many entries `ĝ` of a round has.
        found: usize,
        /// How many are needed.
        needed: usize,
    },
    /// A learning rate, or a number of rows, outside its domain.
    #[error(transparent)]
    Parameter(#[from] InvalidParameter),
    /// An array of the wrong length.
    #[error(transparent)]
    Shape(#[from] ShapeMismatch),
    /// Adam's step can't be made.
    #[error(transparent)]
    Step(#[from] StepError),
    /// A number of a state that no state has.
    #[error("`{name}` of the state is {value:?}, which is not {allowed}")]
    State {
        /// The name of the array.
        name: &'static str,
        /// The number.
        value: f64,
        /// What would have been accepted, in words.
        allowed: &'static str,
    },
    /// Adam refuses its part of a state.
    #[error(transparent)]
    Adam(#[from] OptimiserStateError),
}

/// The array of this name, of a state.
pub(super) fn array<'s>(state: &[(&str, &'s [f64])], name: &'static str) -> Result<&'s [f64], ShapeMismatch> {
    let found = state.iter().find(|(other, _)| *other == name).map(|(_, values)| *values);
    found.ok_or(ShapeMismatch { name, found: 0, expected: 1 })
}

/// Refuses a control with another number of parameters than the learner was made for, and a round of another size: N·M logits, N·M entries of b, and N values of f.
pub(super) fn check_round(
    control: &(impl Control + ?Sized),
    parameters: usize,
    [logits, b, f]: [&[f64]; 3],
    (rows, variables): (usize, usize),
) -> Result<(), ShapeMismatch> {
    same_length("φ", control.parameters(), parameters)?;
    same_length("logits", logits.len(), rows * variables)?;
    same_length("b", b.len(), rows * variables)?;
    same_length("values of f", f.len(), rows)?;
    check_examples(control, rows)
}
