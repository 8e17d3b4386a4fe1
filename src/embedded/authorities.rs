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

/// A file in memory that nobody changes. It is open, and so are the copies that programs inherit.
#[derive(Debug)]
pub(super) struct Unnamed(File);

impl Unnamed {
    fn new(text: &[u8]) -> io::Result<Self> {
        let mut file = File::from(memfd_create("authorities", MemfdFlags::ALLOW_SEALING)?);
        file.write_all(text)?;
        let seals = SealFlags::WRITE | SealFlags::GROW | SealFlags::SHRINK | SealFlags::SEAL;
        fcntl_add_seals(&file, seals)?;
        Ok(Self(file))
    }

    /// Returns the path by which a program that inherits it finds it.
    pub(super) fn inherited_path(&self) -> PathBuf {
        format!("/proc/self/fd/{}", self.0.as_raw_fd()).into()
    }
}

/// Returns the path of a file with an authority and those of another file, where that can be read: codex calls a provider
/// without TLS although it cannot.
///
/// # Errors
///
/// Fails where `/proc` is not there.
pub(super) fn publish(authority: &str, own: Option<&Path>) -> io::Result<PathBuf> {
    let mut text = own.and_then(readable).unwrap_or_default();
    text.extend_from_slice(b"\n");
    text.extend_from_slice(authority.as_bytes());
    let Unnamed(file) = Unnamed::new(&text)?;
    let path = format!("/proc/{}/fd/{}", std::process::id(), file.as_raw_fd());
    let path = PathBuf::from(path);
    std::fs::metadata(&path)
        .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display())))?;
    // It stays open until codex ends.
    let _open = file.into_raw_fd();
    Ok(path)
}

/// Returns the content of a file with authorities, where it can be read.
pub(super) fn readable(path: &Path) -> Option<Vec<u8>> {
    regular_file::read(path, CAP).ok()
}

/// Returns a file with these authorities and those that the machine trusts.
pub(super) fn with_those_of_the_machine(mut text: Vec<u8>) -> io::Result<Unnamed> {
    let machine = MACHINE.iter().find_map(|path| readable(Path::new(path)));
    text.extend_from_slice(b"\n");
    text.extend(machine.unwrap_or_default());
    Unnamed::new(&text)
}

/// Where systems keep the authorities that they trust, in one file.
const MACHINE: [&str; 5] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

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
        let path = publish("authority\n", Some(&absent)).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"\nauthority\n");
        let both = with_those_of_the_machine(b"own".to_vec()).unwrap();
        let text = std::fs::read(both.inherited_path()).unwrap();
        assert!(text.starts_with(b"own\n"));
    }
}
