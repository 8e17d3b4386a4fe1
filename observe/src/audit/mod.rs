//! The audit file: one JSON line for each rejected or changed input and each change of the policy, chained by hashes.
//!
//! ```text
//! event ── record ─► queue ─► writer (one thread): lock · look at the last line · append · unlock
//! ```
//!
//! Any number of processes append to one file; a lock on it keeps their lines whole and in one chain.
//! In the proxy a caller waits where the queue is full, so that nothing is lost while the disk
//! works; where it stands still for longer than [`PATIENCE`], lines are counted as lost, and the next
//! line that is written says how many. The shim writes before it goes on: it becomes codex.

mod entry;
mod hash_chain;
mod verify;
mod writer;

use std::io;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use lockpolicy::Event;

use crate::log::audit_failed;
use crate::metrics::Metrics;
use crate::queue::{Bounds, Queue};
use crate::record::Record;
use crate::sink::{Observation, Sink};
pub(crate) use hash_chain::LINE_CAP;
use hash_chain::Line;
pub(crate) use verify::files;
pub use verify::{Finding, Report, What, verify};
pub use writer::AuditFile;
use writer::Writer;

/// The queue of lines: some ten megabytes.
const BOUNDS: Bounds = Bounds {
    capacity: 16 << 10,
    batch: 512,
    gather: Duration::ZERO,
    patience: PATIENCE,
};
/// The time that a caller waits for a disk that does not move, and the end for the rest.
const PATIENCE: Duration = Duration::from_secs(2);

/// Writes attempts, inputs that could not be understood, and changes of the policy.
#[derive(Debug)]
pub struct AuditSink(Output);

#[derive(Debug)]
enum Output {
    /// Each line is written before the call returns; the file is opened for the first one.
    Direct(AuditFile, OnceLock<Option<Mutex<Writer>>>),
    /// Lines wait for a thread.
    Queued(Queue, Arc<Metrics>),
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
    /// Fails where it cannot be written, or there is no thread to be had.
    pub fn queued(file: &AuditFile, metrics: Arc<Metrics>) -> io::Result<Self> {
        let write = append_all(Writer::open(file)?, Arc::clone(&metrics));
        let queue = Queue::start("audit", BOUNDS, write)?;
        Ok(Self(Output::Queued(queue, metrics)))
    }

    /// Writes a record, or sees to it that it is written.
    pub fn record(&self, record: &Record) {
        self.line(entry::record(record));
    }

    fn line(&self, line: String) {
        match &self.0 {
            Output::Queued(queue, metrics) => {
                if !queue.push(line.as_bytes()) {
                    metrics.audit_lines_dropped.add((), 1);
                }
            }
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

    /// Waits until everything is written, but not for long.
    pub fn finish(&self) {
        if let Output::Queued(queue, _) = &self.0
            && !queue.finish(PATIENCE)
        {
            audit_failed(&io::ErrorKind::TimedOut.into());
        }
    }
}

/// Appends each batch, and counts the lines that could not be written. A failure is logged once.
fn append_all(mut writer: Writer, metrics: Arc<Metrics>) -> impl FnMut(&[u8], u64) {
    let mut has_failed = false;
    move |batch, dropped| {
        writer.lost(dropped);
        let lines: Vec<String> = String::from_utf8_lossy(batch)
            .lines()
            .map(String::from)
            .collect();
        let (done, failure) = writer.append(&lines);
        let lost = lines.len().saturating_sub(done);
        metrics.audit_lines_dropped.add((), lost as u64);
        if let (Some(error), false) = (&failure, has_failed) {
            audit_failed(error);
        }
        has_failed = failure.is_some();
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

/// The error that the sum of a line is wrong.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Altered;

/// Reads a line without its line feed; `None` where it is about the file itself.
///
/// # Errors
///
/// Fails where the sum of the line is wrong.
pub(crate) fn read(line: &[u8]) -> Result<Option<Record>, Altered> {
    Ok(Line::read(line).ok_or(Altered)?.parse())
}

#[cfg(test)]
mod tests;
