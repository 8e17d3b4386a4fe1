//! The audit file: one JSON line for each rejected or changed input and each change of the policy, chained by hashes.
//!
//! ```text
//! event ── record ─► queue ─► writer (one thread): lock · look at the last line · append · unlock
//! ```
//!
//! Any number of processes append to one file; a lock beside it, which no reader can hold, keeps their lines whole
//! and in one chain. In the proxy a caller waits where the queue is full, so that nothing is lost while the disk
//! works; where it stands still for longer than two seconds, lines are counted as lost, and the next
//! line that is written says how many. The shim writes before it goes on, because it becomes codex, and waits no longer
//! than that either.

mod direct;
mod entry;
mod file;
mod hash_chain;
mod line_reader;
mod lost_note;
mod queued;
mod verify;
mod writer;
mod writer_lock;

use std::io;
use std::sync::Arc;

use lockpolicy::Event;

use crate::metrics::Metrics;
use crate::record::Record;
use crate::sink::{Observation, Sink};
use direct::Direct;
pub(crate) use file::open;
pub(crate) use hash_chain::LINE_CAP;
use hash_chain::Line;
use queued::Queued;
pub(crate) use verify::files;
pub use verify::{Finding, Report, What, verify};
pub use writer::AuditFile;

/// Writes attempts, inputs that could not be understood, and changes of the policy.
#[derive(Debug)]
pub struct AuditSink(Output);

#[derive(Debug)]
enum Output {
    /// Each line is written before the call returns; the file is opened for the first one.
    Direct(Arc<Direct>),
    /// Lines wait for a thread.
    Queued(Queued),
}

impl AuditSink {
    /// Writes each line before the call returns, for a process that ends soon.
    pub fn direct(file: AuditFile) -> Self {
        Self(Output::Direct(Arc::new(Direct::new(file))))
    }

    /// Opens a file for a process that serves.
    ///
    /// # Errors
    ///
    /// Fails where it cannot be written, or there is no thread to be had.
    pub fn queued(file: &AuditFile, metrics: Arc<Metrics>) -> io::Result<Self> {
        Ok(Self(Output::Queued(Queued::start(file, metrics)?)))
    }

    /// Writes a record, or sees to it that it is written.
    pub fn record(&self, record: &Record) {
        self.line(entry::record(record));
    }

    fn line(&self, line: String) {
        match &self.0 {
            Output::Queued(queued) => queued.line(&line),
            Output::Direct(direct) => direct.line(line),
        }
    }

    /// Looks if the file still has what this process has seen in it; if not, that is logged and noted in the file.
    pub fn inspect(&self) {
        match &self.0 {
            Output::Queued(queued) => queued.inspect(),
            Output::Direct(_) => {}
        }
    }

    /// Waits until everything is written, but not for long.
    pub fn finish(&self) {
        match &self.0 {
            Output::Queued(queued) => queued.finish(),
            Output::Direct(_) => {}
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
