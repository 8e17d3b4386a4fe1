//! Lets lines wait for one thread, in a process that serves.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use super::lost_note;
use super::writer::{AuditFile, TIMEOUT, Writer};
use crate::log::audit_failed;
use crate::metrics::Metrics;
use crate::queue::{Bounds, Queue};

/// The queue of lines: some ten megabytes.
const BOUNDS: Bounds = Bounds {
    capacity: 16 << 10,
    batch: 512,
    gather: Duration::ZERO,
    patience: TIMEOUT,
};

/// The writer of a process that serves.
#[derive(Debug)]
pub(super) struct Queued {
    path: PathBuf,
    queue: Queue,
    metrics: Arc<Metrics>,
    state: Arc<State>,
}

/// The lines that are not in the file.
#[derive(Debug, Default)]
struct State {
    /// The number of those that wait.
    waiting: AtomicU64,
    /// The number of those that are lost, and that no line of the file notes yet.
    lost: AtomicU64,
    /// Set where the process ends and waits no longer.
    is_over: AtomicBool,
}

impl Queued {
    /// Opens a file, and starts the thread.
    ///
    /// # Errors
    ///
    /// Fails where it cannot be written, or there is no thread to be had.
    pub(super) fn start(file: &AuditFile, metrics: Arc<Metrics>) -> io::Result<Self> {
        let state = Arc::<State>::default();
        let mut thread = Thread {
            writer: Writer::open(file)?,
            metrics: Arc::clone(&metrics),
            state: Arc::clone(&state),
            has_failed: false,
        };
        let write = move |batch: &[u8], _| thread.write(batch);
        Ok(Self {
            path: file.path.clone(),
            queue: Queue::start("audit", BOUNDS, write)?,
            metrics,
            state,
        })
    }

    /// Hands a line over.
    pub(super) fn line(&self, line: &str) {
        self.state.waiting.fetch_add(1, Ordering::Relaxed);
        if !self.queue.push(line.as_bytes()) {
            self.state.waiting.fetch_sub(1, Ordering::Relaxed);
            self.state.lost.fetch_add(1, Ordering::Relaxed);
            self.metrics.audit_lines_dropped.add((), 1);
        }
    }

    /// Has the thread look at the file, where it has nothing else to do.
    pub(super) fn inspect(&self) {
        if self.is_idle() {
            // An empty line, which the thread does not write.
            self.queue.push(b"");
        }
    }

    /// Returns whether no line waits.
    pub(super) fn is_idle(&self) -> bool {
        self.state.waiting.load(Ordering::Relaxed) == 0
    }

    /// Waits until everything is written, but not for long. What is not written then is lost.
    pub(super) fn finish(&self) {
        let is_written = self.queue.finish(TIMEOUT);
        self.state.is_over.store(true, Ordering::Relaxed);
        let [waiting, lost] = [&self.state.waiting, &self.state.lost];
        let lost = waiting.load(Ordering::Relaxed) + lost.load(Ordering::Relaxed);
        if lost > 0 {
            drop(lost_note::leave(&self.path, lost));
        }
        if !is_written {
            audit_failed(&io::ErrorKind::TimedOut.into());
        }
    }
}

/// The thread.
#[derive(Debug)]
struct Thread {
    writer: Writer,
    metrics: Arc<Metrics>,
    state: Arc<State>,
    has_failed: bool,
}

impl Thread {
    /// Appends a batch, and counts the lines that could not be written.
    fn write(&mut self, batch: &[u8]) {
        let text = String::from_utf8_lossy(batch);
        let lines = text.lines().filter(|line| !line.is_empty());
        let lines: Vec<String> = lines.map(String::from).collect();
        let done = self.append(&lines);
        let lost = lines.len().saturating_sub(done) as u64;
        self.metrics.audit_lines_dropped.add((), lost);
        self.state.lost.fetch_add(lost, Ordering::Relaxed);
        let tried = lines.len() as u64;
        self.state.waiting.fetch_sub(tried, Ordering::Relaxed);
    }

    /// Appends lines, after those that other processes write; returns how many could be written. Where a process
    /// keeps the lock, the lines wait until the end of this process.
    fn append(&mut self, lines: &[String]) -> usize {
        loop {
            let lost = self.state.lost.load(Ordering::Relaxed);
            let appended = self.writer.append(lines, lost, TIMEOUT);
            if appended.has_noted {
                self.state.lost.fetch_sub(lost, Ordering::Relaxed);
            }
            self.log(appended.failure.as_ref());
            let is_busy = |error: &io::Error| error.kind() == io::ErrorKind::ResourceBusy;
            let is_over = self.state.is_over.load(Ordering::Relaxed);
            if is_over || !appended.failure.as_ref().is_some_and(is_busy) {
                return appended.done;
            }
        }
    }

    /// Logs the first failure of several.
    fn log(&mut self, failure: Option<&io::Error>) {
        if let (Some(error), false) = (failure, self.has_failed) {
            audit_failed(error);
        }
        self.has_failed = failure.is_some();
    }
}
