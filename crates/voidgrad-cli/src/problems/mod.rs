//! What `train --problem` has: one file or folder for each problem, and one line in [`PROBLEMS`].
//!
//! A new problem gives its [`Row`] and implements [`Problem`](crate::training::Problem) and [`Execution`](crate::training::Execution). Options of its own are fields of
//! [`TrainArguments`](crate::cli::TrainArguments), rows of the table in `cli/config.rs`, and names in [`Row::options`].

pub(crate) mod bandit;
pub(crate) mod cart_pole;
pub(crate) mod max_cut;
pub(crate) mod models;
mod quadratic;
pub(crate) mod subset;
#[cfg(feature = "models")]
mod vae;

use crate::training::Opened;
use voidgrad_kit::error::Error;

/// All problems, the default first.
pub(crate) const PROBLEMS: [Row; 6] =
    [quadratic::ROW, max_cut::ROW, models::VAE, subset::ROW, cart_pole::ROW, bandit::ROW];

/// A problem, as the command line knows it.
#[derive(Debug)]
pub(crate) struct Row {
    /// Its name.
    pub(crate) name: &'static str,
    /// What it is, in a line.
    pub(crate) about: &'static str,
    /// The options that it has beside those of all problems.
    pub(crate) options: &'static [&'static str],
    /// [`training::train`](crate::training::train) of it, if this program was built with it.
    pub(crate) train: Option<Train>,
}

/// A training of one problem.
pub(crate) type Train = fn(Opened<'_>) -> Result<(), Error>;

/// The names of the problems that have this option; none if all have it.
pub(crate) fn with_option(option: &str) -> Vec<&'static str> {
    PROBLEMS.iter().filter(|row| row.options.contains(&option)).map(|row| row.name).collect()
}
