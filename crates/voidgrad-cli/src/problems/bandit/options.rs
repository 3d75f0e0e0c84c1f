//! The options that `bandit` has beside those of all problems.

use clap::Args;

use crate::cli::value::count;

/// Their names; the test of `cli/config.rs` looks them up.
pub(super) const NAMES: &[&str] = &["batch", "baseline", "arms"];

/// Their values.
#[derive(Debug, Args)]
#[command(next_help_heading = "Options of --problem bandit")]
#[group(id = "bandit")]
pub(crate) struct Options {
    /// Arms; the probability of a reward is drawn for each from the seed and the run
    #[arg(long, value_name = "K", default_value = "10", value_parser = count(2, 10_000), allow_hyphen_values = true)]
    pub(crate) arms: u64,
}
