//! Files that are whole after a kill and after a power cut.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

/// The extension of files that are being written.
pub const HALF: &str = "half";

/// Writes the file `name` of a directory, in place of one that is there. Afterwards the new file is on the disk. If the process is killed before that,
/// or the power fails, the file is the old one or the new one, and whole.
///
/// # Errors
/// Returns an error if the file can't be written.
pub fn write_whole(directory: &Path, name: &str, content: &[u8]) -> io::Result<()> {
    let half = directory.join(format!("{name}.{HALF}"));
    write(&half, content)?;
    fs::rename(half, directory.join(name))?;
    sync_directory(directory)
}

/// Writes a file, and waits until its content is on the disk. Without that, a file that is renamed can have its new name before it has its content.
pub(crate) fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(content)?;
    file.sync_all()
}

/// Waits until the names in a directory are on the disk: those that were made, changed and removed.
///
/// # Errors
/// Returns an error if the disk fails. A directory that may be written and not read, or is on a file system that can't do this, is no error: the names
/// then reach the disk when the system writes them.
#[cfg(unix)]
pub fn sync_directory(directory: &Path) -> io::Result<()> {
    use io::ErrorKind::{InvalidInput, Unsupported};
    match File::open(directory).map(|directory| directory.sync_all()) {
        Ok(Err(error)) if !matches!(error.kind(), InvalidInput | Unsupported) => Err(error),
        _ => Ok(()),
    }
}

/// Does nothing. Windows opens directories for reading their names only, and offers no way to wait for them; NTFS keeps a log of changed names, so after a power
/// cut a name is the old one or the new one.
#[cfg(not(unix))]
pub fn sync_directory(_directory: &Path) -> io::Result<()> {
    Ok(())
}
