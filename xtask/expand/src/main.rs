//! `cargo xtask expand`: the generated code of annotated functions, with its formulas.

mod cli;
mod expand;

use std::process::ExitCode;

use xtask_kit::cli::{end, parse};

fn main() -> ExitCode {
    end(parse(std::env::args_os()).and_then(|arguments: Option<cli::Arguments>| {
        if let Some(arguments) = arguments {
            expand::run(arguments.name.as_deref(), arguments.path.as_deref())?;
        }
        Ok(ExitCode::SUCCESS)
    }))
}
