//! `--config FILE.toml`: the options of `train`, by their names.

use std::ffi::OsString;
use std::fs;
use std::path::Path;

use clap::CommandFactory;
use clap::parser::ValueSource;
use toml::{Table, Value};

use super::{Cli, Command, TrainArguments};
use crate::problems::{self, Row};
use voidgrad_kit::error::Error;

/// What a value has to be. Its limits are those of the option on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Type {
    Number,
    Count,
    /// A whole number, or a text of digits for one that TOML does not have.
    Seed,
    Text,
    Texts,
    Flag,
}

/// All options but those that name another configuration.
const OPTIONS: [(&str, Type); 40] = [
    ("problem", Type::Text),
    ("estimator", Type::Texts),
    ("evaluations", Type::Count),
    ("auto-costs", Type::Text),
    ("target", Type::Number),
    ("dim", Type::Count),
    ("theta0", Type::Number),
    ("iterations", Type::Count),
    ("batch", Type::Count),
    ("learning-rate", Type::Number),
    ("control-optimiser", Type::Texts),
    ("control-learning-rate", Type::Number),
    ("latents", Type::Count),
    ("model", Type::Text),
    ("bound", Type::Count),
    ("data", Type::Text),
    ("test-data", Type::Text),
    ("samples", Type::Count),
    ("seed", Type::Seed),
    ("repeats", Type::Count),
    ("out", Type::Text),
    ("force", Type::Flag),
    ("quiet", Type::Flag),
    ("threads", Type::Count),
    ("checkpoint", Type::Number),
    ("keep-checkpoints", Type::Flag),
    ("graph", Type::Text),
    ("generate", Type::Text),
    ("vertices", Type::Count),
    ("degree", Type::Count),
    ("restarts", Type::Count),
    ("temperature", Type::Number),
    ("best-known", Type::Number),
    ("features", Type::Count),
    ("chosen", Type::Count),
    ("noise", Type::Number),
    ("correlation", Type::Number),
    ("penalty", Type::Number),
    ("baseline", Type::Texts),
    ("arms", Type::Count),
];

impl Type {
    fn allowed(self) -> &'static str {
        match self {
            Self::Number => "a number",
            Self::Count => "a whole number",
            Self::Seed => "a whole number, or from 2^63 on a text of digits",
            Self::Text => "a text",
            Self::Texts => "a text or a list of texts",
            Self::Flag => "true or false",
        }
    }

    /// The value as arguments of the option; `None` if it is of another type.
    fn arguments(self, name: &str, value: &Value) -> Option<Vec<OsString>> {
        let option = |text: &dyn std::fmt::Display| vec![OsString::from(format!("--{name}={text}"))];
        match (self, value) {
            (Self::Number, Value::Float(number)) => Some(option(number)),
            (Self::Number | Self::Count | Self::Seed, Value::Integer(number)) => Some(option(number)),
            (Self::Seed | Self::Text | Self::Texts, Value::String(text)) => Some(option(text)),
            (Self::Texts, Value::Array(values)) => {
                let texts = values.iter().map(|value| Self::Text.arguments(name, value));
                texts.collect::<Option<Vec<_>>>().map(|options| options.concat())
            }
            (Self::Flag, Value::Boolean(true)) => Some(vec![format!("--{name}").into()]),
            (Self::Flag, Value::Boolean(false)) => Some(Vec::new()),
            _ => None,
        }
    }
}

/// The arguments of `train` that a file stands for.
///
/// # Errors
/// Returns an error of one line if the file can't be read, or if an option is unknown, of a wrong type or outside its limits.
pub(crate) fn read(file: &Path) -> Result<TrainArguments, Error> {
    let options = options(file)?;
    let arguments = parsed(file, &options)?;
    check(&as_arguments(&options), arguments.problem)
        .map_err(|error| Error::arguments(format!("{}: {error}", file.display())))?;
    Ok(arguments)
}

/// # Errors
/// Returns an error of one line if an option is given that the problem does not have.
pub(super) fn check(arguments: &[OsString], problem: &Row) -> Result<(), Error> {
    check_options(arguments, TRAIN, problem.name, problems::with_option)
}

