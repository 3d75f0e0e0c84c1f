//! The directory that a run leaves behind: reserved before the run, and every file in it is whole, or it is not there.

mod checkpoints;
mod data;
mod destination;
mod durable;
mod elsewhere;
mod file;
mod placement;
mod reservation;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use destination::Contents;
use placement::Obstacle;
use reservation::{Answer, Reservation};

pub use data::{csv, json};
pub use durable::{HALF, sync_directory, write_whole};
pub use file::OutputFile;

use crate::error::Error;
use crate::interrupt;

pub use checkpoints::{CONFIGURATION, Checkpoints, EXTENSION};

/// What a command writes.
pub struct Kind {
    /// Its directory, if the user names none.
    pub default: &'static str,
    /// The names of its files.
    pub files: &'static [&'static str],
}

/// A directory that nobody else writes as long as this lives.
#[derive(Debug)]
pub struct Output {
    /// As the user calls it.
    name: PathBuf,
    /// The same without symbolic links.
    path: PathBuf,
    /// The results that are to be replaced, if there are any.
    old: Option<Contents>,
    /// A default that was passed over, because it has checkpoints of a run that can be resumed.
    passed: Option<PathBuf>,
    reservation: Reservation,
}

/// What stands where a resumed run writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// The results of something else.
    Foreign,
    /// What was complete of the same run when it was interrupted.
    Partial,
    /// All results of the same run.
    Complete,
}

impl Output {
    /// Reserves `directory`, or, without a name, the first free one of `default`, `default-2`, …
    ///
    /// # Errors
    /// Returns an error if another run has reserved it, if it has checkpoints of a run that can be resumed (with `force` they are discarded), if
    /// anything is in its place (with `force`, anything but results of the same kind), or if its parent cannot be written.
    pub fn reserve(kind: &Kind, directory: Option<&Path>, force: bool) -> Result<Self, Error> {
        match directory {
            Some(directory) => Self::reserve_this(kind, directory, force),
            None if force => Self::reserve_this(kind, Path::new(kind.default), true),
            None => Self::reserve_free(kind),
        }
    }

    fn reserve_this(kind: &Kind, name: &Path, force: bool) -> Result<Self, Error> {
        let path = destination::resolve(name, "--out needs the name of a directory")?;
        let reservation = match Reservation::take(&path)? {
            Answer::Reserved(reservation) => reservation,
            Answer::Taken(owner) => {
                return Err(Error::arguments(format!(
                    "{} is being written by {owner}; --out chooses another directory",
                    name.display()
                )));
            }
        };
        if !force && checkpoints::exist(reservation.directory()) {
            return Err(Error::arguments(format!(
                "{0} has checkpoints of a training that was ended early; --resume {0} continues it, --force discards them",
                name.display()
            )));
        }
        let old = destination::inspect(name, &path, kind.files, force)?;
        reservation.announce()?;
        checkpoints::discard(reservation.directory());
        Ok(Self { name: name.to_path_buf(), path, old, passed: None, reservation })
    }

    /// Reserves `name` for a run that was ended early and has left checkpoints. `standing` looks at the results that are there, beside
    /// the directory of the checkpoints. Those of the same run are replaced in the end, others with `force` alone.
    ///
    /// # Errors
    /// Returns an error if there are no checkpoints, if another process has reserved the directory, if its results are complete, or if something
    /// else is in its place.
    pub fn resume(
        kind: &Kind,
        name: &Path,
        force: bool,
        standing: impl FnOnce(&Path, &Path) -> Standing,
    ) -> Result<Self, Error> {
        let path = destination::resolve(name, "--resume needs the name of a directory")?;
        let shown = name.display();
        let reservation = match Reservation::take(&path)? {
            Answer::Reserved(reservation) => reservation,
            Answer::Taken(owner) => {
                return Err(Error::arguments(format!("{shown} is being written by {owner}")));
            }
        };
        let exists = path.symlink_metadata().is_ok();
        if !checkpoints::exist(reservation.directory()) {
            let reason = if exists { "its training is complete, or it has none" } else { "there is none" };
            return Err(Error::arguments(format!("{shown} has no training to resume: {reason}")));
        }
        let standing = if exists {
            standing(&path, &checkpoints::directory(reservation.directory()))
        } else {
            Standing::Partial
        };
        match standing {
            Standing::Complete => {
                checkpoints::discard(reservation.directory());
                return Err(Error::arguments(format!(
                    "{shown} has no training to resume: its training is complete"
                )));
            }
            Standing::Foreign if !force => {
                return Err(Error::arguments(format!(
                    "{shown} holds something else than this training; --force replaces the results of another"
                )));
            }
            Standing::Foreign | Standing::Partial => {}
        }
        let old = destination::inspect(name, &path, kind.files, true)?;
        reservation.announce()?;
        Ok(Self { name: name.to_path_buf(), path, old, passed: None, reservation })
    }

