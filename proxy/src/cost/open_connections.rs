//! The connections of clients that are open. Those that are idle make place for others.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio_util::sync::CancellationToken;

use super::{ClientKey, Exchanges};

/// The connections that are open.
#[derive(Clone, Debug, Default)]
pub(crate) struct OpenConnections(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    open: Mutex<HashMap<u64, Connection>>,
    next: AtomicU64,
}

#[derive(Debug)]
struct Connection {
    client: ClientKey,
    exchanges: Exchanges,
    close: CancellationToken,
}

impl OpenConnections {
    fn open(&self) -> MutexGuard<'_, HashMap<u64, Connection>> {
        self.0.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a connection, as long as what is returned lives.
    pub(crate) fn add(&self, client: ClientKey, exchanges: Exchanges) -> OpenConnection {
        let number = self.0.next.fetch_add(1, Ordering::Relaxed);
        let close = CancellationToken::new();
        let connection = Connection {
            client,
            exchanges,
            close: close.clone(),
        };
        self.open().insert(number, connection);
        OpenConnection {
            of: self.clone(),
            number,
            close,
        }
    }

    /// Closes the connection that has been idle for the longest time, of one client or of all. Returns false where none
    /// is idle.
    pub(crate) fn close_idle(&self, client: Option<&ClientKey>) -> bool {
        let open = self.open();
        let candidates = open.values().filter(|connection| {
            !connection.close.is_cancelled()
                && client.is_none_or(|client| *client == connection.client)
        });
        let idle = candidates
            .filter_map(|connection| Some((connection.exchanges.idle_since()?, &connection.close)));
        let oldest = idle.min_by_key(|(since, _)| *since);
        oldest.inspect(|(_, close)| close.cancel()).is_some()
    }
}

/// A connection that is open.
#[derive(Debug)]
pub(crate) struct OpenConnection {
    of: OpenConnections,
    number: u64,
    close: CancellationToken,
}

impl OpenConnection {
    /// Waits until it has to make place for another one.
    pub(crate) async fn has_to_close(&self) {
        self.close.cancelled().await;
    }

    /// Returns true if it has to.
    #[cfg(test)]
    pub(crate) fn is_to_close(&self) -> bool {
        self.close.is_cancelled()
    }
}

impl Drop for OpenConnection {
    fn drop(&mut self) {
        self.of.open().remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn connection_that_was_idle_longest_is_closed_first() {
        let all = OpenConnections::default();
        let other = ClientKey::Named("other".to_owned());
        let mut open = Vec::new();
        for client in [&other, &ClientKey::Local, &ClientKey::Local] {
            open.push(all.add(client.clone(), Exchanges::default()));
            tokio::time::advance(std::time::Duration::from_secs(1)).await;
        }
        let busy = Exchanges::default();
        let _exchange = busy.begin();
        open.push(all.add(ClientKey::Local, busy));
        let closed = || {
            open.iter()
                .map(OpenConnection::is_to_close)
                .collect::<Vec<_>>()
        };
        assert!(all.close_idle(Some(&ClientKey::Local)));
        assert_eq!(closed(), [false, true, false, false]);
        assert!(all.close_idle(None) && all.close_idle(None));
        assert_eq!(closed(), [true, true, true, false]);
        assert!(!all.close_idle(None), "the last one is busy");
        drop(open);
        assert!(all.open().is_empty());
    }
}
