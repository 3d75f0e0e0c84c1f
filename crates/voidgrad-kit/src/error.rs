//! What can go wrong, each in one line.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use crate::interrupt;

/// An error of a command. Its text is one line; [`Error::exit_code`] tells bad arguments from the rest.
#[derive(Debug, Error)]
pub enum Error {
    /// The command line cannot be understood, or asks for something that does not exist.
    #[error("{0}")]
    Arguments(String),
    /// A file or directory cannot be read or written.
    #[error("{action} {}: {source}", path.display())]
    Files {
        /// What was being done, as in "writing".
        action: &'static str,
        /// To which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Ctrl-C; the text says what was kept.
    #[error("{0}")]
    Interrupted(String),
    /// A result cannot be computed.
    #[error("{0}")]
    Computation(String),
}

impl Error {
    /// Bad arguments, with the value and what was allowed.
    #[expect(clippy::needless_pass_by_value, reason = "so that it fits map_err")]
    pub fn arguments(message: impl ToString) -> Self {
        Self::Arguments(message.to_string())
    }

    /// A computation that failed.
    #[expect(clippy::needless_pass_by_value, reason = "so that it fits map_err")]
    pub fn computation(message: impl ToString) -> Self {
        Self::Computation(message.to_string())
    }

    /// A file operation that failed; to be used in `map_err`.
    pub fn files(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Files { action, path, source }
    }

    /// 2 for bad arguments, 130 after Ctrl-C, 1 for everything else.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Arguments(_) => 2,
            Self::Interrupted(_) => interrupt::EXIT_CODE,
            Self::Files { .. } | Self::Computation(_) => 1,
        }
    }
}
