//! A single file, under the same rules as a directory.

use std::fs;
use std::path::{Path, PathBuf};

use super::destination;
use super::elsewhere;
use super::placement::{self, Obstacle};
use super::reservation::{Answer, Reservation, parent};
use crate::error::Error;
use crate::interrupt;

/// A file that nobody else writes as long as this lives.
#[derive(Debug)]
pub struct OutputFile {
    name: PathBuf,
    path: PathBuf,
    force: bool,
    reservation: Reservation,
}

impl OutputFile {
    /// Reserves the file; with `force` one that exists is replaced.
    ///
    /// # Errors
    /// Returns an error if another run has reserved it, if anything is in its place, or if its directory cannot be written.
    pub fn reserve(name: &Path, force: bool) -> Result<Self, Error> {
        let path = destination::resolve(name, "--json needs the name of a file")?;
        let refuse = |reason: &str| Err(Error::arguments(format!("{} {reason}", name.display())));
        if !parent(&path).is_dir() {
            return refuse(&format!("cannot be written: {} is not a directory", parent(&path).display()));
        }
        let reservation = match Reservation::take(&path)? {
            Answer::Reserved(reservation) => reservation,
            Answer::Taken(owner) => return refuse(&format!("is being written by {owner}")),
        };
        match fs::symlink_metadata(&path) {
            Ok(metadata) if !metadata.is_file() => refuse("exists and is not a file"),
            Ok(_) if !force => refuse("exists; --force replaces it, --json chooses another file"),
            _ => Ok(Self { name: name.to_path_buf(), path, force, reservation }),
        }
    }

    /// Writes the content beside its destination and moves it there. A file that somebody else has made during the run stays.
    ///
    /// # Errors
    /// Returns an error if the file is not at its destination; the error says where it is.
    pub fn write(self, content: Vec<u8>) -> Result<(), Error> {
        let file_name = self.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let files = [(file_name.as_str(), content)];
        let work = self.reservation.directory();
        let result = placement::stage(work, &files, |_| Ok(())).map_err(Obstacle::Refused).and_then(|new| {
            let new = new.join(&file_name);
            let _held = interrupt::hold();
            if self.force {
                fs::rename(&new, &self.path).map_err(Obstacle::Refused)?;
                placement::settle(&self.path);
                return Ok(None);
            }
            match placement::place_file(&new, &self.path) {
                Ok(()) => Ok(None),
                Err(obstacle) => placement::keep_beside(placement::place_file, &new, &self.path)
                    .map(|kept| Some((kept, obstacle))),
            }
        });
        match result {
            Ok(None) => Ok(()),
            Ok(Some((kept, obstacle))) => Err(elsewhere::kept(&self.name, &obstacle, &kept)),
            Err(obstacle) => Err(elsewhere::keep(&self.name, &obstacle, &files)),
        }
    }
}
