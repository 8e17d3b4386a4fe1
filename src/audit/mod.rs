//! The audit file: one JSON line for each attempt and each change of the policy, chained by hashes.
//!
//! ```text
//! door ── record ─► queue ─► writer (one thread): lock · look at the last line · append · unlock
//! ```
//!
//! Any number of processes append to one file; a lock on it keeps their lines whole and in one chain.
//! In the proxy a caller waits where the queue is full, so that nothing is lost while the disk
//! works; where it stands still for longer than [`queue::PATIENCE`], lines are counted as lost, and the next
//! line that is written says how many. The shim writes before it goes on: it becomes codex.

mod chain;
mod entry;
mod queue;
mod verify;
mod writer;

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

pub(crate) use chain::LINE_CAP;
use chain::Line;
pub(crate) use entry::{attempt, policy};
use queue::Queue;
pub(crate) use verify::{Report, files, verify};
use writer::Writer;

use crate::telemetry::{Counts, audit_failed};

/// Which file, and how large it may become.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// The file that is appended to.
    pub(crate) path: PathBuf,
    /// Bytes after which it is put aside and a new one begun.
    pub(crate) size: u64,
}

/// The way into an audit file.
#[derive(Debug)]
pub(crate) enum Audit {
    /// Each line is written before the call returns.
    Direct(Mutex<Writer>),
    /// Lines wait for a thread.
    Queued(Queue),
}

impl Audit {
    /// Opens a file for a process that ends soon.
    ///
    /// # Errors
    ///
    /// Where it cannot be written.
    pub(crate) fn direct(place: &Place) -> io::Result<Self> {
        Ok(Self::Direct(Mutex::new(Writer::open(place)?)))
    }

    /// Opens a file for a process that serves.
    ///
    /// # Errors
    ///
    /// Where it cannot be written, or there is no thread to be had.
    pub(crate) fn queued(place: &Place, counts: Arc<Counts>) -> io::Result<Self> {
        Ok(Self::Queued(Queue::start(Writer::open(place)?, counts)?))
    }

    /// Writes a line, or sees to it that it is written.
    pub(crate) fn record(&self, entry: String) {
        match self {
            Self::Direct(writer) => {
                let mut writer = writer.lock().unwrap_or_else(PoisonError::into_inner);
                if let (_, Some(error)) = writer.append(&[entry]) {
                    audit_failed(&error);
                }
            }
            Self::Queued(queue) => queue.push(entry),
        }
    }

    /// Waits until everything is written, but not for ever.
    pub(crate) fn finish(&self) {
        match self {
            Self::Direct(_) => {}
            Self::Queued(queue) => queue.finish(),
        }
    }
}

/// What a line says of itself, between the chain's members; `None` where it is not what its sum says.
pub(crate) fn members(line: &[u8]) -> Option<&str> {
    Line::read(line).map(|line| line.members)
}

#[cfg(test)]
mod tests;
