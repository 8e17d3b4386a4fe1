//! Work that takes longer than a millisecond: beside the threads that serve, and not all of it at once.

use std::num::NonZero;

use memchr::memmem;
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::sync::Semaphore;

/// A kind of work, by the number of its bytes that take most of a millisecond.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WorkKind {
    /// A text is judged: 1 MiB takes half a millisecond, as the bench of `lockpolicy` measures. Count it by
    /// [`judging_weight`].
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

/// Returns how many bytes of usual text take as long to be judged as a text. A member takes as long as some hundred
/// bytes; where they are few, it is the length.
pub(crate) fn judging_weight(text: &[u8]) -> usize {
    let length = text.len();
    if !(FEW..WorkKind::Judging.long()).contains(&length) {
        return length;
    }
    length + memmem::find_iter(text, b"\":").count() * MEMBER
}

/// The bytes whose members are not counted: a text of nothing but members takes half a millisecond.
const FEW: usize = 64 << 10;

/// The bytes of usual text that take as long as a member.
const MEMBER: usize = 300;

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

    #[test]
    fn text_of_nothing_but_members_weighs_more_than_usual_text() {
        let long = WorkKind::Judging.long();
        let dense = [r#"{"type":"function"}"#].repeat(10_000).join(",");
        assert!(judging_weight(dense.as_bytes()) >= long);
        let usual = "a line of source code\\n".repeat(50_000);
        assert!(judging_weight(usual.as_bytes()) < long);
        let short = &dense.as_bytes()[..FEW - 1];
        assert_eq!(judging_weight(short), short.len());
    }

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
