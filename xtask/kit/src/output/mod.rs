//! The directory that a run leaves behind: reserved before the run, and every file in it is whole, or it is not there.

mod destination;
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

pub use file::OutputFile;

use crate::error::Error;
use crate::interrupt;

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
    reservation: Reservation,
}

impl Output {
    /// Reserves `directory`, or, without a name, the first free one of `default`, `default-2`, …
    ///
    /// # Errors
    /// Returns an error if another run has reserved it, if anything is in its place (with `force`, anything but results of the
    /// same kind), or if its parent cannot be written.
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
        let old = destination::inspect(name, &path, kind.files, force)?;
        reservation.announce()?;
        Ok(Self { name: name.to_path_buf(), path, old, reservation })
    }

    fn reserve_free(kind: &Kind) -> Result<Self, Error> {
        let names = std::iter::once(kind.default.to_owned())
            .chain((2..u32::MAX).map(|number| format!("{}-{number}", kind.default)));
        let is_free = |path: &Path| path.symlink_metadata().is_err();
        for path in names.map(PathBuf::from).filter(|path| is_free(path)) {
            match Reservation::take(&path)? {
                // Another run may have ended just before.
                Answer::Reserved(reservation) if is_free(&path) => {
                    reservation.announce()?;
                    return Ok(Self { name: path.clone(), path, old: None, reservation });
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

    /// Writes `files` (name and content) beside their destination and moves them there, all of them or none. Old results are
    /// replaced if they are as they were when the run began. Otherwise the new ones are kept beside them, or, where even that
    /// is impossible, among the system's temporary files.
    ///
    /// # Errors
    /// Returns an error if the files are not at their destination; the error says where they are.
    pub fn write(self, files: &[(&str, Vec<u8>)]) -> Result<(), Error> {
        let new = match placement::stage(self.reservation.directory(), files) {
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
        drop(held);
        match kept {
            Ok(()) => Ok(()),
            Err((Ok(kept), obstacle)) => Err(elsewhere::kept(&self.name, &obstacle, &kept)),
            Err((Err(_), obstacle)) => Err(elsewhere::keep(&self.name, &obstacle, files)),
        }
    }
}
