//! A destination that belongs to one process until it ends, however it ends.
//!
//! Beside `out/train` there is then `out/.train.voidgrad` with a file that is locked. The system gives the lock back when the
//! process is gone, so what a killed process has left behind stops nobody.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::process;

use same_file::Handle;

use super::{checkpoints, durable, placement};
use crate::error::Error;
use crate::{interrupt, terminal};

/// A destination that no other run of the program can take.
#[derive(Debug)]
pub(crate) struct Reservation {
    place: Place,
    /// Locked as long as it is open.
    lock: File,
    /// Its name among what Ctrl-C clears away.
    leftover: u64,
}

/// The answer to the wish for one.
pub(crate) enum Answer {
    /// It is ours.
    Reserved(Reservation),
    /// It is another's; who that is, in words.
    Taken(String),
}

/// The directory beside the destination.
#[derive(Debug, Clone)]
struct Place {
    directory: PathBuf,
    /// Directories that were made for it, outermost first.
    created: Vec<PathBuf>,
}

/// How often another process may clear the directory away between two of our steps.
const TURNS: u32 = 100;

impl Reservation {
    /// Reserves `destination`, and makes the directories above it.
    ///
    /// # Errors
    /// Returns an error if nothing can be written beside it.
    pub(crate) fn take(destination: &Path) -> Result<Answer, Error> {
        let mut name = OsString::from(".");
        name.push(destination.file_name().unwrap_or_default());
        name.push(".voidgrad");
        let parent = parent(destination);
        let mut place = Place { directory: parent.join(name), created: Vec::new() };
        let mut turns = 0;
        let refusal = loop {
            turns += 1;
            match Self::attempt(&mut place, destination) {
                Ok(Some(answer)) => return Ok(answer),
                // Another process has cleared a directory away between two of our steps.
                Ok(None) if turns < TURNS => {}
                Err(error) if error.kind() == ErrorKind::NotFound && turns < TURNS => {}
                Ok(None) => break "others take it all the time".to_owned(),
                Err(error) => break error.to_string(),
            }
        };
        place.withdraw();
        Err(Error::arguments(format!("cannot write in {}: {refusal}", parent.display())))
    }

    /// `None` if the lock turned out to be on a file that is gone.
    fn attempt(place: &mut Place, destination: &Path) -> io::Result<Option<Answer>> {
        place.make(parent(destination))?;
        let lock = place.open()?;
        match lock.try_lock() {
            Ok(()) if place.is_locked_by(&lock) => {
                Self::begin(place.clone(), lock, destination).map(Answer::Reserved).map(Some)
            }
            Ok(()) => Ok(None),
            Err(TryLockError::WouldBlock) => Ok(Some(Answer::Taken(place.owner()))),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// The lock is ours: what a killed process has left is put in order.
    fn begin(place: Place, lock: File, destination: &Path) -> io::Result<Self> {
        let mut state = interrupt::hold();
        let leftover = state.remember({
            let place = place.clone();
            move || place.clear()
        });
        let reservation = Self { place, lock, leftover };
        drop(state);
        if let Some(note) = placement::recover(&reservation.place.directory, destination)? {
            terminal::note(&note);
        }
        // Without a configuration nothing can be resumed.
        if !checkpoints::exist(&reservation.place.directory) {
            checkpoints::discard(&reservation.place.directory);
        }
        Ok(reservation)
    }

    /// Tells others who writes here, once the destination has been looked at.
    ///
    /// # Errors
    /// If nothing can be written beside the destination.
    pub(crate) fn announce(&self) -> Result<(), Error> {
        let file = self.place.owner_file();
        fs::write(&file, format!("process {}", process::id())).map_err(Error::files("writing", file))
    }

    /// Where files can be written that are to be moved to the destination.
    pub(crate) fn directory(&self) -> &Path {
        &self.place.directory
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        let mut state = interrupt::hold();
        self.place.clear();
        state.forget(self.leftover);
        // Only now: a lock that were free while its file has a name could be taken on a file that is about to go.
        let _ = self.lock.unlock();
    }
}

impl Place {
    /// Makes the directory, and those above it.
    fn make(&mut self, parent: &Path) -> io::Result<()> {
        let missing: Vec<&Path> = parent
            .ancestors()
            .take_while(|ancestor| !ancestor.as_os_str().is_empty() && !ancestor.exists())
            .collect();
        for path in missing.into_iter().rev() {
            if create(path)? {
                self.created.push(path.to_path_buf());
                durable::sync_directory(self::parent(path))?;
            }
        }
        create(&self.directory)?;
        durable::sync_directory(parent)
    }

    fn lock_file(&self) -> PathBuf {
        self.directory.join("lock")
    }

    fn owner_file(&self) -> PathBuf {
        self.directory.join("owner")
    }

    fn open(&self) -> io::Result<File> {
        OpenOptions::new().create(true).truncate(false).write(true).open(self.lock_file())
    }

    /// Whether the locked file is still the one that others find.
    fn is_locked_by(&self, lock: &File) -> bool {
        let ours = lock.try_clone().and_then(Handle::from_file);
        let found = Handle::from_path(self.lock_file());
        matches!((ours, found), (Ok(ours), Ok(found)) if ours == found)
    }

    /// Who has it, in words.
    fn owner(&self) -> String {
        let owner = fs::read_to_string(self.owner_file()).ok().filter(|owner| !owner.is_empty());
        owner.unwrap_or_else(|| "another process".to_owned())
    }

    /// Removes everything but checkpoints, and old results that could not be put back. Only the owner may.
    fn clear(&self) {
        for staged in placement::STAGED {
            let _ = fs::remove_dir_all(self.directory.join(staged));
        }
        let _ = fs::remove_file(self.owner_file());
        let _ = fs::remove_file(self.lock_file());
        self.withdraw();
    }

    /// Removes the directories that were made, unless there is something in them.
    fn withdraw(&self) {
        for path in std::iter::once(&self.directory).chain(self.created.iter().rev()) {
            let _ = fs::remove_dir(path);
        }
    }
}

/// Makes a directory; answers whether it was not there before.
fn create(path: &Path) -> io::Result<bool> {
    match fs::create_dir(path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::AlreadyExists && path.is_dir() => Ok(false),
        Err(error) => Err(error),
    }
}

/// The directory that `path` is in.
pub(crate) fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}
