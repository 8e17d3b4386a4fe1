//! A bounded queue between many callers and the one thread that writes what they hand over, in batches.
//!
//! Waking a thread costs more than an item: it is woken for the first one only, and may wait a moment for
//! those that come soon after.

use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// The bounds of a queue.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    /// The number of items that may wait or be written.
    pub(crate) capacity: usize,
    /// The number of items that are written at once.
    pub(crate) batch: usize,
    /// The time that the first item waits for others.
    pub(crate) gather: Duration,
    /// The time that a caller waits for a full queue. Where the writer has not moved for so long, items are
    /// dropped without waiting until it moves again.
    pub(crate) patience: Duration,
}

/// A queue of items.
#[derive(Debug)]
pub(crate) struct Queue<T>(Arc<Shared<T>>);

#[derive(Debug)]
struct Shared<T> {
    pending: Mutex<Pending<T>>,
    bounds: Bounds,
    /// The first item has come.
    not_empty: Condvar,
    /// The writer need not wait for more items.
    flush_now: Condvar,
    /// Items were written.
    drained: Condvar,
}

#[derive(Debug)]
struct Pending<T> {
    items: Vec<T>,
    /// The number of items that the writer has taken and not yet written.
    writing: usize,
    /// The number of items that were dropped since the writer took the last ones.
    dropped: u64,
    /// Set where the writer has not moved for longer than a caller waits.
    stalled: bool,
    ending: bool,
}

impl<T> Pending<T> {
    fn len(&self) -> usize {
        self.items.len() + self.writing
    }
}

impl<T> Clone for Queue<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T: Send + 'static> Queue<T> {
    /// Starts the thread, which gives `write` each batch and the number of items that were dropped before it.
    ///
    /// # Errors
    ///
    /// Fails where the machine has no thread to give.
    pub(crate) fn start(
        name: &str,
        bounds: Bounds,
        mut write: impl FnMut(&[T], u64) + Send + 'static,
    ) -> io::Result<Self> {
        let queue = Self(Arc::new(Shared {
            pending: Mutex::new(Pending {
                items: Vec::new(),
                writing: 0,
                dropped: 0,
                stalled: false,
                ending: false,
            }),
            bounds,
            not_empty: Condvar::new(),
            flush_now: Condvar::new(),
            drained: Condvar::new(),
        }));
        let own = queue.clone();
        let thread = thread::Builder::new().name(name.to_owned());
        thread.spawn(move || {
            loop {
                let (batch, dropped) = own.take();
                write(&batch, dropped);
                own.written();
            }
        })?;
        Ok(queue)
    }

    fn pending(&self) -> MutexGuard<'_, Pending<T>> {
        let pending = self.0.pending.lock();
        pending.unwrap_or_else(PoisonError::into_inner)
    }

    /// Hands an item over; returns whether it was accepted.
    pub(crate) fn push(&self, item: T) -> bool {
        let Bounds {
            capacity, patience, ..
        } = self.0.bounds;
        let full = |pending: &mut Pending<T>| pending.len() >= capacity && !pending.stalled;
        let drained = &self.0.drained;
        let waited = drained.wait_timeout_while(self.pending(), patience, full);
        let mut pending = waited.unwrap_or_else(PoisonError::into_inner).0;
        if pending.len() >= capacity {
            pending.stalled = true;
            pending.dropped += 1;
            return false;
        }
        pending.items.push(item);
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
        let busy = |pending: &mut Pending<T>| pending.len() > 0;
        let drained = &self.0.drained;
        let waited = drained.wait_timeout_while(self.pending(), time, busy);
        !waited.unwrap_or_else(PoisonError::into_inner).1.timed_out()
    }

    /// Takes the next batch.
    fn take(&self) -> (Vec<T>, u64) {
        let Bounds {
            capacity,
            batch,
            gather,
            ..
        } = self.0.bounds;
        let empty = |pending: &mut Pending<T>| pending.items.is_empty();
        let waited = self.0.not_empty.wait_while(self.pending(), empty);
        let mut pending = waited.unwrap_or_else(PoisonError::into_inner);
        if !gather.is_zero() {
            let calm = |pending: &mut Pending<T>| !pending.ending && pending.len() < capacity;
            let waited = self.0.flush_now.wait_timeout_while(pending, gather, calm);
            pending = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        let rest = pending.items.len().min(batch);
        let rest = pending.items.split_off(rest);
        let items = std::mem::replace(&mut pending.items, rest);
        pending.writing = items.len();
        (items, std::mem::take(&mut pending.dropped))
    }

    fn written(&self) {
        let mut pending = self.pending();
        (pending.writing, pending.stalled) = (0, false);
        drop(pending);
        self.0.drained.notify_all();
    }
}
