//! A program with the commands of this crate.

use std::env;
use std::ffi::OsString;
use std::process::ExitCode;

use clap::ArgMatches;

use crate::cli::{self, Asked, Command};
use crate::{compare, training, variance};
use voidgrad_kit::error::Error;

/// A program: `voidgrad`, or `cargo xtask`.
#[derive(Debug)]
pub struct Program {
    /// What users type.
    pub name: &'static str,
    /// Its own commands, beside those of this crate.
    pub others: Vec<Other>,
    /// What it does when it is asked for something that it was built without; the arguments are those of the program, without its name.
    pub missing: fn(Missing, &[OsString]) -> Result<ExitCode, Error>,
}

/// What a program can be built without.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// The command `expand`.
    Expand,
    /// The models of `--problem vae`.
    Models,
}

/// A command of one program.
#[derive(Debug)]
pub struct Other {
    /// Its name, its line in the help, and its arguments if it has any that are read here.
    pub command: clap::Command,
    /// What it does.
    pub run: Run,
}

/// How a command is called.
#[derive(Debug, Clone, Copy)]
pub enum Run {
    /// With its arguments, as `command` says, and the command line of the whole program.
    Read(fn(&ArgMatches, &clap::Command) -> Result<ExitCode, Error>),
    /// With all that stands behind its name, as it is; another program reads it.
    Raw(fn(&[OsString]) -> Result<ExitCode, Error>),
}

/// Runs the program with the arguments of this process, and gives its exit code: 0, 1 for a failure, 2 for bad arguments, 130 after Ctrl-C. An error is one line on the
/// standard error.
#[must_use]
pub fn run(program: &Program) -> ExitCode {
    voidgrad_kit::cli::end(asked(program))
}

fn asked(program: &Program) -> Result<ExitCode, Error> {
    match cli::parse(program)? {
        Asked::Nothing => {}
        Asked::Other(other, matches, command) => {
            return match other.run {
                Run::Read(run) => run(&matches, &command),
                Run::Raw(run) => run(&cli::handed_over(&matches)),
            };
        }
        Asked::Command(command) => match command {
            Command::Train(arguments) => return training::run(&arguments, program),
            Command::Variance(arguments) => variance::run(&arguments)?,
            Command::Compare(arguments) => return compare::run(&arguments, program),
            #[cfg(feature = "expand")]
            Command::Expand(arguments) => {
                crate::expand::run(arguments.name.as_deref(), arguments.path.as_deref())?;
            }
            #[cfg(not(feature = "expand"))]
            Command::Expand(_) => return program.without(Missing::Expand),
        },
    }
    Ok(ExitCode::SUCCESS)
}

impl Program {
    /// Does what this program does without a part of it.
    ///
    /// # Errors
    /// As the program says.
    pub(crate) fn without(&self, part: Missing) -> Result<ExitCode, Error> {
        let given: Vec<OsString> = env::args_os().skip(1).collect();
        (self.missing)(part, &given)
    }
}
