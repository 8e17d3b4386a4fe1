//! The responses that run on a connection, so that a drain lets them finish.

use lockpolicy::http::response_edit;
use tokio::sync::watch;

/// The responses that were asked for and have not ended.
#[derive(Debug)]
pub(crate) struct RunningResponses(watch::Sender<usize>);

impl Default for RunningResponses {
    fn default() -> Self {
        Self(watch::Sender::new(0))
    }
}

impl RunningResponses {
    /// Takes note of a message that goes to the provider.
    pub(super) fn requested(&self, message: &[u8]) {
        if response_edit::begins_response(message) {
            self.0.send_modify(|running| *running += 1);
        }
    }

    /// Returns true if the start of a message to the client ends a response that runs. An end that does not show in
    /// the start is missed, and the drain waits for its deadline.
    pub(super) fn is_ended_by(&self, start: &[u8]) -> bool {
        *self.0.borrow() > 0 && response_edit::ends_response(start)
    }

    /// Takes note that the last message of a response has gone to the client, to its end.
    pub(super) fn ended(&self) {
        self.0
            .send_modify(|running| *running = running.saturating_sub(1));
    }

    /// Waits until no response runs.
    pub(super) async fn idle(&self) {
        let mut running = self.0.subscribe();
        if running.wait_for(|running| *running == 0).await.is_err() {
            tracing::debug!("nobody talks any more");
        }
    }
}
