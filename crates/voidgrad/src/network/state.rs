//! The parameters of a network as data.

use thiserror::Error;

use super::{NetworkError, Parameter, Shape};

/// The parameters of a network by name: plain data.
///
/// With the feature `serde` of this crate it can be written in any format of serde; with the feature `safetensors` it can be written as a file that `PyTorch`, JAX and
/// numpy read.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct NetworkState {
    /// The version of this data, [`VERSION`](Self::VERSION).
    pub version: u32,
    /// The parameters, in the network's order.
    pub parameters: Vec<ParameterState>,
}

/// A parameter of a [`NetworkState`].
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct ParameterState {
    /// The name of the argument.
    pub name: String,
    /// No length for a number, one for an array, rows and columns for a matrix.
    pub shape: Vec<usize>,
    /// The entries; of a matrix row by row, as numpy has them.
    pub values: Vec<f64>,
}

/// Why a network can't take a state, or a state can't be read or written.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum NetworkStateError {
    /// Another version of the data.
    #[error("the state has version {found}, where version {expected} is read")]
    Version {
        /// That of the state.
        found: u32,
        /// That of this library.
        expected: u32,
    },
    /// A parameter that the network has is not there.
    #[error("the state has no parameter `{name}`")]
    Missing {
        /// Its name.
        name: String,
    },
    /// A parameter that the network does not have, or has already.
    #[error("the state has a parameter `{name}` that this network does not take")]
    Unknown {
        /// Its name.
        name: String,
    },
    /// A parameter of another shape.
    #[error("the parameter `{name}` has the shape {found:?}, where {expected:?} is needed")]
    Shape {
        /// Its name.
        name: String,
        /// That of the state.
        found: Vec<usize>,
        /// That of the network.
        expected: Vec<usize>,
    },
    /// The network refuses the values.
    #[error(transparent)]
    Refused(NetworkError),
    /// The file is not one of a network, or not whole.
    #[error("the file is no state of a network: {problem}")]
    Unreadable {
        /// What is wrong with it.
        problem: String,
    },
    /// The state is larger than the format allows.
    #[error("the state can't be written: {problem}")]
    Unwritable {
        /// What the writer says.
        problem: String,
    },
}

impl NetworkState {
    /// The version that this library writes, and the only one that it reads.
    pub const VERSION: u32 = 1;

    /// The parameters of these shapes that stand one after the other.
    pub(super) fn of(shapes: &[Parameter], mut flat: &[f64]) -> Self {
        let parameters = shapes.iter().map(|Parameter { name, shape }| {
            let (entries, rest) = flat.split_at(shape.entries());
            flat = rest;
            let values = by_rows(*shape).map(|place| entries[place]).collect();
            ParameterState { name: (*name).to_owned(), shape: lengths(*shape), values }
        });
        Self { version: Self::VERSION, parameters: parameters.collect() }
    }

    /// The flat parameters of a network with these shapes.
    pub(super) fn parameters_for(&self, shapes: &[Parameter]) -> Result<Vec<f64>, NetworkStateError> {
        Self::check_version(self.version)?;
        let is_known = |state: &&ParameterState| shapes.iter().any(|shape| shape.name == state.name);
        let is_second = |(i, state): &(usize, &ParameterState)| {
            self.parameters[..*i].iter().any(|before| before.name == state.name)
        };
        let unknown = self.parameters.iter().find(|state| !is_known(state));
        let second = self.parameters.iter().enumerate().find(is_second).map(|(_, state)| state);
        if let Some(state) = unknown.or(second) {
            return Err(NetworkStateError::Unknown { name: state.name.clone() });
        }
        let mut flat = Vec::new();
        for Parameter { name, shape } in shapes {
            let state = self.parameters.iter().find(|state| state.name == *name);
            let state = state.ok_or_else(|| NetworkStateError::Missing { name: (*name).to_owned() })?;
            if state.shape != lengths(*shape) || state.values.len() != shape.entries() {
                let (name, expected) = ((*name).to_owned(), lengths(*shape));
                return Err(NetworkStateError::Shape { name, found: state.shape.clone(), expected });
            }
            let first = flat.len();
            flat.resize(first + shape.entries(), 0.0);
            for (place, value) in by_rows(*shape).zip(&state.values) {
                flat[first + place] = *value;
            }
        }
        Ok(flat)
    }

    /// Refuses another version.
    pub(super) fn check_version(found: u32) -> Result<(), NetworkStateError> {
        let expected = Self::VERSION;
        if found == expected { Ok(()) } else { Err(NetworkStateError::Version { found, expected }) }
    }
}

fn lengths(shape: Shape) -> Vec<usize> {
    match shape {
        Shape::Number => Vec::new(),
        Shape::Array(entries) => vec![entries],
        Shape::Matrix(rows, columns) => vec![rows, columns],
    }
}

/// The places of the entries, which stand column by column, row by row.
fn by_rows(shape: Shape) -> impl Iterator<Item = usize> {
    let (rows, columns) = match shape {
        Shape::Matrix(rows, columns) => (rows, columns),
        shape => (shape.entries(), 1),
    };
    (0..rows).flat_map(move |row| (0..columns).map(move |column| row + rows * column))
}
