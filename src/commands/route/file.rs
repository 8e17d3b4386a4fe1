//! A file that is replaced whole or not at all.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _, chown};
use std::path::Path;

use shim::regular_file::{self, CONFIGURATION_CAP};

use crate::commands::install::{create_directory, replace_file};

/// The mode of a file that everyone may read and the owner alone may write.
const MODE: u32 = 0o644;

/// The text of a file; `None` where there is none.
///
/// # Errors
///
/// Returns an error if it cannot be read, or is a link, larger than 1 MiB or not UTF-8.
pub(crate) fn read(path: &Path) -> io::Result<Option<String>> {
    let found = match fs::symlink_metadata(path) {
        Ok(found) => found,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    if !found.is_file() {
        return Err(io::Error::other("not a file of its own"));
    }
    regular_file::read_text(path, CONFIGURATION_CAP).map(Some)
}

/// Puts a text in the place of a file in one step, or takes the file away.
///
/// The mode stays, but for what lets others write; root's file becomes root's again.
///
/// # Errors
///
/// Returns an error if it cannot be written; the file is as it was then.
pub(crate) fn replace(path: &Path, text: Option<&str>) -> io::Result<()> {
    let directory = path.parent().unwrap_or(Path::new("/"));
    let Some(text) = text else {
        fs::remove_file(path)?;
        return File::open(directory)?.sync_all();
    };
    create_directory(directory)?;
    let mode = fs::metadata(path).map_or(MODE, |file| file.mode() & 0o7755);
    replace_file(path, |fresh| write(fresh, text, mode))?;
    File::open(directory)?.sync_all()
}

fn write(fresh: &Path, text: &str, mode: u32) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(fresh)?;
    file.write_all(text.as_bytes())?;
    if rustix::process::geteuid().is_root() {
        chown(fresh, Some(0), Some(0))?;
    }
    // What the mask of this process took away is given back.
    file.set_permissions(fs::Permissions::from_mode(mode))?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().mode() & 0o7777
    }

    #[test]
    fn file_that_is_replaced_keeps_its_mode() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("etc/codex/file");
        assert_eq!(read(&path).unwrap(), None);
        replace(&path, Some("one")).unwrap();
        assert_eq!(
            (read(&path).unwrap().as_deref(), mode(&path)),
            (Some("one"), 0o644)
        );
        for (before, after) in [(0o600, 0o600), (0o666, 0o644)] {
            fs::set_permissions(&path, fs::Permissions::from_mode(before)).unwrap();
            let number = fs::metadata(&path).unwrap().ino();
            replace(&path, Some("two")).unwrap();
            assert_eq!(mode(&path), after);
            assert_ne!(fs::metadata(&path).unwrap().ino(), number, "another file");
        }
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
        replace(&path, None).unwrap();
        assert_eq!(read(&path).unwrap(), None);
    }

    #[test]
    fn link_or_directory_is_not_replaced() {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("there"), "x").unwrap();
        let link = directory.path().join("link");
        std::os::unix::fs::symlink("there", &link).unwrap();
        assert!(read(&link).is_err());
        assert!(read(directory.path()).is_err());
        fs::write(directory.path().join("bytes"), b"\xff").unwrap();
        assert!(read(&directory.path().join("bytes")).is_err());
    }
}