    fn reserve_free(kind: &Kind) -> Result<Self, Error> {
        let names = std::iter::once(kind.default.to_owned())
            .chain((2..u32::MAX).map(|number| format!("{}-{number}", kind.default)));
        let is_free = |path: &Path| path.symlink_metadata().is_err();
        let mut passed = None;
        for path in names.map(PathBuf::from) {
            match Reservation::take(&path)? {
                Answer::Reserved(reservation) if checkpoints::exist(reservation.directory()) => {
                    passed = passed.or(Some(path));
                }
                Answer::Reserved(reservation) if is_free(&path) => {
                    reservation.announce()?;
                    return Ok(Self { name: path.clone(), path, old: None, passed, reservation });
                }
                _ => {}
            }
        }
        Err(Error::arguments(format!("{} and all numbers after it are taken", kind.default)))
    }

    /// The directory's name.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.name
    }

    /// The directory of the checkpoints, from which a run can be resumed.
    #[must_use]
    pub fn checkpoints(&self) -> PathBuf {
        checkpoints::directory(self.reservation.directory())
    }

    /// The default that was passed over, because it has checkpoints of a run that can be resumed.
    #[must_use]
    pub fn passed(&self) -> Option<&Path> {
        self.passed.as_deref()
    }

    /// Whether results are there that are to be replaced.
    #[must_use]
    pub fn replaces(&self) -> bool {
        self.old.is_some()
    }

    /// Gives the destination up; the checkpoints go, too.
    pub fn abandon(self) {
        checkpoints::discard(self.reservation.directory());
    }

    /// Writes `files` (name and content) beside their destination and moves them there, all of them or none. Old results are
    /// replaced if they are as they were when the run began. Otherwise the new ones are kept beside them, or, if even that
    /// is impossible, among the system's temporary files.
    ///
    /// # Errors
    /// Returns an error if the files are not at their destination; the error says where they are.
    pub fn write(self, files: &[(&str, Vec<u8>)]) -> Result<(), Error> {
        self.write_with(files, Checkpoints::Discarded)
    }

    /// The same; `after` says what becomes of the checkpoints. They stay if the files had to go among the temporary ones.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    pub fn write_with(self, files: &[(&str, Vec<u8>)], after: Checkpoints) -> Result<(), Error> {
        let work = self.reservation.directory();
        let staged = placement::stage(work, files, |half| match after {
            Checkpoints::Published => checkpoints::copy(work, half),
            Checkpoints::Stay | Checkpoints::Discarded => Ok(()),
        });
        let new = match staged {
            Ok(new) => new,
            Err(error) => return Err(elsewhere::keep(&self.name, &Obstacle::Refused(error), files)),
        };
        let held = interrupt::hold();
        let placed = match &self.old {
            None => placement::place(&new, &self.path),
            Some(old) => placement::replace(&new, &self.path, self.reservation.directory(), old),
        };
        let kept =
            placed.map_err(|obstacle| (placement::keep_beside(placement::place, &new, &self.path), obstacle));
        if after != Checkpoints::Stay && matches!(kept, Ok(()) | Err((Ok(_), _))) {
            checkpoints::discard(self.reservation.directory());
        }
        drop(held);
        match kept {
            Ok(()) => Ok(()),
            Err((Ok(kept), obstacle)) => Err(elsewhere::kept(&self.name, &obstacle, &kept)),
            Err((Err(_), obstacle)) => Err(elsewhere::keep(&self.name, &obstacle, files)),
        }
    }
}
