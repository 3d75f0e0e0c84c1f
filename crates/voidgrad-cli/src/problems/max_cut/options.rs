//! The options that `max-cut` has beside those of all problems.

use std::path::PathBuf;

use clap::Args;

use super::generation::Kind;
use crate::cli::value::{count, finite, positive};

/// Their names; the test of `cli/config.rs` looks them up.
pub(super) const NAMES: &[&str] = &[
    "estimator",
    "evaluations",
    "auto-costs",
    "graph",
    "generate",
    "vertices",
    "degree",
    "restarts",
    "temperature",
    "best-known",
];

/// Their values.
#[derive(Debug, Args)]
#[command(next_help_heading = "Options of --problem max-cut")]
pub(crate) struct Options {
    /// Graph in Gset's format: a line with the numbers of vertices and edges, then a line `i j weight` for each edge,
    /// vertices from 1 [default: one is generated]
    #[arg(long, value_name = "FILE", conflicts_with_all = ["generate", "vertices", "degree"])]
    pub(crate) graph: Option<PathBuf>,
    /// Kind of the graph that is generated, from the seed [default: planted]
    #[arg(long, value_name = "KIND", value_enum)]
    pub(crate) generate: Option<Kind>,
    /// Vertices of the graph that is generated; those of a torus are a square [default: 800, for a torus 784]
    #[arg(long, value_name = "N", value_parser = count(9, 1_000_000), allow_hyphen_values = true)]
    pub(crate) vertices: Option<u64>,
    /// Mean degree of a planted graph [default: 12], or degree of a regular one [default: 6]
    #[arg(long, value_name = "N", value_parser = count(2, 1_000), allow_hyphen_values = true)]
    pub(crate) degree: Option<u64>,
    /// Evaluations of a step: so many restarts of the exact gradient, of local search and of annealing run side by side, one K-th
    /// as many of an estimator, and one of pbil with so many samples
    #[arg(long, value_name = "N", default_value = "100", value_parser = count(1, 100_000), allow_hyphen_values = true)]
    pub(crate) restarts: u64,
    /// Temperature at the start, in units of the root of the mean over the vertices of the sum of the squared
    /// weights of their edges; it falls to 0
    #[arg(long, value_name = "T", default_value = "0.7", value_parser = positive, allow_hyphen_values = true)]
    pub(crate) temperature: f64,
    /// Best known cut, to compare with
    #[arg(long, value_name = "CUT", value_parser = finite, allow_hyphen_values = true)]
    pub(crate) best_known: Option<f64>,
}
