//! Files that are complete are moved to their destination; nothing that stands there is ever lost.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use super::destination::Contents;
use super::durable;
use super::reservation::parent;

/// Results as they are written, and when they are complete.
const HALF: &str = "half";
const NEW: &str = "new";
/// Results that are being replaced.
const OLD: &str = "old";

/// What can be made again.
pub(crate) const STAGED: [&str; 2] = [HALF, NEW];

/// Why results are not at their destination. What was there before still is.
#[derive(Debug)]
pub(crate) enum Obstacle {
    /// Somebody else has made or changed it during the run.
    Changed,
    /// The system refuses.
    Refused(io::Error),
}

/// Writes `files` (name and content) into `work`, to the disk, and lets `add` add others. The answer is the directory that has them all.
pub(crate) fn stage(
    work: &Path,
    files: &[(&str, Vec<u8>)],
    add: impl FnOnce(&Path) -> io::Result<()>,
) -> io::Result<PathBuf> {
    let (half, new) = (work.join(HALF), work.join(NEW));
    // Also if somebody has removed all of it during the run.
    fs::create_dir_all(&half)?;
    for (name, content) in files {
        durable::write(&half.join(name), content)?;
    }
    add(&half)?;
    durable::sync_directory(&half)?;
    fs::rename(&half, &new)?;
    Ok(new)
}

/// Moves the directory `new` to `destination` if nothing is there.
pub(crate) fn place(new: &Path, destination: &Path) -> Result<(), Obstacle> {
    // A renamed directory takes the place of an empty one; to create one fails if there is anything, whoever is faster.
    fs::create_dir(destination).map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => Obstacle::Changed,
        _ => Obstacle::Refused(error),
    })?;
    if let Err(error) = fs::rename(new, destination) {
        fs::remove_dir(destination).map_err(|_| Obstacle::Changed)?;
        // Some file systems of Windows rename directories to free names only, which is as safe.
        let renamed = if cfg!(windows) { fs::rename(new, destination) } else { Err(error) };
        renamed.map_err(Obstacle::Refused)?;
    }
    settle(destination);
    Ok(())
}

/// Waits until a name is on the disk, before what it replaces is removed. If the disk fails here, the results are in place nevertheless.
pub(crate) fn settle(destination: &Path) {
    let _ = durable::sync_directory(parent(destination));
}

/// Moves the directory `new` to `destination` in place of what is there, which is to have these contents.
pub(crate) fn replace(
    new: &Path,
    destination: &Path,
    work: &Path,
    contents: &Contents,
) -> Result<(), Obstacle> {
    let old = work.join(OLD);
    fs::rename(destination, &old).map_err(|error| match error.kind() {
        ErrorKind::NotFound => Obstacle::Changed,
        _ => Obstacle::Refused(error),
    })?;
    // Looked at where nobody else looks for it.
    let is_as_before = Contents::of(&old).is_ok_and(|found| found == *contents);
    let placed = if is_as_before { place(new, destination) } else { Err(Obstacle::Changed) };
    match placed {
        // What can't be removed now is removed by the next run.
        Ok(()) => drop(fs::remove_dir_all(old)),
        Err(_) => drop(put_back(&old, destination)),
    }
    placed
}

/// Moves `new` to a free name beside `destination`, which is the answer; `place` is how.
pub(crate) fn keep_beside(
    place: impl Fn(&Path, &Path) -> Result<(), Obstacle>,
    new: &Path,
    destination: &Path,
) -> Result<PathBuf, Obstacle> {
    for path in beside(destination) {
        match place(new, &path) {
            Err(Obstacle::Changed) => {}
            placed => return placed.map(|()| path),
        }
    }
    Err(Obstacle::Changed)
}

/// `results-kept`, `results-kept-2`, … for `results`.
fn beside(destination: &Path) -> impl Iterator<Item = PathBuf> {
    let stem = destination.file_stem().unwrap_or_default().to_owned();
    let extension = destination.extension().map(ToOwned::to_owned);
    (1..u32::MAX).map(move |number| {
        let mut name = stem.clone();
        name.push("-kept");
        if number > 1 {
            name.push(format!("-{number}"));
        }
        if let Some(extension) = &extension {
            name.push(".");
            name.push(extension);
        }
        destination.with_file_name(name)
    })
}

/// Gives the file `new` the name `destination` too, if nothing has it.
pub(crate) fn place_file(new: &Path, destination: &Path) -> Result<(), Obstacle> {
    let linked = fs::hard_link(new, destination).or_else(|error| match error.kind() {
        ErrorKind::AlreadyExists => Err(error),
        // Not every file system has links.
        _ => File::create_new(destination).and_then(|_| fs::rename(new, destination)),
    });
    linked.map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => Obstacle::Changed,
        _ => Obstacle::Refused(error),
    })?;
    settle(destination);
    Ok(())
}

/// Moves old results back to `destination`, or to a name beside it, which is then the answer.
fn put_back(old: &Path, destination: &Path) -> Result<Option<PathBuf>, Obstacle> {
    match place(old, destination) {
        Err(Obstacle::Changed) => keep_beside(place, old, destination).map(Some),
        placed => placed.map(|()| None),
    }
}

/// Puts in order what a process has left in `work` that was killed. The answer says what was found, if it was results.
pub(crate) fn recover(work: &Path, destination: &Path) -> io::Result<Option<String>> {
    let (new, old) = (work.join(NEW), work.join(OLD));
    if new.exists() {
        // It was killed just before the last step, for which it had made an empty directory.
        let _ = fs::remove_dir(destination);
    }
    let note = if !old.exists() {
        None
    } else if new.exists() {
        let found = match put_back(&old, destination) {
            Ok(None) => destination.to_path_buf(),
            Ok(Some(kept)) => kept,
            Err(Obstacle::Refused(error)) => return Err(error),
            Err(Obstacle::Changed) => return Err(ErrorKind::AlreadyExists.into()),
        };
        Some(format!(
            "a run was killed while it replaced {}: the old results are there again",
            found.display()
        ))
    } else {
        // The new results are in place.
        fs::remove_dir_all(&old)?;
        None
    };
    for staged in STAGED {
        match fs::remove_dir_all(work.join(staged)) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(note)
}
