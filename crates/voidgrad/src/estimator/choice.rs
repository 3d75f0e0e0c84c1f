//! What an estimator that chooses among others has used.

/// A stretch of rounds in which one estimator was the best, as far as was known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// Its name.
    pub name: String,
    /// The rounds of the stretch.
    pub rounds: u64,
    /// The rounds of these in which others were in use, to be measured.
    pub trials: u64,
    /// Evaluations of f in all of the rounds.
    pub evaluations: u64,
}
