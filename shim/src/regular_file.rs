//! Reads a small regular file, without waiting and up to a limit.
//!
//! What stands in a working directory is its owner's choice, not the user's: a FIFO that nobody writes to, a device that
//! never ends, a file of any size.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use rustix::fs::OFlags;

/// The most bytes of a configuration file. More than this is something else.
pub const CONFIGURATION_CAP: u64 = 1 << 20;

/// Returns the bytes of a regular file, or of the one that a link names.
///
/// Nothing is opened that is known to be no regular file, since opening some devices has effects.
///
/// # Limits
///
/// At most `cap` bytes are read, and no read waits for another process to write.
///
/// # Errors
///
/// Returns the error of the system, among them [`io::ErrorKind::NotFound`]; an error of another kind where the
/// path is no regular file or the file is larger than `cap`.
pub fn read(path: &Path, cap: u64) -> io::Result<Vec<u8>> {
    regular(&fs::metadata(path)?, cap)?;
    let file = open(path)?;
    // Something else may stand there by now.
    regular(&file.metadata()?, cap)?;
    let mut content = Vec::new();
    file.take(cap.saturating_add(1)).read_to_end(&mut content)?;
    if content.len() as u64 > cap {
        return Err(too_large(cap));
    }
    Ok(content)
}

/// Returns the text of a regular file, as [`read`] does.
///
/// # Errors
///
/// Returns the errors of [`read`], and one of the kind [`io::ErrorKind::InvalidData`] where the file is not UTF-8.
pub fn read_text(path: &Path, cap: u64) -> io::Result<String> {
    let text = String::from_utf8(read(path, cap)?);
    text.map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "not UTF-8"))
}

/// Opens a file; a FIFO without a writer, or a terminal, keeps nobody waiting.
fn open(path: &Path) -> io::Result<File> {
    let flags = OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let flags = i32::try_from(flags.bits()).map_err(io::Error::other)?;
    OpenOptions::new().read(true).custom_flags(flags).open(path)
}

fn regular(found: &fs::Metadata, cap: u64) -> io::Result<()> {
    if !found.is_file() {
        return Err(io::Error::other("not a regular file"));
    }
    if found.len() > cap {
        return Err(too_large(cap));
    }
    Ok(())
}

fn too_large(cap: u64) -> io::Error {
    io::Error::other(format!("larger than {cap} bytes"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::fs::{CWD, FileType, Mode, mknodat};

    #[test]
    fn file_is_read_up_to_the_cap() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("file");
        fs::write(&path, [b'x'; 1024]).unwrap();
        let link = directory.path().join("link");
        std::os::unix::fs::symlink("file", &link).unwrap();
        assert_eq!(read(&link, 1024).unwrap(), [b'x'; 1024]);
        let error = read_text(&path, 1023).unwrap_err();
        assert_eq!(error.to_string(), "larger than 1023 bytes");
        let absent = read(&directory.path().join("absent"), 1).unwrap_err();
        assert_eq!(absent.kind(), io::ErrorKind::NotFound);
    }

    #[test]
    fn file_whose_size_is_not_known_is_read_up_to_the_cap() {
        let path = Path::new("/proc/self/maps");
        assert!(read(path, 16).is_err());
        assert!(!read(path, CONFIGURATION_CAP).unwrap().is_empty());
    }

    #[test]
    fn fifo_device_and_directory_are_refused_without_waiting() {
        let directory = tempfile::tempdir().unwrap();
        let fifo = directory.path().join("fifo");
        let mode = Mode::from_raw_mode(0o600);
        mknodat(CWD, &fifo, FileType::Fifo, mode, 0).unwrap();
        for path in [fifo.as_path(), Path::new("/dev/zero"), directory.path()] {
            let error = read(path, CONFIGURATION_CAP).unwrap_err();
            assert_eq!(error.to_string(), "not a regular file");
        }
        drop(open(&fifo).unwrap());
    }
}
