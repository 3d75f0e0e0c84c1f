//! The command line.

mod value;

use std::path::PathBuf;

use clap::Parser;

use crate::case::{Case, Precision};
use value::{case, implementation, scalar};
use voidgrad_kit::cli::WIDEST;

/// The time of a sample and of a training step, beside code written by hand and other tools
#[derive(Debug, Clone, Parser)]
#[command(name = "cargo xtask bench", bin_name = "cargo xtask bench", max_term_width = WIDEST)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
pub(crate) struct Arguments {
    /// Case to time; repeat the option for several [default: all of them, and the scaling table]
    #[arg(long = "case", value_name = "NAME", value_parser = case, allow_hyphen_values = true)]
    pub(crate) cases: Vec<Case>,
    /// Numbers to time [default: f64 and f32]
    #[arg(long, value_name = "TYPE", value_parser = scalar, allow_hyphen_values = true)]
    pub(crate) scalar: Option<Precision>,
    /// Implementation to time; repeat the option for several [default: all of them]
    #[arg(long = "implementation", value_name = "NAME", value_parser = implementation, allow_hyphen_values = true)]
    pub(crate) implementations: Vec<&'static str>,
    /// A tenth of the time: enough to see that it runs, too little to quote
    #[arg(long)]
    pub(crate) quick: bool,
    /// Measure how the cost grows, too: that is done by itself where no case is named
    #[arg(long)]
    pub(crate) scaling: bool,
    /// Time the peers in Python too, where one that has them is found
    #[arg(long)]
    pub(crate) peers: bool,
    /// The Python to run them with
    #[arg(long, value_name = "PATH", default_value = "python3", requires = "peers")]
    pub(crate) python: PathBuf,
    /// File to write all results to, as JSON
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    /// Directory to write bench.json and the chart bench.svg to
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Replace the results of another run that are there
    #[arg(long)]
    pub(crate) force: bool,
}
