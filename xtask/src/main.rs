//! `cargo xtask train | variance | compare | expand | bench`: the experiments of voidgrad from the command line.

mod analysis;
mod bench;
mod choice;
mod cli;
mod compare;
mod effort;
mod error;
mod evaluation;
mod expand;
mod experiment;
mod interrupt;
mod metrics;
mod network;
mod number;
mod output;
mod preparation;
mod progress;
mod report;
mod run;
mod seed;
mod statistics;
mod summary;
mod table;
mod terminal;
mod train;
mod variance;
mod work;

use std::process::ExitCode;

use crate::cli::Command;
use crate::error::Error;

fn main() -> ExitCode {
    match cli::parse().and_then(execute) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            terminal::complain(&error);
            ExitCode::from(error.exit_code())
        }
    }
}

fn execute(command: Option<Command>) -> Result<(), Error> {
    match command {
        Some(Command::Train(arguments)) => train::run(&arguments),
        Some(Command::Variance(arguments)) => variance::run(&arguments),
        Some(Command::Compare(arguments)) => compare::run(&arguments),
        Some(Command::Bench(arguments)) => bench::run(&arguments),
        Some(Command::Expand(arguments)) => expand::run(arguments.name.as_deref(), arguments.path.as_deref()),
        None => Ok(()),
    }
}
