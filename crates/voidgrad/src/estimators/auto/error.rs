//! Why a choice can't be made.

use thiserror::Error;

/// Candidates that [`Auto`](super::Auto) can't choose among.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum AutoError {
    /// There is no candidate.
    #[error("there is no estimator to choose")]
    Empty,
    /// Two candidates have the same name.
    #[error("two candidates have the name {name:?}")]
    Duplicate {
        /// The name.
        name: String,
    },
    /// A candidate has a control with parameters.
    #[error("{name} has a control with parameters to be trained; a candidate has none")]
    Control {
        /// The candidate's name.
        name: String,
    },
    /// There are more or fewer costs than candidates.
    #[error("there are {found} costs for {expected} candidates")]
    Costs {
        /// The number of costs.
        found: usize,
        /// The number of candidates.
        expected: usize,
    },
    /// A cost is no positive number.
    #[error("the cost of {name} is {cost}, and not a positive number")]
    Cost {
        /// The candidate's name.
        name: String,
        /// The cost.
        cost: f64,
    },
}
