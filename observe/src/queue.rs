//! A bounded queue of lines between many callers and the one thread that writes them, in batches.
//!
//! Waking a thread costs more than a line: it is woken for the first one only, and may wait a moment for
//! those that come soon after. Lines are copied into one buffer, which costs no allocation of their own.

use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// The bounds of a queue.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    /// The number of lines that may wait or be written.
    pub(crate) capacity: usize,
    /// The number of lines that are written at once.
    pub(crate) batch: usize,
    /// The time that the first line waits for others.
    pub(crate) gather: Duration,
    /// The time that a caller waits for a full queue. Where the writer has not moved for so long, lines are
    /// dropped without waiting until it moves again.
    pub(crate) patience: Duration,
}

/// The memory that an idle queue keeps.
const KEPT: usize = 64 << 10;

/// A queue of lines.
#[derive(Clone, Debug)]
pub(crate) struct Queue(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    pending: Mutex<Pending>,
    bounds: Bounds,
    /// The first line has come.
    not_empty: Condvar,
    /// The writer need not wait for more lines.
    flush_now: Condvar,
    /// Lines were written.
    drained: Condvar,
}

#[derive(Debug, Default)]
struct Pending {
    /// The lines that wait, each with its line feed.
    text: Vec<u8>,
    /// The number of lines that wait.
    waiting: usize,
    /// The number of lines that the writer has taken and not yet written.
    writing: usize,
    /// The number of lines that were dropped since the writer took the last ones.
    dropped: u64,
    /// Set where the writer has not moved for longer than a caller waits.
    stalled: bool,
    ending: bool,
}

impl Pending {
    fn len(&self) -> usize {
        self.waiting + self.writing
    }

    fn add(&mut self, line: &[u8]) {
        self.text.extend_from_slice(line);
        self.text.push(b'\n');
        self.waiting += 1;
    }

    /// Moves the first lines into an empty buffer, at most `count` of them.
    fn take(&mut self, count: usize, batch: &mut Vec<u8>) {
        std::mem::swap(batch, &mut self.text);
        self.writing = self.waiting.min(count);
        self.waiting -= self.writing;
        if self.waiting > 0 {
            self.text = batch.split_off(length_of(batch, self.writing));
        }
    }
}

/// Returns the length of the first lines of a text.
fn length_of(text: &[u8], lines: usize) -> usize {
    let lines = text.split_inclusive(|byte| *byte == b'\n').take(lines);
    lines.map(<[u8]>::len).sum()
}

impl Queue {
    /// Starts the thread, which gives `write` each batch of whole lines and the number of lines that were dropped
    /// before it.
    ///
    /// # Errors
    ///
    /// Fails where the machine has no thread to give.
    pub(crate) fn start(
        name: &str,
        bounds: Bounds,
        mut write: impl FnMut(&[u8], u64) + Send + 'static,
    ) -> io::Result<Self> {
        let queue = Self(Arc::new(Shared {
            pending: Mutex::default(),
            bounds,
            not_empty: Condvar::new(),
            flush_now: Condvar::new(),
            drained: Condvar::new(),
        }));
        let own = queue.clone();
        let thread = thread::Builder::new().name(name.to_owned());
        thread.spawn(move || {
            let mut batch = Vec::new();
            loop {
                batch.clear();
                batch.shrink_to(KEPT);
                let dropped = own.take(&mut batch);
                write(&batch, dropped);
                own.written();
            }
        })?;
        Ok(queue)
    }

    fn pending(&self) -> MutexGuard<'_, Pending> {
        let pending = self.0.pending.lock();
        pending.unwrap_or_else(PoisonError::into_inner)
    }

    /// Hands over a line without its line feed; returns whether it was accepted.
    pub(crate) fn push(&self, line: &[u8]) -> bool {
        let Bounds {
            capacity, patience, ..
        } = self.0.bounds;
        let full = |pending: &mut Pending| pending.len() >= capacity && !pending.stalled;
        let drained = &self.0.drained;
        let waited = drained.wait_timeout_while(self.pending(), patience, full);
        let mut pending = waited.unwrap_or_else(PoisonError::into_inner).0;
        if pending.len() >= capacity {
            pending.stalled = true;
            pending.dropped += 1;
            return false;
        }
        pending.add(line);
        let (is_first, is_full) = (pending.len() == 1, pending.len() == capacity);
        drop(pending);
        if is_first {
            self.0.not_empty.notify_one();
        }
        if is_full {
            self.0.flush_now.notify_one();
        }
        true
    }

    /// Waits until everything is written, but not for longer than a time; returns whether it was.
    pub(crate) fn finish(&self, time: Duration) -> bool {
        self.pending().ending = true;
        self.0.flush_now.notify_one();
        let busy = |pending: &mut Pending| pending.len() > 0;
        let drained = &self.0.drained;
        let waited = drained.wait_timeout_while(self.pending(), time, busy);
        !waited.unwrap_or_else(PoisonError::into_inner).1.timed_out()
    }

    /// Waits for lines and takes the next batch of them; returns the number of lines that were dropped before it.
    fn take(&self, lines: &mut Vec<u8>) -> u64 {
        let Bounds {
            capacity,
            batch,
            gather,
            ..
        } = self.0.bounds;
        let empty = |pending: &mut Pending| pending.waiting == 0;
        let waited = self.0.not_empty.wait_while(self.pending(), empty);
        let mut pending = waited.unwrap_or_else(PoisonError::into_inner);
        if !gather.is_zero() {
            let calm = |pending: &mut Pending| !pending.ending && pending.len() < capacity;
            let waited = self.0.flush_now.wait_timeout_while(pending, gather, calm);
            pending = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        pending.take(batch, lines);
        std::mem::take(&mut pending.dropped)
    }

    fn written(&self) {
        let mut pending = self.pending();
        (pending.writing, pending.stalled) = (0, false);
        drop(pending);
        self.0.drained.notify_all();
    }
}
