//! What a run of the bench found, and the files that it is kept in.

use std::io::Write;
use std::path::{Path, PathBuf};

use serde::Serialize;
use tempfile::NamedTempFile;

use super::machine::Machine;
use super::row::Row;
use super::scaling::Scaling;
use crate::error::Error;

/// Everything that goes into `bench.json`.
#[derive(Debug, Serialize)]
pub(crate) struct Results {
    #[serde(flatten)]
    pub(crate) machine: Machine,
    /// True where the times are too short to quote.
    pub(crate) quick: bool,
    pub(crate) rows: Vec<Row>,
    /// How the cost grows, where that was measured.
    pub(crate) scaling: Option<Scaling>,
}

impl Results {
    /// The file's content.
    pub(crate) fn json(&self) -> Result<Vec<u8>, Error> {
        let mut text = serde_json::to_vec_pretty(self).map_err(Error::computation)?;
        text.push(b'\n');
        Ok(text)
    }
}

/// A file that will be written at the end, whole or not at all; that it can be is checked before anything is timed.
pub(crate) struct Promised {
    temporary: NamedTempFile,
    path: PathBuf,
}

impl Promised {
    /// Starts a temporary file beside `path`.
    ///
    /// # Errors
    /// Where `path` is a directory, or its directory is not there or cannot be written.
    pub(crate) fn new(path: &Path) -> Result<Self, Error> {
        if path.as_os_str().is_empty() || path.is_dir() {
            return Err(Error::arguments(format!(
                "--json needs the name of a file; {} is not one",
                path.display()
            )));
        }
        let parent = match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        let temporary = NamedTempFile::with_prefix_in(".voidgrad-", parent)
            .map_err(|source| Error::arguments(format!("cannot write in {}: {source}", parent.display())))?;
        Ok(Self { temporary, path: path.to_path_buf() })
    }

    /// Writes the content and moves the file to its place.
    ///
    /// # Errors
    /// Where the system refuses.
    pub(crate) fn write(mut self, content: &[u8]) -> Result<(), Error> {
        self.temporary.write_all(content).map_err(Error::files("writing", &self.path))?;
        let file = self.temporary.persist(&self.path);
        let file = file.map_err(|error| Error::files("replacing", &self.path)(error.error))?;
        crate::output::readable(&file).map_err(Error::files("opening", &self.path))
    }
}
