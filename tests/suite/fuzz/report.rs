//! How many programs were compared, and of which constructs.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Instant;

use super::differential::Outcome;
use super::program::Program;

/// What became of the programs so far.
pub(crate) struct Report {
    start: Instant,
    pub(crate) programs: u64,
    pub(crate) accepted: u64,
    /// Accepted programs that the interpreter does not know, by the reason.
    pub(crate) unknown: BTreeMap<String, u64>,
    /// Refused programs, by the message.
    refusals: BTreeMap<String, u64>,
    values: u64,
    derivatives: u64,
    /// Each construct in how many accepted and refused programs.
    constructs: BTreeMap<&'static str, [u64; 2]>,
}

impl Report {
    pub(crate) fn new() -> Self {
        Self {
            start: Instant::now(),
            programs: 0,
            accepted: 0,
            unknown: BTreeMap::new(),
            refusals: BTreeMap::new(),
            values: 0,
            derivatives: 0,
            constructs: BTreeMap::new(),
        }
    }

    pub(crate) fn add(&mut self, constructs: &BTreeSet<&'static str>, outcome: &Outcome) {
        self.programs += 1;
        if let Outcome::Accepted(comparison) = outcome {
            self.accepted += 1;
            self.values += u64::from(comparison.values);
            self.derivatives += u64::from(comparison.derivatives);
            if let Some(why) = &comparison.unknown {
                *self.unknown.entry(why.clone()).or_default() += 1;
            }
        }
        if let Outcome::Refused(message) = outcome {
            *self.refusals.entry(message.clone()).or_default() += 1;
        }
        for construct in constructs {
            let counts = self.constructs.entry(construct).or_default();
            counts[usize::from(matches!(outcome, Outcome::Refused(_)))] += 1;
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { programs, accepted, values, derivatives, .. } = self;
        let minutes = self.start.elapsed().as_secs_f64() / 60.0;
        writeln!(f, "{programs} programs, {:.0} a minute; {accepted} accepted", *programs as f64 / minutes)?;
        writeln!(f, "{values} points and {derivatives} derivatives compared")?;
        for (why, count) in &self.unknown {
            writeln!(f, "not known to the interpreter: {count} programs ({why})")?;
        }
        for (message, count) in &self.refusals {
            writeln!(f, "refused: {count} programs ({message})")?;
        }
        writeln!(f, "{:55} accepted  refused", "construct")?;
        for (construct, [accepted, refused]) in &self.constructs {
            writeln!(f, "{construct:55} {accepted:8} {refused:8}")?;
        }
        Ok(())
    }
}

/// A program with what does not hold of it.
pub(crate) fn described(program: &Program, fault: &str) -> String {
    format!("{fault}\nof #[differentiate({})]\n{}", program.attribute, program.item)
}
