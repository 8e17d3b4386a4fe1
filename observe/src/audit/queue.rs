//! Lines that wait for the one thread that writes them, many at a time.
//!
//! Where the queue is full, the caller waits: nothing is lost while the disk works. Where it has not moved
//! for [`PATIENCE`], lines are counted as lost without waiting, until it moves again.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use super::writer::Writer;
use crate::log::audit_failed;
use crate::metrics::Metrics;

/// How many lines may wait: some ten megabytes.
const ROOM: usize = 16 << 10;
/// How many lines are written at once.
const BATCH: usize = 512;
/// How long a caller waits for a disk that stands still, and the end for the rest.
pub(super) const PATIENCE: Duration = Duration::from_secs(2);

/// The way to the thread.
#[derive(Clone, Debug)]
pub(super) struct Queue(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    waiting: Mutex<Waiting>,
    /// Something has come, or the end.
    come: Condvar,
    /// Something has gone.
    gone: Condvar,
    metrics: Arc<Metrics>,
}

#[derive(Debug, Default)]
struct Waiting {
    lines: VecDeque<String>,
    /// Lines that nobody waits for any more, and that the writer has not been told of.
    lost: u64,
    /// Whether the writer has not moved for longer than anybody waits.
    stuck: bool,
    /// Whether the writer has lines in its hand.
    writing: bool,
    ending: bool,
}

impl Queue {
    /// Starts the thread.
    ///
    /// # Errors
    ///
    /// Where the machine has none to give.
    pub(super) fn start(writer: Writer, metrics: Arc<Metrics>) -> io::Result<Self> {
        let queue = Self(Arc::new(Shared {
            waiting: Mutex::default(),
            come: Condvar::new(),
            gone: Condvar::new(),
            metrics,
        }));
        let own = queue.clone();
        thread::Builder::new()
            .name("audit".to_owned())
            .spawn(move || own.write(writer))?;
        Ok(queue)
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.0
            .waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Hands a line over; waits where the queue is full.
    pub(super) fn push(&self, line: String) {
        let full = |waiting: &mut Waiting| waiting.lines.len() >= ROOM && !waiting.stuck;
        let waited = self
            .0
            .gone
            .wait_timeout_while(self.waiting(), PATIENCE, full);
        let (mut waiting, _) = waited.unwrap_or_else(PoisonError::into_inner);
        if waiting.lines.len() >= ROOM {
            waiting.stuck = true;
            waiting.lost += 1;
            self.0.metrics.audit_lines_dropped.add((), 1);
            return;
        }
        waiting.lines.push_back(line);
        // The writer sleeps only where none was there.
        if waiting.lines.len() == 1 {
            self.0.come.notify_one();
        }
    }

    /// Waits until everything is written, but not for ever.
    pub(super) fn finish(&self) {
        self.waiting().ending = true;
        self.0.come.notify_one();
        let busy = |waiting: &mut Waiting| waiting.writing || !waiting.lines.is_empty();
        let waited = self
            .0
            .gone
            .wait_timeout_while(self.waiting(), PATIENCE, busy);
        let late = waited.unwrap_or_else(PoisonError::into_inner).1.timed_out();
        if late {
            audit_failed(&io::Error::from(io::ErrorKind::TimedOut));
        }
    }

    fn write(&self, mut writer: Writer) {
        let mut failed = false;
        while let Some(batch) = self.next(&mut writer) {
            let (done, failure) = writer.append(&batch);
            let lost = batch.len().saturating_sub(done);
            self.0.metrics.audit_lines_dropped.add((), lost as u64);
            if let (Some(error), false) = (&failure, failed) {
                audit_failed(error);
            }
            failed = failure.is_some();
            let mut waiting = self.waiting();
            waiting.writing = false;
            waiting.stuck = false;
            drop(waiting);
            self.0.gone.notify_all();
        }
    }

    /// The lines to write now; `None` at the end.
    fn next(&self, writer: &mut Writer) -> Option<Vec<String>> {
        let idle = |waiting: &mut Waiting| waiting.lines.is_empty() && !waiting.ending;
        let waited = self.0.come.wait_while(self.waiting(), idle);
        let mut waiting = waited.unwrap_or_else(PoisonError::into_inner);
        if waiting.lines.is_empty() {
            return None;
        }
        writer.lost(std::mem::take(&mut waiting.lost));
        let count = waiting.lines.len().min(BATCH);
        waiting.writing = true;
        Some(waiting.lines.drain(..count).collect())
    }
}
