//! Why a training cannot start or go on.

use thiserror::Error;

use crate::control_learning::LearningError;
use crate::error::{DistributionError, EstimateError, InvalidParameter, ShapeMismatch};
use crate::optimise::StepError;

/// A training run that cannot start or go on.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum TrainError {
    /// A setting outside its domain.
    #[error(transparent)]
    Setting(#[from] InvalidParameter),
    /// An estimator that can't be used here: made for another dimension, or in need of ∇f.
    #[error(transparent)]
    Unsuitable(#[from] EstimateError),
    /// A control that can't be learned from what is remembered.
    #[error(transparent)]
    Learner(#[from] LearningError),
    /// Least squares or replay for something else than a control of Bernoulli variables with noise of its own for z̃.
    #[error(
        "{optimiser} learns a control of Bernoulli variables, such as REBAR's or RELAX's, with noise of its own for z̃; {found}"
    )]
    NothingToLearn {
        /// What was to move φ.
        optimiser: &'static str,
        /// What there is instead, as a sentence.
        found: &'static str,
    },
    /// The trainer refuses something that is not a step, such as a first parameter that is infinite.
    #[error("{message}")]
    Trainer {
        /// The trainer's own words.
        message: String,
    },
    /// A step that could not be made.
    #[error("iteration {iteration}: {source}; the control's parameters are {}", list(control))]
    Diverged {
        /// The step that could not be made, from 1.
        iteration: u64,
        /// Why not.
        source: Box<Cause>,
        /// The logits, or other parameters, before that step.
        logits: Vec<f64>,
        /// The last `ĝ` of that step.
        gradient: Vec<f64>,
        /// The control's parameters before that step, by name.
        control: Vec<(String, f64)>,
    },
}

/// Why a step of a training could not be made.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum Cause {
    /// A value of f, a gradient, or a sum of them is NaN or infinite.
    #[error(transparent)]
    Estimate(#[from] EstimateError),
    /// The step leads out of the finite numbers: the learning rate is too large.
    #[error(transparent)]
    Step(#[from] StepError),
    /// The distribution refuses the parameters after the step.
    #[error(transparent)]
    Distribution(#[from] DistributionError),
    /// The control refuses φ after the step.
    #[error(transparent)]
    Control(#[from] ShapeMismatch),
    /// The learner of the control refuses the sample.
    #[error(transparent)]
    Learner(#[from] LearningError),
}

/// The first parameters by name; a network's weights would fill the screen.
fn list(control: &[(String, f64)]) -> String {
    const SHOWN: usize = 4;
    let mut text: Vec<String> =
        control.iter().take(SHOWN).map(|(name, value)| format!("{name} = {value}")).collect();
    if control.len() > SHOWN {
        text.push(format!("and {} more", control.len() - SHOWN));
    }
    if text.is_empty() { "none".to_owned() } else { text.join(", ") }
}
