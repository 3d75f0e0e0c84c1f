//! What can be wrong between ranks.

use thiserror::Error;

use super::ShapeMismatch;

/// Why ranks that work together have no result.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RanksError {
    /// Rows that are not the same number for each example.
    #[error(transparent)]
    Shape(#[from] ShapeMismatch),
    /// Another rank could not do its share. That rank has the error.
    #[error("rank {rank} failed; it has the error")]
    Failed {
        /// The first rank that failed.
        rank: usize,
    },
    /// A rank has ended, or the connection to it has.
    #[error("rank {rank} cannot be reached: {reason}")]
    Gone {
        /// That rank.
        rank: usize,
        /// What the connection says.
        reason: String,
    },
    /// A message of another length than this call has.
    #[error(
        "rank {rank} sent {found} words where {expected} are needed: all ranks have to make the same calls with the same lengths"
    )]
    Message {
        /// The rank that sent it.
        rank: usize,
        /// How many words it has.
        found: usize,
        /// How many it must have.
        expected: usize,
    },
    /// A number of ranks that there cannot be, or a rank that is not one of them.
    #[error("rank {rank} of {count} is not a rank: ranks are counted from 0")]
    NoRank {
        /// The rank.
        rank: usize,
        /// How many there are.
        count: usize,
    },
}
