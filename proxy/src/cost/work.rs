//! Work that takes longer than a millisecond: beside the threads that serve, and not all of it at once.

use std::num::NonZero;

use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::sync::Semaphore;

/// A kind of work, by the number of its bytes that take most of a millisecond.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WorkKind {
    /// A text is judged: 1 MiB takes half a millisecond, as the bench of `lockpolicy` measures.
    Judging,
    /// A coding is taken off: a few bytes can hold many.
    Decoding,
}

impl WorkKind {
    /// Returns the number of bytes from which on it is done aside.
    pub(crate) const fn long(self) -> usize {
        match self {
            Self::Judging => 3 << 19,
            Self::Decoding => 64 << 10,
        }
    }
}

/// The threads that long work may take.
#[derive(Debug)]
pub(crate) struct Work(Semaphore);

impl Work {
    /// Leaves a processor of this machine to those who serve.
    pub(crate) fn of_machine() -> Self {
        let all = std::thread::available_parallelism().map_or(1, NonZero::get);
        Self(Semaphore::new(all.saturating_sub(1).max(1)))
    }

    /// Does something with so many bytes: at once where they are few, else in its turn, while the other tasks of this
    /// thread go on elsewhere.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future before its turn leaves the work undone.
    pub(crate) async fn run<T>(
        &self,
        (kind, bytes): (WorkKind, usize),
        work: impl FnOnce() -> T,
    ) -> T {
        if bytes < kind.long() {
            return work();
        }
        // It is never closed.
        let _turn = self.0.acquire().await.ok();
        if Handle::current().runtime_flavor() == RuntimeFlavor::MultiThread {
            tokio::task::block_in_place(work)
        } else {
            work()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// With a single thread that serves, a task runs while another one works.
    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn others_are_served_while_one_works() {
        let (work, (sender, receiver)) = (Work::of_machine(), std::sync::mpsc::channel());
        let tracker = tokio_util::task::TaskTracker::new();
        tracker.spawn(async move { sender.send(()).unwrap() });
        let long = (WorkKind::Judging, WorkKind::Judging.long());
        let heard = work.run(long, move || receiver.recv()).await;
        assert_eq!(heard, Ok(()));
    }
}
