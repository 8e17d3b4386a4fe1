//! Opens the files of the audit, and nothing else that stands in their place.

use std::fs::{File, Metadata, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

/// Opens a file for reading.
///
/// # Errors
///
/// Fails where it cannot be read, or is no regular file.
pub(crate) fn open(path: &Path) -> io::Result<File> {
    regular_file(File::options().read(true), path)
}

/// Opens a regular file. What else is there is neither opened nor waited for.
pub(super) fn regular_file(options: &mut OpenOptions, path: &Path) -> io::Result<File> {
    let checked = |metadata: Metadata| {
        let not_ours = || io::Error::new(io::ErrorKind::InvalidData, "not a file");
        metadata.is_file().then_some(()).ok_or_else(not_ours)
    };
    // A device may act on being opened.
    std::fs::metadata(path).map_or(Ok(()), checked)?;
    let flags = i32::try_from(OFlags::NONBLOCK.bits()).unwrap_or_default();
    let file = options.custom_flags(flags).open(path)?;
    checked(file.metadata()?)?;
    Ok(file)
}

/// Returns the path of a file beside another, with this at the end of its name.
pub(super) fn beside(path: &Path, end: &str) -> PathBuf {
    let mut path = path.as_os_str().to_owned();
    path.push(end);
    PathBuf::from(path)
}

/// Returns whether a path leads to an open file.
pub(super) fn same(file: &File, path: &Path) -> io::Result<bool> {
    let open = file.metadata()?;
    match std::fs::metadata(path) {
        Ok(found) => Ok((open.dev(), open.ino()) == (found.dev(), found.ino())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}
