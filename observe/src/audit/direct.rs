//! Writes each line before the call returns, in a process that ends soon, and waits no longer than [`TIMEOUT`].

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::Duration;
use std::{io, thread};

use super::lost_note;
use super::writer::{AuditFile, TIMEOUT, Writer};
use crate::log::audit_failed;

/// The writer of a process that ends soon.
#[derive(Debug)]
pub(super) struct Direct {
    file: AuditFile,
    writer: Mutex<Option<Writer>>,
    /// Set where a line could not be written: none that comes after it is waited for.
    has_failed: AtomicBool,
    /// Set where the disk itself does not answer.
    is_stuck: AtomicBool,
}

impl Direct {
    pub(super) fn new(file: AuditFile) -> Self {
        Self {
            file,
            writer: Mutex::new(None),
            has_failed: AtomicBool::new(false),
            is_stuck: AtomicBool::new(false),
        }
    }

    /// Writes a line. Where that takes too long, the line is lost, and that is logged.
    pub(super) fn line(self: &Arc<Self>, line: String) {
        if self.is_stuck.load(Ordering::Relaxed) {
            return;
        }
        let (own, (done, wait)) = (Arc::clone(self), mpsc::channel());
        let thread = thread::Builder::new().name("audit".to_owned());
        let started = thread.spawn(move || {
            own.write(line);
            // Nobody waits for it where it took too long.
            done.send(()).unwrap_or_default();
        });
        if started.is_err() || wait.recv_timeout(TIMEOUT).is_err() {
            self.is_stuck.store(true, Ordering::Relaxed);
            audit_failed(&io::ErrorKind::TimedOut.into());
        }
    }

    /// Writes a line, or leaves a note that it is lost.
    fn write(&self, line: String) {
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let Err(error) = self.append(&mut writer, line) else {
            return;
        };
        drop(lost_note::leave(&self.file.path, 1));
        if !self.has_failed.swap(true, Ordering::Relaxed) {
            audit_failed(&error);
        }
    }

    fn append(&self, writer: &mut Option<Writer>, line: String) -> io::Result<()> {
        let has_failed = self.has_failed.load(Ordering::Relaxed);
        let patience = if has_failed { Duration::ZERO } else { LOCK };
        let writer = match writer {
            Some(writer) => writer,
            None => writer.insert(Writer::open(&self.file)?),
        };
        let appended = writer.append(&[line], 0, patience);
        appended.failure.map_or(Ok(()), Err)
    }
}

/// The time that the lock is waited for: less than [`TIMEOUT`], so that a note can be left.
const LOCK: Duration = Duration::from_secs(1);
