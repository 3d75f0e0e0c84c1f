//! The options that `subset` has beside those of all problems.

use clap::Args;

use crate::cli::value::{count, finite, positive};

/// Their names; the test of `cli/config.rs` looks them up.
pub(super) const NAMES: &[&str] =
    &["estimator", "evaluations", "auto-costs", "features", "chosen", "noise", "correlation", "penalty"];

/// The most features. The inverse of a matrix of so many rows takes a millisecond.
const LARGEST_FEATURES: u64 = 100;

/// Their values.
#[derive(Debug, Args)]
#[command(next_help_heading = "Options of --problem subset")]
// Two groups of options may not have the same name.
#[group(id = "subset")]
pub(crate) struct Options {
    /// n, the number of features; up to 20 the exact optimum is known by enumeration
    #[arg(long, value_name = "N", default_value = "16", value_parser = count(2, LARGEST_FEATURES), allow_hyphen_values = true)]
    pub(crate) features: u64,
    /// k, how many features are to be chosen
    #[arg(long, value_name = "K", default_value = "4", value_parser = count(1, LARGEST_FEATURES), allow_hyphen_values = true)]
    pub(crate) chosen: u64,
    /// Standard deviation of the noise, in units of that of what the features explain
    #[arg(long, value_name = "SIGMA", default_value = "0.5", value_parser = finite, allow_hyphen_values = true)]
    pub(crate) noise: f64,
    /// Correlation of two features next to each other
    #[arg(long, value_name = "RHO", default_value = "0.6", value_parser = finite, allow_hyphen_values = true)]
    pub(crate) correlation: f64,
    /// What every feature more or less than k adds to f for Bernoulli variables, in units of the variance of the target
    #[arg(long, value_name = "P", default_value = "0.1", value_parser = positive, allow_hyphen_values = true)]
    pub(crate) penalty: f64,
}
