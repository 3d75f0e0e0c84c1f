//! `new NAME`: a project with a control variate and an objective of one's own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, FromArgMatches};
use toml::{Table, Value};

use crate::folder;
use crate::program::{Other, Run};
use voidgrad_kit::error::Error;
use voidgrad_kit::terminal;

/// A new project with a control variate and an objective f of your own
///
/// The folder NAME has a Cargo.toml, a program of about thirty lines, a test of it, and a README. cargo run --release trains.
#[derive(Debug, Args)]
struct Arguments {
    /// Name of the project, and of its folder: small letters, digits, - and _, a letter first
    name: String,
    /// Folder of the crate voidgrad that the project uses, instead of the one from crates.io
    #[arg(long, value_name = "DIR")]
    path: Option<PathBuf>,
}

/// The files, and what is in them before names are filled in.
const FILES: [(&str, &str); 4] = [
    // As `Cargo.toml` it would be a package, which no other package contains.
    ("Cargo.toml", include_str!("../template/Cargo.toml.txt")),
    ("src/main.rs", include_str!("../template/src/main.rs")),
    ("README.md", include_str!("../template/README.md")),
    (".gitignore", include_str!("../template/gitignore")),
];

/// The longest name that crates.io takes.
const LONGEST: usize = 64;

/// Names that cargo takes for something else, and the crate that the project uses.
#[rustfmt::skip]
const TAKEN: [&str; 62] = [
    // Words of the language.
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate", "do", "dyn", "else", "enum", "extern", "false", "final",
    "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return", "self",
    "static", "struct", "super", "trait", "true", "try", "type", "typeof", "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
    // Crates that are there anyway.
    "alloc", "core", "proc_macro", "std", "test",
    // Folders beside a program.
    "build", "deps", "examples", "incremental",
    // Files of Windows.
    "nul",
    "voidgrad",
];

/// The command.
#[must_use]
pub fn command() -> Other {
    let command = clap::Command::new("new").max_term_width(voidgrad_kit::cli::WIDEST);
    Other { command: Arguments::augment_args(command), run: Run::Read(run) }
}

fn run(matches: &clap::ArgMatches, _: &clap::Command) -> Result<ExitCode, Error> {
    let Arguments { name, path } = Arguments::from_arg_matches(matches).map_err(Error::arguments)?;
    check(&name)?;
    let library = path.as_deref().map(library).transpose()?;
    folder::write(Path::new(&name), &files(&name, library.as_deref()))?;
    terminal::print(&format!("written to {name}; cd {name}, then cargo run --release, and cargo test\n"))?;
    Ok(ExitCode::SUCCESS)
}

/// # Errors
/// Returns an error of one line if cargo would not take the name.
fn check(name: &str) -> Result<(), Error> {
    let is_known = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_".contains(c);
    let starts = name.chars().next().is_some_and(|c| c.is_ascii_lowercase());
    if !starts || !name.chars().all(is_known) || name.len() > LONGEST {
        return Err(Error::arguments(format!(
            "{name:?} is no name for a project: it must have 1 to {LONGEST} small letters, digits, - and _, a letter first"
        )));
    }
    if TAKEN.contains(&name.replace('-', "_").as_str()) {
        return Err(Error::arguments(format!(
            "{name:?} is no name for a project: it has a meaning of its own"
        )));
    }
    Ok(())
}

/// The folder of the library, from the root of the file system on.
///
/// # Errors
/// Returns an error if there is another crate, or none.
fn library(folder: &Path) -> Result<PathBuf, Error> {
    let refuse = |reason: &dyn std::fmt::Display| {
        Error::arguments(format!("{} is not the folder of the crate voidgrad: {reason}", folder.display()))
    };
    let manifest = folder.join("Cargo.toml");
    let text = fs::read_to_string(&manifest).map_err(|error| refuse(&format!("Cargo.toml: {error}")))?;
    let table: Table = text.parse().map_err(|_| refuse(&"its Cargo.toml cannot be read"))?;
    match table.get("package").and_then(|package| package.get("name")).and_then(Value::as_str) {
        Some("voidgrad") => std::path::absolute(folder).map_err(|error| refuse(&error)),
        Some(other) => Err(refuse(&format!("it is that of {other}"))),
        None => Err(refuse(&"its Cargo.toml names no package")),
    }
}

/// The files, with the name and what the project depends on.
fn files(name: &str, library: Option<&Path>) -> Vec<(PathBuf, Vec<u8>)> {
    let dependency = match library {
        None => Value::String(env!("CARGO_PKG_VERSION").to_owned()).to_string(),
        Some(folder) => {
            let path = Value::String(folder.display().to_string());
            format!("{{ path = {path} }}")
        }
    };
    let filled = |(file, text): (&str, &str)| {
        (PathBuf::from(file), text.replace("NAME", name).replace("VOIDGRAD", &dependency).into_bytes())
    };
    FILES.map(filled).to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_cargo_refuses_are_refused() {
        for name in ["a", "my-estimator", "x1_y", &"n".repeat(LONGEST)] {
            check(name).unwrap();
        }
        let long = "n".repeat(LONGEST + 1);
        for name in [
            "",
            "1a",
            "-a",
            "_a",
            "A",
            "a b",
            "a/b",
            "..",
            "a.b",
            "ä",
            "self",
            "test",
            "proc-macro",
            "voidgrad",
            &long,
        ] {
            let line = check(name).unwrap_err();
            assert!(line.to_string().contains(&format!("{name:?}")), "{line}");
            assert_eq!(line.exit_code(), 2);
        }
    }

    #[test]
    fn every_name_is_filled_in() {
        for library in [None, Some(Path::new("/a \"b\"\\c"))] {
            for (file, text) in files("own", library) {
                let text = String::from_utf8(text).unwrap();
                assert!(!text.contains("NAME") && !text.contains("VOIDGRAD"), "{}: {text}", file.display());
                if file == Path::new("Cargo.toml") {
                    let table: Table = text.parse().unwrap();
                    let dependency = &table["dependencies"]["voidgrad"];
                    match library {
                        None => assert_eq!(dependency.as_str(), Some(env!("CARGO_PKG_VERSION"))),
                        Some(path) => assert_eq!(dependency["path"].as_str(), path.to_str()),
                    }
                }
            }
        }
    }
}
