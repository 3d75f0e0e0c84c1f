//! Numbers of a training as files that other programs draw.

mod csv;
mod events;

use std::io;

use thiserror::Error;

pub use csv::CsvLog;
pub use events::EventLog;

/// What a [`CsvLog`] or an [`EventLog`] refuses.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum LogError {
    /// The file can't be written.
    #[error("the log can't be written: {0}")]
    Write(#[from] io::Error),
    /// A value that the file can't hold.
    #[error("{name} is {value:e} in step {step}, and the log holds finite numbers up to {largest:e}")]
    Value {
        /// The name of the value.
        name: String,
        /// The value.
        value: f64,
        /// The step.
        step: u64,
        /// The largest size that the file holds.
        largest: f64,
    },
    /// A step that the file can't hold.
    #[error("step {step} is too large: at most {largest}")]
    Step {
        /// The step.
        step: u64,
        /// The largest one.
        largest: u64,
    },
    /// A time that is NaN or infinite.
    #[error("the time of step {step} is {time}, and must be a finite number of seconds")]
    Time {
        /// The step.
        step: u64,
        /// The time.
        time: f64,
    },
    /// Other names than in the first row, which are the columns.
    #[error("the values are {found:?}, and the columns are {expected:?}")]
    Columns {
        /// The names that were given.
        found: Vec<String>,
        /// The names of the first row.
        expected: Vec<String>,
    },
}

/// What a log has of a step: the loss, and all added terms by their names.
fn scalars<'a>(progress: &super::Progress<'a>) -> Vec<(&'a str, f64)> {
    std::iter::once(("loss", progress.loss())).chain(progress.terms()).collect()
}

/// # Errors
/// Returns an error if a value is NaN or larger than `largest`.
fn check(step: u64, scalars: &[(&str, f64)], largest: f64) -> Result<(), LogError> {
    match scalars.iter().find(|(_, value)| value.is_nan() || value.abs() > largest) {
        Some(&(name, value)) => Err(LogError::Value { name: name.to_owned(), value, step, largest }),
        None => Ok(()),
    }
}
