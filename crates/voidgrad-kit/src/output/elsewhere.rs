//! Results that can't be where they should be, and what is said about them.

use std::io;
use std::path::Path;

use super::durable;
use super::placement::Obstacle;
use crate::error::Error;

/// Keeps `files` among the system's temporary files.
pub(crate) fn keep(name: &Path, obstacle: &Obstacle, files: &[(&str, Vec<u8>)]) -> Error {
    match temporary(files) {
        Ok(directory) => kept(name, obstacle, &directory),
        Err(error) => {
            Error::computation(format!("{}, and they cannot be kept elsewhere: {error}", why(name, obstacle)))
        }
    }
}

/// They are in `place`.
pub(crate) fn kept(name: &Path, obstacle: &Obstacle, place: &Path) -> Error {
    Error::computation(format!("{}; they are in {}", why(name, obstacle), place.display()))
}

fn why(name: &Path, obstacle: &Obstacle) -> String {
    let name = name.display();
    match obstacle {
        Obstacle::Changed => {
            format!("the results are not in {name}, which somebody else has made or changed during the run")
        }
        Obstacle::Refused(error) => format!("the results are not in {name} ({error})"),
    }
}

fn temporary(files: &[(&str, Vec<u8>)]) -> io::Result<std::path::PathBuf> {
    let directory = tempfile::Builder::new().prefix("voidgrad-").tempdir()?;
    for (name, content) in files {
        durable::write(&directory.path().join(name), content)?;
    }
    Ok(directory.keep())
}
