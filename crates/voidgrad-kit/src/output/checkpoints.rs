//! What a run needs to be continued: a directory beside the destination, which outlives the process.
//!
//! For `out/train` it is `out/.train.voidgrad/checkpoints`. It holds [`CONFIGURATION`], without which nothing can be resumed, and files with
//! the extension [`EXTENSION`].

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::{fs, io};

use super::durable;

/// The directory; results that keep their checkpoints have one of this name, too.
pub(crate) const NAME: &str = "checkpoints";

/// The file that says what is being run.
pub const CONFIGURATION: &str = "config.toml";

/// The extension of checkpoints.
pub const EXTENSION: &str = "safetensors";

/// What becomes of checkpoints when results are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Checkpoints {
    /// They stay where they are, so that the run can be resumed.
    Stay,
    /// They are removed.
    Discarded,
    /// They become a part of the results.
    Published,
}

/// The directory of the checkpoints in `work`.
pub(crate) fn directory(work: &Path) -> PathBuf {
    work.join(NAME)
}

/// Whether there is something to resume.
pub(crate) fn exist(work: &Path) -> bool {
    directory(work).join(CONFIGURATION).is_file()
}

/// Removes them; the configuration first, because what is left by a process that is killed here must not be resumed.
pub(crate) fn discard(work: &Path) {
    let directory = directory(work);
    let _ = fs::remove_file(directory.join(CONFIGURATION));
    let _ = fs::remove_dir_all(directory);
}

/// Copies the checkpoints in `work` to the results.
pub(crate) fn copy(work: &Path, results: &Path) -> io::Result<()> {
    let target = results.join(NAME);
    fs::create_dir(&target)?;
    for entry in fs::read_dir(directory(work))? {
        let path = entry?.path();
        if let Some(name) = path.file_name().filter(|_| path.extension() == Some(OsStr::new(EXTENSION))) {
            durable::write(&target.join(name), &fs::read(&path)?)?;
        }
    }
    durable::sync_directory(&target)
}

/// Whether an entry of results is a checkpoint.
pub(crate) fn is_published(name: &OsStr) -> bool {
    let path = Path::new(name);
    path.parent() == Some(Path::new(NAME)) && path.extension() == Some(OsStr::new(EXTENSION))
}
