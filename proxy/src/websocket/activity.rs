//! The time since something last came from either side of a WebSocket.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, ReadBuf};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

/// Knows when something last came.
#[derive(Debug)]
pub(super) struct Activity(watch::Sender<Instant>);

impl Default for Activity {
    fn default() -> Self {
        Self(watch::Sender::new(Instant::now()))
    }
}

impl Activity {
    fn mark(&self) {
        self.0.send_replace(Instant::now());
    }

    /// Waits until nothing has come for a time.
    pub(super) async fn idle_for(&self, time: Duration) {
        loop {
            let due = *self.0.borrow() + time;
            if due <= Instant::now() {
                return;
            }
            sleep_until(due).await;
        }
    }
}

/// A reader that notes what comes.
#[derive(Debug)]
pub(super) struct NotedReader<R> {
    reader: R,
    activity: Arc<Activity>,
}

impl<R> NotedReader<R> {
    pub(super) fn new(reader: R, activity: &Arc<Activity>) -> Self {
        Self {
            reader,
            activity: Arc::clone(activity),
        }
    }
}

impl<R: AsyncRead + Unpin> AsyncRead for NotedReader<R> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.reader).poll_read(cx, buffer))?;
        self.activity.mark();
        Poll::Ready(Ok(()))
    }
}
