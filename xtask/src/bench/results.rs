//! What a run of the bench found, and the files that it is kept in.

use serde::Serialize;

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
