//! Programs that nobody has to build who does not call them: cargo builds and runs them.

use std::env;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{self, IsTerminal};
use std::path::Path;
use std::process::{Command, ExitCode};
use std::thread;
use std::time::{Duration, Instant};

use voidgrad_kit::error::Error;
use voidgrad_kit::interrupt;

/// A program that is built when it is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Build {
    /// This program with the command `expand`.
    Expand,
    /// `xtask-bench`
    Bench,
    /// This program with the models, which take minutes to build.
    Models,
}

impl Build {
    /// What asks for it.
    fn asked(self) -> &'static str {
        match self {
            Self::Expand => "expand",
            Self::Bench => "bench",
            Self::Models => "--problem vae",
        }
    }

    /// Cargo's options that say what is built.
    fn options(self) -> &'static [&'static str] {
        match self {
            Self::Expand => &["--package", "xtask", "--no-default-features", "--features", "expand"],
            Self::Bench => &["--package", "xtask-bench"],
            Self::Models => &["--package", "xtask", "--no-default-features", "--features", "models"],
        }
    }

    /// Its name.
    fn name(self) -> &'static str {
        match self {
            Self::Bench => "xtask-bench",
            Self::Expand | Self::Models => "xtask",
        }
    }
}

/// Has cargo build and run the program in the profile of this one, and gives its exit code.
///
/// # Errors
/// Returns an error if this workspace is not where it was, if cargo can't be run, or if the program was ended by a signal.
pub(crate) fn run(build: Build, arguments: &[OsString]) -> Result<ExitCode, Error> {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
    if !manifest.is_file() {
        return Err(Error::computation(format!(
            "{} needs the sources of voidgrad, and there is no {}; build xtask anew where they are",
            build.asked(),
            manifest.display()
        )));
    }
    // The others are this program, built anew.
    if build != Build::Bench {
        make_way();
    }
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    // The program gets it too, and knows what to keep.
    let interrupted = interrupt::leave();
    let status = command(&cargo, build, &manifest, arguments)
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
        None => Err(Error::computation(format!("{} ended with {status}", build.name()))),
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

fn command(cargo: &OsStr, build: Build, manifest: &Path, arguments: &[OsString]) -> Command {
    let mut command = Command::new(cargo);
    command.arg("run").args(build.options()).arg("--manifest-path").arg(manifest);
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
    fn cargo_gives_the_program_its_arguments_as_they_are() {
        let command = command("cargo".as_ref(), Build::Bench, Path::new("Cargo.toml"), &of(&["--", "-h"]));
        let arguments: Vec<&OsStr> = command.get_args().collect();
        assert!(arguments.ends_with(&["--", "--", "-h"].map(OsStr::new)), "{arguments:?}");
        assert!(arguments.starts_with(&["run", "--package", "xtask-bench"].map(OsStr::new)), "{arguments:?}");
        // Tests are built in the dev profile or in the release profile; so is the program.
        assert_eq!(arguments.contains(&OsStr::new("--release")), !cfg!(debug_assertions));
    }

    #[test]
    fn what_takes_longer_to_build_is_a_feature_of_this_package() {
        for (build, feature) in [(Build::Expand, "expand"), (Build::Models, "models")] {
            let command = command("cargo".as_ref(), build, Path::new("Cargo.toml"), &of(&["expand", "-h"]));
            let arguments: Vec<&OsStr> = command.get_args().collect();
            let start =
                ["run", "--package", env!("CARGO_PKG_NAME"), "--no-default-features", "--features", feature];
            assert!(arguments.starts_with(&start.map(OsStr::new)), "{arguments:?}");
            assert!(arguments.ends_with(&["--", "expand", "-h"].map(OsStr::new)), "{arguments:?}");
        }
    }
}