/// The same for any command with problems; `owners` gives the names of those that have an option, none if all have it.
///
/// # Errors
/// As [`check`].
pub(super) fn check_options(
    arguments: &[OsString],
    command_name: &str,
    problem: &str,
    owners: impl Fn(&str) -> Vec<&'static str>,
) -> Result<(), Error> {
    let command = Cli::command();
    let matches = command.clone().try_get_matches_from(arguments).map_err(Error::arguments)?;
    let (Some(options), Some(given)) =
        (command.find_subcommand(command_name), matches.subcommand_matches(command_name))
    else {
        return Ok(());
    };
    for argument in options.get_arguments() {
        let Some(name) = argument.get_long() else { continue };
        let owners = owners(name);
        if given.value_source(argument.get_id().as_str()) == Some(ValueSource::CommandLine)
            && !owners.is_empty()
            && !owners.contains(&problem)
        {
            return Err(Error::arguments(format!(
                "--{name} has no meaning for --problem {problem}; it is for {}",
                owners.join(", ")
            )));
        }
    }
    Ok(())
}

/// The command line with the options of a file, but for those that are on the command line themselves.
///
/// # Errors
/// As [`read`].
pub(super) fn merged(arguments: &[OsString], file: &Path) -> Result<Vec<OsString>, Error> {
    let options = options(file)?;
    // So that an error in the file is told from one on the command line, also in an option that is not used.
    parsed(file, &options)?;
    let command = Cli::command();
    let matches = command.clone().try_get_matches_from(arguments).map_err(Error::arguments)?;
    let is_given = |name: &str| {
        let train = command.find_subcommand(TRAIN)?;
        let argument = train.get_arguments().find(|argument| argument.get_long() == Some(name))?;
        let source = matches.subcommand_matches(TRAIN)?.value_source(argument.get_id().as_str());
        Some(source == Some(ValueSource::CommandLine))
    };
    let used = options.into_iter().filter(|(name, _)| is_given(name) != Some(true));
    let (command, given) = arguments.split_at(2);
    Ok(command.iter().cloned().chain(used.flat_map(|(_, options)| options)).chain(given.to_vec()).collect())
}

const TRAIN: &str = "train";

/// The options in a file, each with its arguments.
fn options(file: &Path) -> Result<Vec<(&'static str, Vec<OsString>)>, Error> {
    let refuse = |reason: String| Error::arguments(format!("{}: {reason}", file.display()));
    let text = fs::read_to_string(file).map_err(|error| refuse(format!("cannot be read: {error}")))?;
    let table: Table = text.parse().map_err(|error: toml::de::Error| {
        let line = error.span().map_or(1, |span| 1 + text[..span.start].matches('\n').count());
        refuse(format!("line {line}: {}", error.message().replace('\n', ", ")))
    })?;
    let option = |(name, value): (&String, &Value)| {
        let Some(&(name, of)) = OPTIONS.iter().find(|(known, _)| known == name) else {
            let known = OPTIONS.map(|(known, _)| known).join(", ");
            return Err(refuse(format!("unknown option {name} = {}; known: {known}", shown(value))));
        };
        let arguments = of.arguments(name, value).ok_or_else(|| {
            refuse(format!("{name} = {} is of a wrong type: it must be {}", shown(value), of.allowed()))
        })?;
        Ok((name, arguments))
    };
    table.iter().map(option).collect()
}

/// A value in one line.
fn shown(value: &Value) -> String {
    value.to_string().replace('\n', " ")
}

/// The options as a command line.
fn as_arguments(options: &[(&'static str, Vec<OsString>)]) -> Vec<OsString> {
    let start = ["voidgrad", TRAIN].map(OsString::from);
    start.into_iter().chain(options.iter().flat_map(|(_, options)| options.clone())).collect()
}

fn parsed(file: &Path, options: &[(&'static str, Vec<OsString>)]) -> Result<TrainArguments, Error> {
    let cli = voidgrad_kit::cli::parse(as_arguments(options)).map_err(|error| match error {
        Error::Arguments(reason) => Error::Arguments(format!("{}: {reason}", file.display())),
        other => other,
    })?;
    match cli {
        Some(Cli { command: Command::Train(arguments) }) => Ok(*arguments),
        // The command is `train`, and help is no option of a file.
        _ => Err(Error::computation("the options are not those of train")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_all_options_of_train_but_those_that_name_another_configuration() {
        let command = Cli::command();
        let train = command.find_subcommand(TRAIN).unwrap();
        let mut known: Vec<&str> = train.get_arguments().filter_map(clap::Arg::get_long).collect();
        known.retain(|name| !["config", "resume", "help"].contains(name));
        known.sort_unstable();
        let mut options = OPTIONS.map(|(name, _)| name);
        options.sort_unstable();
        assert_eq!(known, options);
    }

    #[test]
    fn every_option_of_a_problem_is_an_option() {
        for row in problems::PROBLEMS {
            for name in row.options {
                assert!(OPTIONS.iter().any(|(known, _)| known == name), "{}: {name}", row.name);
            }
        }
    }
}
