//! Commands that are programs of their own, so that nobody has to build them who does not call them.

use std::env;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{self, IsTerminal};
use std::path::Path;
use std::process::{Command, ExitCode};
use std::thread;
use std::time::{Duration, Instant};

use xtask_kit::error::Error;
use xtask_kit::interrupt;

/// A program of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Program {
    /// `xtask-expand`
    Expand,
    /// `xtask-bench`
    Bench,
    /// This program, with the problems that take minutes to build.
    Models,
}

const PROGRAMS: [Program; 2] = [Program::Expand, Program::Bench];

impl Program {
    /// The command that calls it.
    fn command(self) -> &'static str {
        match self {
            Self::Expand => "expand",
            Self::Bench => "bench",
            Self::Models => "--problem vae",
        }
    }

    /// The package that it is built from.
    fn package(self) -> &'static str {
        match self {
            Self::Expand => "xtask-expand",
            Self::Bench => "xtask-bench",
            // With its default features.
            Self::Models => "xtask",
        }
    }
}

/// The command line with what such a program reads behind a `--`, so that it gets it as it is; `help bench` is `bench --help`.
pub(crate) fn escaped(mut arguments: Vec<OsString>) -> Vec<OsString> {
    let is_handed_over = |argument: Option<&OsString>| {
        argument.is_some_and(|argument| PROGRAMS.iter().any(|program| argument == program.command()))
    };
    if arguments.get(1).is_some_and(|first| first == "help") && is_handed_over(arguments.get(2)) {
        arguments.swap(1, 2);
        arguments[2] = "--help".into();
    }
    if is_handed_over(arguments.get(1)) {
        arguments.insert(2, "--".into());
    }
    arguments
}

/// Has cargo build and run the program in the profile of this one, and gives its exit code.
///
/// # Errors
/// Returns an error if this workspace is not where it was, if cargo can't be run, or if the program was ended by a signal.
pub(crate) fn run(program: Program, arguments: &[OsString]) -> Result<ExitCode, Error> {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
    if !manifest.is_file() {
        return Err(Error::computation(format!(
            "{} needs the sources of voidgrad, and there is no {}; build xtask anew where they are",
            program.command(),
            manifest.display()
        )));
    }
    if program == Program::Models {
        make_way();
    }
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    // The program gets it too, and knows what to keep.
    let interrupted = interrupt::leave();
    let status = command(&cargo, program, &manifest, arguments)
        .status()
        .map_err(|error| Error::computation(format!("cannot run {}: {error}", cargo.display())))?;
    let was_interrupted = || {
        // Ctrl-C is seen by a thread of its own, which may be later than the end of the program.
        let patience = Instant::now() + Duration::from_millis(500);
        while !interrupted() && Instant::now() < patience {
            thread::sleep(Duration::from_millis(5));
        }
        interrupted()
    };
    match status.code().and_then(|code| u8::try_from(code).ok()) {
        Some(code) => Ok(ExitCode::from(code)),
        None if was_interrupted() => Err(Error::Interrupted("interrupted".to_owned())),
        None => Err(Error::computation(format!("{} ended with {status}", program.package()))),
    }
}

/// Cargo puts the program where this one is. Windows keeps the file of a running program from being replaced, but not from having another name.
fn make_way() {
    if cfg!(windows)
        && let Ok(own) = env::current_exe()
    {
        // If it can't be done, cargo says what is in its way.
        let _ = fs::rename(&own, own.with_extension("running.exe"));
    }
}

fn command(cargo: &OsStr, program: Program, manifest: &Path, arguments: &[OsString]) -> Command {
    let mut command = Command::new(cargo);
    command.args(["run", "--package", program.package(), "--manifest-path"]).arg(manifest);
    if !cfg!(debug_assertions) {
        command.arg("--release");
    }
    // A person sees what is being built, which takes minutes the first time; a file gets the program's own lines alone.
    if !io::stderr().is_terminal() {
        command.arg("--quiet");
    }
    command.arg("--").args(arguments);
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(arguments: &[&str]) -> Vec<OsString> {
        arguments.iter().map(OsString::from).collect()
    }

    #[test]
    fn what_a_program_reads_is_behind_two_hyphens() {
        for (given, expected) in [
            (&["xtask", "bench"][..], &["xtask", "bench", "--"][..]),
            (&["xtask", "bench", "--", "-h"], &["xtask", "bench", "--", "--", "-h"]),
            (&["xtask", "help", "expand"], &["xtask", "expand", "--", "--help"]),
            (&["xtask", "help", "train"], &["xtask", "help", "train"]),
            (&["xtask", "train", "bench"], &["xtask", "train", "bench"]),
            (&["xtask", "help"], &["xtask", "help"]),
            (&["xtask"], &["xtask"]),
        ] {
            assert_eq!(escaped(of(given)), of(expected));
        }
    }

    #[test]
    fn cargo_gives_the_program_its_arguments_as_they_are() {
        let command = command("cargo".as_ref(), Program::Bench, Path::new("Cargo.toml"), &of(&["--", "-h"]));
        let arguments: Vec<&OsStr> = command.get_args().collect();
        assert!(arguments.ends_with(&["--", "--", "-h"].map(OsStr::new)), "{arguments:?}");
        assert!(arguments.starts_with(&["run", "--package", "xtask-bench"].map(OsStr::new)), "{arguments:?}");
        // Tests are built in the dev profile or in the release profile; so is the program.
        assert_eq!(arguments.contains(&OsStr::new("--release")), !cfg!(debug_assertions));
    }
}
