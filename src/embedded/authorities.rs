//! The authorities that codex trusts: the user's own and that of its embedded proxy, in a file that has no name.
//!
//! The file is in memory and sealed, so nothing is left of it and nobody changes it. It belongs to this process, which
//! becomes codex: codex and the programs that it starts find it below `/proc` for as long as codex runs.

use std::fs::File;
use std::io::{self, Write as _};
use std::os::fd::{AsRawFd as _, IntoRawFd as _};
use std::path::{Path, PathBuf};

use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, memfd_create};
use shim::regular_file;

/// The most bytes of the user's own file. The bundle of a usual machine has some 200 KiB.
const CAP: u64 = 4 << 20;

/// Returns the path of a file with an authority and those of another file.
///
/// # Errors
///
/// Fails where the other file cannot be read, or `/proc` is not there.
pub(super) fn publish(authority: &str, own: Option<&Path>) -> io::Result<PathBuf> {
    let named = |path: &Path, error: io::Error| {
        io::Error::new(error.kind(), format!("{}: {error}", path.display()))
    };
    let read = |path| regular_file::read(path, CAP).map_err(|error| named(path, error));
    let mut text = own.map_or(Ok(Vec::new()), read)?;
    text.extend_from_slice(b"\n");
    text.extend_from_slice(authority.as_bytes());
    let mut file = File::from(memfd_create("authorities", MemfdFlags::ALLOW_SEALING)?);
    file.write_all(&text)?;
    let seals = SealFlags::WRITE | SealFlags::GROW | SealFlags::SHRINK | SealFlags::SEAL;
    fcntl_add_seals(&file, seals)?;
    let path = format!("/proc/{}/fd/{}", std::process::id(), file.as_raw_fd());
    let path = PathBuf::from(path);
    std::fs::metadata(&path).map_err(|error| named(&path, error))?;
    // It stays open until codex ends.
    let _open = file.into_raw_fd();
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_holds_both_and_cannot_be_changed() {
        let directory = tempfile::tempdir().unwrap();
        let own = directory.path().join("own.pem");
        std::fs::write(&own, "own").unwrap();
        let path = publish("authority\n", Some(&own)).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"own\nauthority\n");
        let changed = std::fs::write(&path, "x").unwrap_err();
        assert_eq!(changed.kind(), io::ErrorKind::PermissionDenied);
        let absent = directory.path().join("absent.pem");
        let error = publish("authority", Some(&absent)).unwrap_err().to_string();
        assert!(error.contains("absent.pem: No such file"), "{error}");
    }
}
