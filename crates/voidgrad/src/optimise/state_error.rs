//! Why an optimiser refuses a state.

use thiserror::Error;

/// A state that an [`Optimiser`](super::Optimiser) cannot continue from.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum OptimiserStateError {
    /// The state of another optimiser.
    #[error("the state is of the optimiser `{found}` where one of `{expected}` is needed")]
    Kind {
        /// The kind of the state.
        found: String,
        /// The kind of the optimiser.
        expected: &'static str,
    },
    /// A value is missing.
    #[error("the state of the optimiser `{kind}` has no value `{name}`")]
    Missing {
        /// The kind of the state.
        kind: String,
        /// The name of the value.
        name: String,
    },
    /// A value that the optimiser does not know.
    #[error("the state of the optimiser `{kind}` has a value `{name}`, which this optimiser does not have")]
    Unknown {
        /// The kind of the state.
        kind: String,
        /// The name of the value.
        name: String,
    },
    /// A number in the place of an array, or an array in the place of a number.
    #[error("`{name}` of the optimiser `{kind}` is {found} where {expected} is needed")]
    Form {
        /// The kind of the state.
        kind: String,
        /// The name of the value.
        name: String,
        /// What it is.
        found: &'static str,
        /// What it must be.
        expected: &'static str,
    },
    /// An array of another length.
    #[error("`{name}` of the optimiser `{kind}` has {found} entries where {expected} are needed")]
    Length {
        /// The kind of the state.
        kind: String,
        /// The name of the array.
        name: String,
        /// How many entries it has.
        found: usize,
        /// How many it must have.
        expected: usize,
    },
    /// A number that the optimiser can't have.
    #[error("entry {index} of `{name}` of the optimiser `{kind}` is {value:?}, which is not {allowed}")]
    Value {
        /// The kind of the state.
        kind: String,
        /// The name of the value.
        name: String,
        /// Which entry of an array, from 0; 0 for a number.
        index: usize,
        /// The number.
        value: f64,
        /// What would have been accepted, in words.
        allowed: &'static str,
    },
}
