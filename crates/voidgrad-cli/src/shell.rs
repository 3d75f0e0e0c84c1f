//! What a shell and `man` know of the program: `completions SHELL` and `man DIR`.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{ArgMatches, Args, Command, FromArgMatches};
use clap_complete::Shell;

use crate::program::{Other, Run};
use voidgrad_kit::error::Error;
use voidgrad_kit::terminal;

/// A script that completes this program's commands and options
///
/// It is printed. Your shell's documentation says where it reads such scripts from; for bash, voidgrad completions bash >
/// ~/.local/share/bash-completion/completions/voidgrad.
#[derive(Debug, Args)]
struct Completions {
    /// The shell
    shell: Shell,
}

/// Pages for man: one for the program, and one for each command
///
/// man DIR/voidgrad-train.1 shows one. Pages of another version of this program are replaced.
#[derive(Debug, Args)]
struct Pages {
    /// Folder to write; it is made if it is not there
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

/// Both commands.
#[must_use]
pub fn commands() -> [Other; 2] {
    let command = |name| Command::new(name).max_term_width(voidgrad_kit::cli::WIDEST);
    [
        Other { command: Completions::augment_args(command("completions")), run: Run::Read(completions) },
        Other { command: Pages::augment_args(command("man")), run: Run::Read(pages) },
    ]
}

fn completions(matches: &ArgMatches, program: &Command) -> Result<ExitCode, Error> {
    let Completions { shell } = Completions::from_arg_matches(matches).map_err(Error::arguments)?;
    let (mut program, mut script) = (program.clone(), Vec::new());
    let name = program.get_name().to_owned();
    clap_complete::generate(shell, &mut program, name, &mut script);
    terminal::print(&String::from_utf8(script).map_err(Error::computation)?)?;
    Ok(ExitCode::SUCCESS)
}

fn pages(matches: &ArgMatches, program: &Command) -> Result<ExitCode, Error> {
    let Pages { folder } = Pages::from_arg_matches(matches).map_err(Error::arguments)?;
    let pages = of(program).map_err(Error::computation)?;
    for (name, _) in &pages {
        check(&folder.join(name), program.get_name())?;
    }
    let write = || {
        fs::create_dir_all(&folder)?;
        pages.iter().try_for_each(|(name, page)| voidgrad_kit::output::write_whole(&folder, name, page))
    };
    write().map_err(Error::files("writing", &folder))?;
    terminal::print(&format!("written to {}: {} pages\n", folder.display(), pages.len()))?;
    Ok(ExitCode::SUCCESS)
}

/// The pages by the names of their files.
fn of(program: &Command) -> io::Result<Vec<(String, Vec<u8>)>> {
    let mut program = program.clone().disable_help_subcommand(true);
    // So that every command knows its full name.
    program.build();
    let name = program.get_name().to_owned();
    let of_commands = program.get_subcommands().map(|command| {
        let title = format!("{name}-{}", command.get_name());
        page(&title, command.clone())
    });
    let own = page(&name, program.clone());
    std::iter::once(own).chain(of_commands).collect()
}

fn page(title: &str, command: Command) -> io::Result<(String, Vec<u8>)> {
    let mut text = Vec::new();
    clap_mangen::Man::new(command).title(title.to_uppercase()).render(&mut text)?;
    Ok((format!("{title}.1"), text))
}

/// A page is written where there is none, or one of this program.
///
/// # Errors
/// Returns an error if there is another file.
fn check(path: &Path, name: &str) -> Result<(), Error> {
    match fs::read_to_string(path) {
        Ok(text) if text.contains(&format!(".TH {}", name.to_uppercase())) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        _ => Err(Error::arguments(format!(
            "{} is there already and is no page of {name}; nothing is written",
            path.display()
        ))),
    }
}
