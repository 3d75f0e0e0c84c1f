//! The command line and the end of a program: one-line refusals and exit codes.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{ArgMatches, Command, Parser};

use crate::error::Error;
use crate::terminal;

/// Columns of a help text.
pub const WIDEST: usize = 100;

/// Reads the command line, whose first entry is the program. `None` if help or the version was asked for and has been printed.
///
/// # Errors
/// Returns an error of one line if an argument is unknown, missing or outside its limits, or if nothing can be printed.
pub fn parse<P: Parser>(arguments: impl IntoIterator<Item = OsString>) -> Result<Option<P>, Error> {
    let matches = matches(P::command(), arguments)?;
    matches.map(|matches| P::from_arg_matches(&matches).map_err(refusal)).transpose()
}

/// The same for a command line that is put together while the program runs.
///
/// # Errors
/// As [`parse`].
pub fn matches(
    command: Command,
    arguments: impl IntoIterator<Item = OsString>,
) -> Result<Option<ArgMatches>, Error> {
    let no_command = no_command(&command);
    match command.try_get_matches_from(arguments) {
        Ok(matches) => Ok(Some(matches)),
        Err(error) => match error.kind() {
            ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
                terminal::print(&error.render().to_string())?;
                Ok(None)
            }
            ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => Err(no_command),
            _ => Err(refusal(error)),
        },
    }
}

/// clap's error as one line.
#[expect(clippy::needless_pass_by_value, reason = "so that it fits map_err")]
fn refusal(error: clap::Error) -> Error {
    Error::Arguments(one_line(&error.render().to_string()))
}

/// Reports an error, and gives the program's exit code.
#[must_use]
pub fn end(result: Result<ExitCode, Error>) -> ExitCode {
    result.unwrap_or_else(|error| {
        terminal::complain(&error);
        ExitCode::from(error.exit_code())
    })
}

fn no_command(command: &Command) -> Error {
    let known: Vec<&str> = command.get_subcommands().map(Command::get_name).collect();
    Error::Arguments(format!("no command given; known: {} (--help tells more)", known.join(", ")))
}

/// The first paragraph of clap's message, which is the error itself, as one line.
fn one_line(message: &str) -> String {
    let paragraph: Vec<&str> = message.lines().map(str::trim).take_while(|line| !line.is_empty()).collect();
    let line = paragraph.join(" ");
    line.strip_prefix("error: ").unwrap_or(&line).to_owned()
}
