//! `voidgrad`: the experiments of voidgrad from the command line, and projects of one's own.

use std::ffi::OsString;
use std::process::ExitCode;

use voidgrad_cli::{Missing, Program, project};
use voidgrad_kit::error::Error;

fn main() -> ExitCode {
    let others = vec![project::command()];
    #[cfg(feature = "logs")]
    let others: Vec<_> = others.into_iter().chain([voidgrad_cli::events::command()]).collect();
    #[cfg(feature = "shell")]
    let others = others.into_iter().chain(voidgrad_cli::shell::commands()).collect();
    voidgrad_cli::run(&Program { name: "voidgrad", others, missing })
}

fn missing(part: Missing, _: &[OsString]) -> Result<ExitCode, Error> {
    let (part, feature) = match part {
        Missing::Expand => ("the command expand", "expand"),
        Missing::Models => ("the models of --problem vae", "models"),
    };
    Err(Error::arguments(format!(
        "this voidgrad was built without {part}; cargo install voidgrad-cli --features {feature} has it"
    )))
}
