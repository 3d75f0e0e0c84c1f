//! `cargo xtask bench`: how long a sample and a training step take, beside code written by hand and other tools.

mod agreement;
mod bench;
mod by_hand;
mod case;
mod cli;
mod features;
mod generated;
mod given;
mod implementation;
mod machine;
mod memory;
mod num_dual;
mod peers;
mod picture;
mod reference;
mod results;
mod rounds;
mod row;
mod scaling;
mod table;
mod training;
mod vae;

use std::process::ExitCode;

use voidgrad_kit::cli::{end, parse};

fn main() -> ExitCode {
    end(parse(std::env::args_os()).and_then(|arguments: Option<cli::Arguments>| {
        if let Some(arguments) = arguments {
            bench::run(&arguments)?;
        }
        Ok(ExitCode::SUCCESS)
    }))
}
