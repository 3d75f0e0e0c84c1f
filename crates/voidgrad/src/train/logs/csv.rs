//! A table of comma-separated values.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use super::LogError;
use crate::train::Progress;

/// A table with a row for each step that is recorded: the column `step`, and one for each value.
///
/// The first row decides the columns. Numbers are written so that they read back with the same bits.
///
/// This needs the feature `logs` of this crate.
///
/// ```
/// use std::ops::ControlFlow;
/// use voidgrad::optimise::Sgd;
/// use voidgrad::train::{Block, CsvLog, Gradients, LogError, Progress, TrainerError};
/// use voidgrad::Trainer;
///
/// let mut trainer = Trainer::new(1, 0).block("x", Block::new(vec![1.0], Sgd::new(0.25)?))?;
/// let mut model = |gradients: &mut Gradients<'_>| {
///     let ([x], _) = gradients.parts(["x"])?;
///     x.gradient[0] = 2.0 * x.parameters[0];
///     Ok::<_, TrainerError>(x.parameters[0].powi(2))
/// };
/// let mut log = CsvLog::new(Vec::new()); // or CsvLog::create("loss.csv")?
/// let outcome = trainer.run(&mut model, 2, |progress: &Progress<'_>| match log.record(progress) {
///     Ok(()) => ControlFlow::Continue(()),
///     Err(error) => ControlFlow::Break(error),
/// })?;
/// assert!(outcome.is_continue());
/// assert_eq!(String::from_utf8(log.into_inner()?)?, "step,loss\n1,1.0\n2,0.25\n");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct CsvLog<W: Write> {
    writer: csv::Writer<W>,
    columns: Vec<String>,
}

impl CsvLog<BufWriter<File>> {
    /// A table in a new file.
    ///
    /// # Errors
    /// Returns an error if there is a file of this name, or if it can't be made.
    pub fn create(path: impl AsRef<Path>) -> Result<Self, LogError> {
        Ok(Self::new(BufWriter::new(File::create_new(path)?)))
    }
}

impl<W: Write> CsvLog<W> {
    /// A table that is written to `writer`.
    pub fn new(writer: W) -> Self {
        Self { writer: csv::Writer::from_writer(writer), columns: Vec::new() }
    }

    /// A row for a step of a [`Trainer`](crate::Trainer): its loss, and the value of each term by its name.
    ///
    /// # Errors
    /// As [`scalars`](Self::scalars).
    pub fn record(&mut self, progress: &Progress<'_>) -> Result<(), LogError> {
        self.scalars(progress.iteration(), &super::scalars(progress))
    }

    /// A row of values with names.
    ///
    /// # Errors
    /// Returns an error if the names are not those of the first row in their order, if a value is NaN or infinite, or if the row can't be written. In the first two cases
    /// nothing is written.
    pub fn scalars(&mut self, step: u64, scalars: &[(&str, f64)]) -> Result<(), LogError> {
        super::check(step, scalars, f64::MAX)?;
        let names = || scalars.iter().map(|(name, _)| *name);
        if self.columns.is_empty() {
            self.writer.write_record(std::iter::once("step").chain(names())).map_err(io::Error::from)?;
            self.columns = names().map(str::to_owned).collect();
        }
        if !names().eq(self.columns.iter().map(String::as_str)) {
            let found = names().map(str::to_owned).collect();
            return Err(LogError::Columns { found, expected: self.columns.clone() });
        }
        // The shortest text that reads back as the same number.
        let cells = scalars.iter().map(|(_, value)| format!("{value:?}"));
        self.writer.write_record(std::iter::once(step.to_string()).chain(cells)).map_err(io::Error::from)?;
        Ok(())
    }

    /// Writes what is still in memory.
    ///
    /// # Errors
    /// Returns an error if that can't be done.
    pub fn flush(&mut self) -> Result<(), LogError> {
        Ok(self.writer.flush()?)
    }

    /// The writer, with all that was recorded.
    ///
    /// # Errors
    /// As [`flush`](Self::flush).
    pub fn into_inner(self) -> Result<W, LogError> {
        self.writer.into_inner().map_err(|error| LogError::Write(error.into_error()))
    }
}
