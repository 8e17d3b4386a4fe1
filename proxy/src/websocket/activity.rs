//! The time since a frame last went through a WebSocket.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

/// Knows when a frame last went through, in either direction.
#[derive(Debug)]
pub(super) struct Activity(watch::Sender<Instant>);

impl Default for Activity {
    fn default() -> Self {
        Self(watch::Sender::new(Instant::now()))
    }
}

impl Activity {
    /// Notes that a frame goes through.
    pub(super) fn mark(&self) {
        self.0.send_replace(Instant::now());
    }

    /// Waits until no frame has gone through for a time.
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
