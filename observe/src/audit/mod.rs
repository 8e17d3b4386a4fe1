//! The audit file: one JSON line for each rejected or changed input and each change of the policy, chained by hashes.
//!
//! ```text
//! event ── record ─► queue ─► writer (one thread): lock · look at the last line · append · unlock
//! ```
//!
//! Any number of processes append to one file; a lock on it keeps their lines whole and in one chain.
//! In the proxy a caller waits where the queue is full, so that nothing is lost while the disk
//! works; where it stands still for longer than [`queue::PATIENCE`], lines are counted as lost, and the next
//! line that is written says how many. The shim writes before it goes on: it becomes codex.

mod entry;
mod hash_chain;
mod queue;
mod verify;
mod writer;

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use lockpolicy::Event;

use crate::log::audit_failed;
use crate::metrics::Metrics;
use crate::record::Record;
use crate::sink::{Observation, Sink};
pub(crate) use hash_chain::LINE_CAP;
use hash_chain::Line;
use queue::Queue;
pub(crate) use verify::files;
pub use verify::{Finding, Report, What, verify};
use writer::Writer;

/// The location of the file, and its largest size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditFile {
    /// The file that is appended to.
    pub path: PathBuf,
    /// The number of bytes after which the file is put aside and a new one begun.
    pub size: u64,
}

/// Writes attempts, inputs that could not be understood, and changes of the policy.
#[derive(Debug)]
pub struct AuditSink(Output);

#[derive(Debug)]
enum Output {
    /// Each line is written before the call returns; the file is opened for the first one.
    Direct(AuditFile, OnceLock<Option<Mutex<Writer>>>),
    /// Lines wait for a thread.
    Queued(Queue),
}

impl AuditSink {
    /// Writes each line before the call returns, for a process that ends soon.
    pub fn direct(file: AuditFile) -> Self {
        Self(Output::Direct(file, OnceLock::new()))
    }

    /// Opens a file for a process that serves.
    ///
    /// # Errors
    ///
    /// Where it cannot be written, or there is no thread to be had.
    pub fn queued(file: &AuditFile, metrics: Arc<Metrics>) -> io::Result<Self> {
        let queue = Queue::start(Writer::open(file)?, metrics)?;
        Ok(Self(Output::Queued(queue)))
    }

    /// Writes a record, or sees to it that it is written.
    pub fn record(&self, record: &Record) {
        self.line(entry::record(record));
    }

    fn line(&self, line: String) {
        match &self.0 {
            Output::Queued(queue) => queue.push(line),
            Output::Direct(file, writer) => {
                let open = || Writer::open(file).map(Mutex::new);
                let open = || open().inspect_err(audit_failed).ok();
                if let Some(writer) = writer.get_or_init(open) {
                    let mut writer = writer.lock().unwrap_or_else(PoisonError::into_inner);
                    if let (_, Some(error)) = writer.append(&[line]) {
                        audit_failed(&error);
                    }
                }
            }
        }
    }

    /// Waits until everything is written, but not for ever.
    pub fn finish(&self) {
        if let Output::Queued(queue) = &self.0 {
            queue.finish();
        }
    }
}

impl Sink for AuditSink {
    fn observe(&self, observation: &Observation<'_>) {
        match observation.event {
            Event::Attempt(_) | Event::Undecidable { .. } => {
                if let Some(record) = observation.record() {
                    self.record(record);
                }
            }
            Event::Judged { .. } | Event::Served(_) => {}
        }
    }
}

/// A line that is not what its sum says.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Altered;

/// Reads a line without its line feed; `None` where it is about the file itself.
///
/// # Errors
///
/// Where the line is not what its sum says.
pub(crate) fn read(line: &[u8]) -> Result<Option<Record>, Altered> {
    Ok(Line::read(line).ok_or(Altered)?.parse())
}

#[cfg(test)]
mod tests;
