//! `cargo xtask train | variance | compare | expand | bench`: the commands of `voidgrad` in its repository. What takes longer to build is built when it is asked for.

mod hand_over;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Command;
use hand_over::Build;
use voidgrad_cli::{Missing, Other, Program, Run};
use voidgrad_kit::error::Error;

fn main() -> ExitCode {
    let about = "The time of a sample and of a training step, beside code written by hand and other tools";
    let bench = Other {
        command: Command::new("bench").about(about),
        run: Run::Raw(|arguments| hand_over::run(Build::Bench, arguments)),
    };
    voidgrad_cli::run(&Program { name: "cargo xtask", others: vec![bench], missing })
}

fn missing(part: Missing, arguments: &[OsString]) -> Result<ExitCode, Error> {
    let build = match part {
        Missing::Expand => Build::Expand,
        Missing::Models => Build::Models,
    };
    hand_over::run(build, arguments)
}
