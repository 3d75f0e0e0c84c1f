//! The directory that a run leaves behind: every file in it is whole, or it is not there.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::error::Error;

/// A directory that may be written, checked before anything is computed.
#[derive(Debug)]
pub(crate) struct Output {
    directory: PathBuf,
}

/// Where the results go unless `--out` says otherwise.
const DEFAULT: &str = "out/train";

impl Output {
    /// Checks that `directory` can be made, or, with `force`, that files in it can be replaced. Without a name the
    /// first free one of `out/train`, `out/train-2`, … is taken.
    ///
    /// # Errors
    /// Where the directory exists and `force` is not set, where a file is in its place, or where its parent
    /// cannot be written.
    pub(crate) fn prepare(directory: Option<&Path>, force: bool) -> Result<Self, Error> {
        let directory = match directory {
            Some(directory) if directory.as_os_str().is_empty() => {
                return Err(Error::arguments("--out needs the name of a directory"));
            }
            Some(directory) => directory.to_path_buf(),
            None if force => PathBuf::from(DEFAULT),
            None => first_free(DEFAULT),
        };
        if directory.exists() && !directory.is_dir() {
            return Err(Error::arguments(format!("{} exists and is not a directory", directory.display())));
        }
        if directory.exists() && !force {
            return Err(Error::arguments(format!(
                "{} exists; --force overwrites the results in it, --out chooses another directory",
                directory.display()
            )));
        }
        let output = Self { directory };
        // A staging directory that can be made now can be made when the results are there.
        output.stage()?;
        Ok(output)
    }

    /// The directory's name.
    pub(crate) fn directory(&self) -> &Path {
        &self.directory
    }

    /// Writes `files` (name and content) beside their destination first and moves them there by renaming, which
    /// nobody can see half done. Other files in an existing directory are left alone.
    ///
    /// # Errors
    /// Where the system refuses; a directory that was not there before is then not there afterwards either.
    pub(crate) fn write(&self, files: &[(&str, Vec<u8>)]) -> Result<(), Error> {
        let staging = self.stage()?;
        for (name, content) in files {
            let path = staging.path().join(name);
            fs::write(&path, content).map_err(Error::files("writing", &path))?;
        }
        if self.directory.exists() {
            for (name, _) in files {
                let path = self.directory.join(name);
                fs::rename(staging.path().join(name), &path).map_err(Error::files("replacing", &path))?;
            }
            Ok(())
        } else {
            open_to_readers(staging.path())?;
            fs::rename(staging.path(), &self.directory).map_err(Error::files("creating", &self.directory))?;
            // The directory has moved: there is nothing left to clean up.
            let _ = staging.keep();
            Ok(())
        }
    }

    /// A fresh directory on the same file system as the destination, removed when it goes out of scope.
    fn stage(&self) -> Result<TempDir, Error> {
        let parent = match self.directory.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        fs::create_dir_all(parent).map_err(Error::files("creating", parent))?;
        let beside = if self.directory.is_dir() { &self.directory } else { parent };
        tempfile::Builder::new()
            .prefix(".voidgrad-")
            .tempdir_in(beside)
            .map_err(Error::files("writing in", beside))
    }
}

/// The first of `name`, `name-2`, `name-3`, … that does not exist.
fn first_free(name: &str) -> PathBuf {
    std::iter::once(PathBuf::from(name))
        .chain((2..u32::MAX).map(|number| PathBuf::from(format!("{name}-{number}"))))
        .find(|path| !path.exists())
        .unwrap_or_else(|| PathBuf::from(name))
}

/// A temporary directory is private to its owner; a result directory is like any other.
#[cfg(unix)]
fn open_to_readers(directory: &Path) -> Result<(), Error> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(directory, fs::Permissions::from_mode(0o755))
        .map_err(Error::files("opening", directory))
}

/// The same for a single file.
#[cfg(unix)]
pub(crate) fn readable(file: &fs::File) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
pub(crate) fn readable(_: &fs::File) -> std::io::Result<()> {
    Ok(())
}

#[cfg(not(unix))]
fn open_to_readers(_: &Path) -> Result<(), Error> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_existing_directory_is_refused_without_force() {
        let parent = tempfile::tempdir().unwrap();
        let directory = parent.path().join("results");
        fs::create_dir(&directory).unwrap();
        let error = Output::prepare(Some(&directory), false).unwrap_err();
        assert_eq!(error.exit_code(), 2);
        assert!(error.to_string().contains("--force"));
    }

    #[test]
    fn force_replaces_the_results_and_keeps_other_files() {
        let parent = tempfile::tempdir().unwrap();
        let directory = parent.path().join("results");
        fs::create_dir(&directory).unwrap();
        fs::write(directory.join("a"), "old").unwrap();
        fs::write(directory.join("mine"), "kept").unwrap();
        let output = Output::prepare(Some(&directory), true).unwrap();
        output.write(&[("a", b"new".to_vec())]).unwrap();
        assert_eq!(fs::read_to_string(directory.join("a")).unwrap(), "new");
        assert_eq!(fs::read_dir(&directory).unwrap().count(), 2);
    }

    #[test]
    fn a_new_directory_appears_whole_and_leaves_nothing_beside_it() {
        let parent = tempfile::tempdir().unwrap();
        let directory = parent.path().join("deep/results");
        let output = Output::prepare(Some(&directory), false).unwrap();
        assert!(!directory.exists());
        output.write(&[("a", b"1".to_vec()), ("b", b"2".to_vec())]).unwrap();
        assert_eq!(fs::read_to_string(directory.join("b")).unwrap(), "2");
        assert_eq!(fs::read_dir(parent.path().join("deep")).unwrap().count(), 1);
    }
}
