//! One line of the results.

use serde::Serialize;

use super::implementation::Contestant;
use super::rounds::Time;

/// How long one implementation of one case takes.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Row {
    pub(crate) case: &'static str,
    pub(crate) scalar: &'static str,
    pub(crate) implementation: &'static str,
    /// `ns/sample` or `ns/step`.
    pub(crate) unit: &'static str,
    pub(crate) median: f64,
    pub(crate) p10: f64,
    pub(crate) p90: f64,
    pub(crate) threads: usize,
}

impl Row {
    /// The row of a contestant, on one thread.
    pub(crate) fn new(contestant: &Contestant, time: Time) -> Self {
        let Time { median, p10, p90 } = time;
        Self {
            case: contestant.case.name(),
            scalar: contestant.precision.name(),
            implementation: contestant.name,
            unit: contestant.case.unit(),
            median,
            p10,
            p90,
            threads: 1,
        }
    }

    /// The row of another implementation of the same case in the same numbers.
    pub(crate) fn beside<'a>(&self, rows: &'a [Self], implementation: &str) -> Option<&'a Self> {
        rows.iter().find(|row| {
            row.case == self.case && row.scalar == self.scalar && row.implementation == implementation
        })
    }
}
