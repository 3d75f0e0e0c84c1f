//! Why a step can't be made.

use thiserror::Error;
use voidgrad::control_learning::LearningError;
use voidgrad::error::{ControlError, DistributionError, EstimateError, InvalidParameter, ShapeMismatch};
use voidgrad::estimators::AutoError;
use voidgrad::network::NetworkError;
use voidgrad::train::TrainerError;

/// A step, or a number about a model, that can't be computed.
#[derive(Debug, Error)]
pub(super) enum StepError {
    /// A value or a derivative of a network is not finite.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// The estimate is not finite.
    #[error(transparent)]
    Estimate(#[from] EstimateError),
    /// A logit is not finite.
    #[error(transparent)]
    Logits(#[from] DistributionError),
    /// The optimisers refuse the gradients.
    #[error(transparent)]
    Trainer(#[from] TrainerError),
    /// The control refuses its data.
    #[error(transparent)]
    Control(#[from] ControlError),
    /// A setting of the estimator is none.
    #[error(transparent)]
    Parameter(#[from] InvalidParameter),
    /// A choice refuses the control.
    #[error(transparent)]
    Choice(#[from] AutoError),
    /// The control can't be learned.
    #[error(transparent)]
    Learning(#[from] LearningError),
    /// The control refuses its parameters.
    #[error(transparent)]
    Phi(#[from] ShapeMismatch),
}
