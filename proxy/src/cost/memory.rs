//! The memory that all requests share. Who does not fit waits, and is then told to come again.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use lockpolicy::http::{Fault, Resource};
use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};

/// The time that a request waits for memory.
const PATIENCE: Duration = Duration::from_secs(5);

/// The most that a request holds which may use the last part of the budget: large ones cannot shut out small ones.
const SMALL: usize = 64 << 10;

/// The part of the budget that large requests leave to small ones.
const RESERVE: usize = 8;

/// The error of a request for which no memory was left for a while.
const SHORT: Fault = Fault::Exhausted(Resource::Memory);

/// A number of bytes that is shared.
#[derive(Clone, Debug)]
pub(crate) struct MemoryBudget(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    limit: usize,
    used: AtomicUsize,
    freed: Notify,
}

impl MemoryBudget {
    pub(crate) fn new(limit: usize) -> Self {
        Self(Arc::new(Shared {
            limit,
            used: AtomicUsize::new(0),
            freed: Notify::new(),
        }))
    }

    /// Returns a lease that holds nothing yet.
    pub(crate) fn lease(&self) -> Lease {
        Lease {
            budget: Arc::clone(&self.0),
            held: 0,
        }
    }
}

impl Shared {
    /// Returns the part of the budget that a request of this size may use.
    fn share(&self, total: usize) -> usize {
        if total <= SMALL {
            self.limit
        } else {
            self.limit - self.limit / RESERVE
        }
    }

    fn take(&self, more: usize, share: usize) -> bool {
        let taken = |used: usize| used.checked_add(more).filter(|used| *used <= share);
        let order = Ordering::Relaxed;
        self.used.fetch_update(order, order, taken).is_ok()
    }

    fn give_back(&self, less: usize) {
        self.used.fetch_sub(less, Ordering::Relaxed);
        self.freed.notify_waiters();
    }
}

/// The memory that one request holds, given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Lease {
    budget: Arc<Shared>,
    held: usize,
}

impl Lease {
    /// Holds `total` bytes from now on, if it held less.
    ///
    /// # Errors
    ///
    /// [`Fault::BodyBeyondMemory`] where it does not fit into the whole budget, [`SHORT`] where it did not fit
    /// beside the others for a while.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future changes nothing.
    pub(crate) async fn grow(&mut self, total: usize) -> Result<(), Fault> {
        let more = total.saturating_sub(self.held);
        let share = self.budget.share(total);
        if more == 0 || self.budget.take(more, share) {
            self.held += more;
            return Ok(());
        }
        if total > share {
            return Err(Fault::BodyBeyondMemory);
        }
        self.wait(more, share).await
    }

    async fn wait(&mut self, more: usize, share: usize) -> Result<(), Fault> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let mut freed = std::pin::pin!(self.budget.freed.notified());
            // What is given back from here on wakes it.
            freed.as_mut().enable();
            if self.budget.take(more, share) {
                self.held += more;
                return Ok(());
            }
            if timeout_at(deadline, freed).await.is_err() {
                return Err(SHORT);
            }
        }
    }

    /// Holds no more than `total` bytes from now on.
    pub(crate) fn shrink(&mut self, total: usize) {
        let less = self.held.saturating_sub(total);
        if less > 0 {
            self.held -= less;
            self.budget.give_back(less);
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.shrink(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn request_that_does_not_fit_waits_for_what_is_given_back() {
        let budget = MemoryBudget::new(8 << 20);
        let (mut one, mut other) = (budget.lease(), budget.lease());
        one.grow(7 << 20).await.unwrap();
        let began = Instant::now();
        assert_eq!(other.grow(1 << 20).await, Err(SHORT));
        assert_eq!(began.elapsed(), PATIENCE);
        let (waited, ()) = tokio::join!(other.grow(1 << 20), async { one.shrink(6 << 20) });
        waited.unwrap();
        drop((one, other));
        assert_eq!(budget.0.used.load(Ordering::Relaxed), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn small_request_fits_beside_large_ones() {
        let budget = MemoryBudget::new(8 << 20);
        let (mut large, mut small) = (budget.lease(), budget.lease());
        assert_eq!(large.grow(8 << 20).await, Err(Fault::BodyBeyondMemory));
        large.grow(7 << 20).await.unwrap();
        let began = Instant::now();
        small.grow(SMALL).await.unwrap();
        assert_eq!(began.elapsed(), Duration::ZERO);
    }
}
