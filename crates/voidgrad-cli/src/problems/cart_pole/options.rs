//! The options that `cart-pole` has beside those of all problems.

use clap::{Args, ValueEnum};

/// Their names; the test of `cli/config.rs` looks them up.
pub(super) const NAMES: &[&str] = &["batch", "baseline"];

/// Their values.
#[derive(Debug, Args)]
#[command(next_help_heading = "Options of --problem cart-pole and bandit")]
#[group(id = "cart-pole")]
pub(crate) struct Options {
    /// What is subtracted from the rewards that follow a decision: nothing, a moving average for each time, or the mean of the
    /// other rollouts of the step; repeat the option for several [default: leave-one-out]
    #[arg(long = "baseline", value_name = "NAME", value_enum)]
    pub(crate) baselines: Vec<Kind>,
}

/// A baseline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    /// 0.
    Zero,
    /// A moving average.
    Average,
    /// The mean of the others.
    LeaveOneOut,
}

impl Kind {
    /// All of them.
    const ALL: [Self; 3] = [Self::Zero, Self::Average, Self::LeaveOneOut];

    /// Those that are asked for, each once; without any, leave-one-out.
    pub(crate) fn asked(asked: &[Self]) -> Vec<Self> {
        let asked = if asked.is_empty() { &[Self::LeaveOneOut] } else { asked };
        Self::ALL.into_iter().filter(|kind| asked.contains(kind)).collect()
    }

    /// Its name, as the option has it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Zero => "zero",
            Self::Average => "average",
            Self::LeaveOneOut => "leave-one-out",
        }
    }
}
