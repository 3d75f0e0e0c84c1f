//! What stands where the results are to go, and whether it may be replaced.

use std::ffi::OsString;
use std::fmt::Display;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::checkpoints;
use crate::error::Error;

/// The entries of a directory: enough to see that one has changed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Contents(Vec<Entry>);

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    name: OsString,
    is_file: bool,
    length: u64,
    modified: Option<SystemTime>,
}

/// Files that desktops leave in directories that somebody has looked at.
const DESKTOP: [&str; 3] = [".DS_Store", "Thumbs.db", "desktop.ini"];

/// The path that results of this name have, without symbolic links.
///
/// # Errors
/// Returns an error if the name is none, which is answered with `what` is needed, or a symbolic link leads nowhere.
pub(crate) fn resolve(name: &Path, what: &str) -> Result<PathBuf, Error> {
    let shown = name.display();
    let refuse = |error: &io::Error| Error::arguments(format!("cannot use {shown}: {error}"));
    if name.as_os_str().is_empty() {
        return Err(Error::arguments(format!("{what}, not an empty one")));
    }
    match fs::symlink_metadata(name) {
        Err(error) if error.kind() == ErrorKind::NotFound && name.file_name().is_some() => {
            Ok(name.to_path_buf())
        }
        Err(error) => Err(refuse(&error)),
        Ok(_) => fs::canonicalize(name).map_err(|error| match fs::read_link(name) {
            Ok(target) => Error::arguments(format!(
                "{shown} is a symbolic link to {}, which cannot be used: {error}",
                target.display()
            )),
            Err(_) => refuse(&error),
        }),
    }
}

/// Looks at `path`, which the user calls `name`. With `force`, a directory that holds nothing but `files` may be replaced: its
/// contents are the answer, `None` where nothing is there.
///
/// # Errors
/// Returns an error if something is in the way.
pub(crate) fn inspect(
    name: &Path,
    path: &Path,
    files: &[&str],
    force: bool,
) -> Result<Option<Contents>, Error> {
    let shown = name.display();
    let refuse = |reason: &dyn Display| Err(Error::arguments(format!("{shown} {reason}")));
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return refuse(&format!("cannot be used: {error}")),
        Ok(metadata) if !metadata.is_dir() => return refuse(&"exists and is not a directory"),
        Ok(_) if !force => {
            return refuse(&"exists; --force replaces the results in it, --out chooses another directory");
        }
        Ok(_) => {}
    }
    let old = match Contents::of(path) {
        Ok(old) => old,
        Err(error) => return refuse(&format!("cannot be replaced: {error}")),
    };
    match old.stranger(files) {
        Some(entry) => {
            refuse(&format!("holds {entry}; --force replaces {} and nothing else", files.join(", ")))
        }
        None => Ok(Some(old)),
    }
}

impl Contents {
    /// What is in a directory now, and in its directory of checkpoints, if it has one.
    pub(crate) fn of(directory: &Path) -> io::Result<Self> {
        let mut entries = entries(directory, "")?;
        let folder = directory.join(checkpoints::NAME);
        // The directory is in the list itself; a link to one is not looked into.
        if fs::symlink_metadata(&folder).is_ok_and(|metadata| metadata.is_dir()) {
            entries.retain(|entry| entry.name != checkpoints::NAME);
            entries.extend(self::entries(&folder, &format!("{}/", checkpoints::NAME))?);
        }
        entries.sort();
        Ok(Self(entries))
    }

    /// An entry that no run of the command has written, in words.
    fn stranger(&self, files: &[&str]) -> Option<String> {
        let is_known = |name: &OsString| {
            files.iter().chain(&DESKTOP).any(|known| name == known) || checkpoints::is_published(name)
        };
        let stranger = self.0.iter().find(|entry| !entry.is_file || !is_known(&entry.name))?;
        let name = stranger.name.display();
        Some(if is_known(&stranger.name) { format!("{name}, which is not a file") } else { name.to_string() })
    }
}

fn entries(directory: &Path, prefix: &str) -> io::Result<Vec<Entry>> {
    let entry = |entry: io::Result<fs::DirEntry>| {
        let entry = entry?;
        let metadata = entry.metadata()?;
        let mut name = OsString::from(prefix);
        name.push(entry.file_name());
        Ok(Entry {
            name,
            is_file: metadata.is_file(),
            length: metadata.len(),
            modified: metadata.modified().ok(),
        })
    };
    fs::read_dir(directory)?.map(entry).collect()
}
