//! A directory in which `codex` is this program.

use std::io;
use std::os::unix::fs::{DirBuilderExt as _, symlink};
use std::path::PathBuf;

/// The directory, which is removed when it is dropped.
#[derive(Debug)]
pub(super) struct ShimDirectory(PathBuf);

impl ShimDirectory {
    /// Makes a directory that was not there before, for its owner alone.
    pub(super) fn make(path: PathBuf) -> io::Result<Self> {
        std::fs::DirBuilder::new().mode(0o700).create(&path)?;
        let made = Self(path);
        symlink(std::env::current_exe()?, made.0.join("codex"))?;
        Ok(made)
    }
}

impl Drop for ShimDirectory {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).unwrap_or_default();
    }
}
