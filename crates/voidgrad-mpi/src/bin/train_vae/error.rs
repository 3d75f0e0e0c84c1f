//! Why there is no training.

use std::fmt;

use voidgrad::ranks::RanksError;

/// What ends the program.
#[derive(Debug)]
pub enum Error {
    /// What the user asks for cannot be had.
    Arguments(String),
    /// Another rank failed, and says why.
    Elsewhere,
    /// Something failed on the way.
    Running(Box<dyn std::error::Error>),
}

impl fmt::Display for Error {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Arguments(problem) => to.write_str(problem),
            Self::Elsewhere => to.write_str("another rank failed"),
            Self::Running(error) => error.fmt(to),
        }
    }
}

/// `?` turns any error into one.
impl<E: Into<Box<dyn std::error::Error>>> From<E> for Error {
    fn from(error: E) -> Self {
        let error = error.into();
        match error.downcast_ref() {
            Some(RanksError::Failed { .. }) => Self::Elsewhere,
            _ => Self::Running(error),
        }
    }
}
