//! The checkpoint of a training, which rank 0 writes.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::thread;

use voidgrad::train::TrainerState;

use crate::error::Error;

/// The file of a training's state.
pub struct Checkpoint {
    directory: PathBuf,
}

const NAME: &str = "checkpoint.safetensors";
/// What is being written; it becomes the checkpoint when it is whole.
const HALF: &str = "checkpoint.safetensors.half";

impl Checkpoint {
    pub fn new(directory: &Path) -> Self {
        Self { directory: directory.to_owned() }
    }

    pub fn path(&self) -> PathBuf {
        self.directory.join(NAME)
    }

    /// Makes the directory of a training that begins.
    ///
    /// # Errors
    /// If there is a checkpoint already, or no directory can be made.
    pub fn begin(&self) -> Result<(), Error> {
        let path = self.path();
        if path.symlink_metadata().is_ok() {
            return Err(Error::Arguments(format!(
                "{} is there already; --resume goes on from it",
                path.display()
            )));
        }
        fs::create_dir_all(&self.directory)
            .map_err(|error| Error::Arguments(format!("cannot make {}: {error}", self.directory.display())))
    }

    /// Reads the state.
    ///
    /// # Errors
    /// If there is none, or it is not whole.
    pub fn read(&self) -> Result<Vec<u8>, Error> {
        let refused = |reason: &dyn std::fmt::Display| {
            Error::Arguments(format!("cannot resume from {}: {reason}", self.path().display()))
        };
        let bytes = fs::read(self.path()).map_err(|error| refused(&error))?;
        TrainerState::from_safetensors(&bytes).map_err(|error| refused(&error))?;
        Ok(bytes)
    }

    /// Writes a state in place of the one before. Whenever the process is killed, or the power fails, the checkpoint is the old one or the new one, and whole.
    ///
    /// A thread of its own writes, because a thread that waits for the disk hears no signal: mpirun would kill the rank before it could say how to go on.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn write(&self, state: &TrainerState) -> Result<(), Error> {
        let bytes = state.to_safetensors()?;
        let write = || -> io::Result<()> {
            let half = self.directory.join(HALF);
            let mut file = File::create(&half)?;
            file.write_all(&bytes)?;
            file.sync_all()?;
            fs::rename(&half, self.path())?;
            File::open(&self.directory)?.sync_all()
        };
        let written = thread::scope(|scope| scope.spawn(write).join());
        let written =
            written.unwrap_or_else(|_| Err(io::Error::other("the thread that writes it has panicked")));
        written.map_err(|error| format!("cannot write {}: {error}", self.path().display()).into())
    }
}
