//! Why rollouts cannot be made, or have no gradient.

use thiserror::Error;

use crate::error::{DistributionError, InvalidParameter, ObjectiveError, ShapeMismatch};

/// Rollouts that cannot be made, or that have no finite gradient. Rollouts and times are counted from 0.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum RolloutError {
    /// A number outside its domain.
    #[error(transparent)]
    Parameter(#[from] InvalidParameter),
    /// An array of the wrong length.
    #[error(transparent)]
    Shape(#[from] ShapeMismatch),
    /// The environment returned an error; it is here unchanged.
    #[error("the environment of rollout {rollout} failed at time {time}: {error}")]
    Environment {
        /// The rollout.
        rollout: usize,
        /// The decision that it failed at; 0 for a reset.
        time: usize,
        /// Its error.
        error: ObjectiveError,
    },
    /// The policy returned an error; it is here unchanged.
    #[error("the policy failed at time {time}: {error}")]
    Policy {
        /// The decisions that it failed at.
        time: usize,
        /// Its error.
        error: ObjectiveError,
    },
    /// A state has an entry that is NaN or infinite.
    #[error(
        "rollout {rollout}: entry {entry} of the state at time {time} is {value}, which is not a finite number"
    )]
    State {
        /// The rollout.
        rollout: usize,
        /// The time.
        time: usize,
        /// Which entry.
        entry: usize,
        /// The entry.
        value: f64,
    },
    /// The distribution refuses the parameters that the policy gives it.
    #[error("rollout {rollout}: the policy's parameters at time {time}: {source}")]
    Distribution {
        /// The rollout.
        rollout: usize,
        /// The time.
        time: usize,
        /// Why.
        source: DistributionError,
    },
    /// A reward is NaN or infinite.
    #[error("rollout {rollout}: the reward at time {time} is {value}, which is not a finite number")]
    Reward {
        /// The rollout.
        rollout: usize,
        /// The time.
        time: usize,
        /// The reward.
        value: f64,
    },
    /// Rewards are finite, and their sum is not.
    #[error(
        "rollout {rollout}: the sum of the rewards from time {time} on is {value}, which is not a finite number"
    )]
    Return {
        /// The rollout.
        rollout: usize,
        /// The time.
        time: usize,
        /// The sum.
        value: f64,
    },
    /// An entry of ĝ is NaN or infinite.
    #[error(
        "rollout {rollout}: the gradient at time {time} has the entry {value}, which is not a finite number"
    )]
    Gradient {
        /// The rollout.
        rollout: usize,
        /// The time.
        time: usize,
        /// The entry.
        value: f64,
    },
    /// An estimate is asked for before there are rollouts.
    #[error("there are no rollouts to estimate from: draw first")]
    NotDrawn,
}
