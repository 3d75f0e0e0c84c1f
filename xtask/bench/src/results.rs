//! What a run of the bench found, and the files that it is kept in.

use std::fmt::Display;

use serde::Serialize;

use super::implementation::NAMES;
use super::machine::Machine;
use super::row::Row;
use super::scaling::Scaling;
use voidgrad_kit::error::Error;
use voidgrad_kit::output;

/// Everything that goes into `bench.json`.
#[derive(Debug, Serialize)]
pub(crate) struct Results {
    #[serde(flatten)]
    pub(crate) machine: Machine,
    /// True where the times are too short to quote.
    pub(crate) quick: bool,
    pub(crate) rows: Vec<Row>,
    /// What could not be measured.
    pub(crate) left_out: Vec<LeftOut>,
    /// How the cost grows, where that was measured.
    pub(crate) scaling: Option<Scaling>,
}

/// An implementation that could not be measured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct LeftOut {
    pub(crate) implementation: &'static str,
    /// The case and the numbers; all of them where there are none.
    pub(crate) of: Option<String>,
    pub(crate) reason: String,
}

impl LeftOut {
    /// A reason in one line.
    pub(crate) fn new(implementation: &'static str, of: Option<String>, reason: &dyn Display) -> Self {
        Self { implementation, of, reason: reason.to_string() }
    }

    /// The line.
    pub(crate) fn text(&self) -> String {
        let of = self.of.as_ref().map_or_else(String::new, |of| format!(" of {of}"));
        format!("{}{of} is left out: {}", self.implementation, self.reason)
    }

    /// Whether that is no fault of ours.
    pub(crate) fn is_a_peer(&self) -> bool {
        !NAMES.contains(&self.implementation)
    }
}

impl Results {
    /// The file's content.
    pub(crate) fn json(&self) -> Result<Vec<u8>, Error> {
        output::json(self)
    }
}
