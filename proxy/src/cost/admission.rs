//! The place of a connection: one within the limits, or one that only gets to hear that there is none.

use std::time::Duration;

use lockpolicy::http::{Fault, Resource};
use tokio::time::timeout;

use super::{ClientKey, Cost, Slot};

/// A connection that is served, as long as this lives.
#[derive(Debug)]
pub(crate) struct Admission {
    /// Whom it belongs to.
    pub(crate) client: ClientKey,
    /// The resource that is exhausted; then each request is refused for it.
    full: Option<Resource>,
    /// True if the client had to speak TLS and does not; then each request is refused for that.
    pub(crate) lacks_tls: bool,
    slot: Slot,
}

/// The time that an idle connection gets to make its place free.
const PATIENCE: Duration = Duration::from_secs(1);

impl Admission {
    /// Takes a place for a connection.
    ///
    /// # Errors
    ///
    /// What nothing is left of, where there is no place to say so either.
    pub(crate) fn of(cost: &Cost, client: ClientKey) -> Result<Self, Resource> {
        let (full, slot) = match cost.connections.take(&client) {
            Ok(slot) => (None, slot),
            Err(full) => {
                let slot = cost.answered_excess.take(&client);
                (Some(full), slot.map_err(|_| full)?)
            }
        };
        Ok(Self {
            client,
            full,
            lacks_tls: false,
            slot,
        })
    }

    /// Returns why each request of the connection is refused, if it is.
    pub(crate) fn fault(&self) -> Option<Fault> {
        let full = self.full.map(Fault::Exhausted);
        full.or(self.lacks_tls.then_some(Fault::TlsRequired))
    }

    /// Takes the place of an idle connection, where there was none within the limits.
    pub(crate) async fn or_that_of_an_idle_one(mut self, cost: &Cost) -> Self {
        let Some(full) = self.full else { return self };
        let client = (full == Resource::ClientConnections).then_some(&self.client);
        if cost.open.close_idle(client)
            && let Ok(slot) = timeout(PATIENCE, cost.connections.wait(&self.client)).await
        {
            (self.slot, self.full) = (slot, None);
        }
        self
    }
}
