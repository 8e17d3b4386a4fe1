//! The lock among the processes that write an audit file.
//!
//! It is not on the audit file: `flock` lets everyone who can open a file lock it, also who can only read it. It is on
//! `FILE.lock`, which nobody can read, and which those can write who can write the audit file. So a reader cannot
//! open it. Whoever can write the audit file can also hold the lock, so waiting for it has an end.

use std::fs::{File, OpenOptions, Permissions, TryLockError};
use std::io;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _, fchown};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use super::file::{beside, regular_file, same};

/// The lock of one audit file.
#[derive(Debug)]
pub(super) struct WriterLock {
    path: PathBuf,
    file: File,
}

impl WriterLock {
    /// Opens the lock of an open audit file, or creates it.
    ///
    /// # Errors
    ///
    /// Fails where it cannot be written.
    pub(super) fn open(audit_path: &Path, audit: &File) -> io::Result<Self> {
        let path = beside(audit_path, ".lock");
        let file = open(&path, audit).map_err(|error| {
            let what = format!("{}: {error}", path.display());
            io::Error::new(error.kind(), what)
        })?;
        Ok(Self { path, file })
    }

    /// Waits for the lock, but not for long.
    ///
    /// # Errors
    ///
    /// Fails with [`io::ErrorKind::ResourceBusy`] where another process keeps it for so long.
    pub(super) fn acquire(
        &mut self,
        audit_path: &Path,
        audit: &File,
        patience: Duration,
    ) -> io::Result<()> {
        let end = Instant::now() + patience;
        loop {
            self.wait(end)?;
            if same(&self.file, &self.path)? {
                return Ok(());
            }
            // Somebody has removed the file, and others have another lock by now.
            *self = Self::open(audit_path, audit)?;
        }
    }

    fn wait(&self, end: Instant) -> io::Result<()> {
        let mut pause = SHORTEST;
        loop {
            match self.file.try_lock() {
                Ok(()) => return Ok(()),
                Err(TryLockError::Error(error)) => return Err(error),
                Err(TryLockError::WouldBlock) if Instant::now() >= end => return Err(self.busy()),
                Err(TryLockError::WouldBlock) => thread::sleep(pause),
            }
            pause = (pause * 2).min(LONGEST);
        }
    }

    fn busy(&self) -> io::Error {
        let what = format!("{}: another process holds the lock", self.path.display());
        io::Error::new(io::ErrorKind::ResourceBusy, what)
    }

    /// Lets others write.
    ///
    /// # Errors
    ///
    /// Fails where the system does.
    pub(super) fn release(&self) -> io::Result<()> {
        self.file.unlock()
    }
}

/// Opens the lock file for writing. Where it does not exist, it gets the owner's group and the permissions to write of
/// the audit file, and none to read.
fn open(path: &Path, audit: &File) -> io::Result<File> {
    match regular_file(OpenOptions::new().append(true), path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        opened => return opened,
    }
    let own = audit.metadata()?;
    let mut options = OpenOptions::new();
    options.append(true).create(true).mode(0o200);
    let file = regular_file(&mut options, path)?;
    // Where the group cannot be changed, the members of another group write.
    if fchown(&file, None, Some(own.gid())).is_ok() {
        let mode = (own.mode() & 0o222) | 0o200;
        file.set_permissions(Permissions::from_mode(mode))?;
    }
    Ok(file)
}

/// The pauses between two tries.
const SHORTEST: Duration = Duration::from_micros(200);
const LONGEST: Duration = Duration::from_millis(10);
