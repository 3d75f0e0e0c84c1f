//! `cargo xtask train | variance | compare | expand | bench`: the experiments of voidgrad from the command line.

// What the models alone use.
#![cfg_attr(not(feature = "models"), allow(dead_code, unused_imports))]

mod choice;
mod cli;
mod compare;
mod costs;
mod evaluation;
mod hand_over;
mod page;
mod preparation;
mod problems;
mod seed;
mod statistics;
mod trained;
mod training;
mod variables;
mod variance;

use std::process::ExitCode;

use crate::cli::Command;
use crate::hand_over::Program;
use xtask_kit::error::Error;

fn main() -> ExitCode {
    xtask_kit::cli::end(cli::parse().and_then(execute))
}

fn execute(command: Option<Command>) -> Result<ExitCode, Error> {
    match command {
        Some(Command::Train(arguments)) => return training::run(&arguments),
        Some(Command::Variance(arguments)) => variance::run(&arguments)?,
        Some(Command::Compare(arguments)) => return compare::run(&arguments),
        Some(Command::Expand(handed_over)) => return hand_over::run(Program::Expand, &handed_over.arguments),
        Some(Command::Bench(handed_over)) => return hand_over::run(Program::Bench, &handed_over.arguments),
        None => {}
    }
    Ok(ExitCode::SUCCESS)
}
