//! A new folder, whole or not at all.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process;

use voidgrad_kit::error::Error;

/// Writes the files, by their paths in the folder, beside its place, and moves them there.
///
/// # Errors
/// Returns an error if there is something of its name, or if it can't be written.
pub(crate) fn write(folder: &Path, files: &[(PathBuf, Vec<u8>)]) -> Result<(), Error> {
    let taken = || Error::arguments(format!("{} is there already; nothing is written", folder.display()));
    if folder.symlink_metadata().is_ok() {
        return Err(taken());
    }
    let Some(name) = folder.file_name() else {
        return Err(Error::arguments(format!("{} is no name for a folder", folder.display())));
    };
    let half = folder.with_file_name(format!(".{}.{}.half", name.to_string_lossy(), process::id()));
    let written = (|| {
        fs::create_dir(&half)?;
        for (file, content) in files {
            let path = half.join(file);
            fs::create_dir_all(path.parent().unwrap_or(&half))?;
            fs::write(path, content)?;
        }
        fs::rename(&half, folder)
    })();
    written.map_err(|error: io::Error| {
        // There is nothing else in it.
        let _ = fs::remove_dir_all(&half);
        // Somebody made a folder of this name in between.
        if folder.symlink_metadata().is_ok() { taken() } else { Error::files("writing", folder)(error) }
    })
}
