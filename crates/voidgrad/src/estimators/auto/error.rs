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
    /// Two candidates have a control with parameters.
    #[error(
        "{first} and {second} have controls with parameters to be trained; one of the candidates may have one"
    )]
    Controls {
        /// The name of one of them.
        first: String,
        /// The name of the other.
        second: String,
    },
    /// There is no candidate of this name, or a new one has another number of parameters to be trained.
    #[error("{name} can't be replaced: {reason}")]
    Replacement {
        /// The name.
        name: String,
        /// Why.
        reason: &'static str,
    },
    /// There are more or fewer costs than candidates.
    #[error("there are {found} costs for {expected} candidates")]
    Costs {
        /// The number of costs.
        found: usize,
        /// The number of candidates.
        expected: usize,
    },
    /// A candidate has no cost, although others have one.
    #[error("there is no cost of {name}; the candidates are {candidates}")]
    NoCost {
        /// The candidate's name.
        name: String,
        /// The names of all candidates.
        candidates: String,
    },
    /// There is a cost of an estimator that is no candidate.
    #[error("{name} has a cost and is no candidate; the candidates are {candidates}")]
    NoCandidate {
        /// The name.
        name: String,
        /// The names of all candidates.
        candidates: String,
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
