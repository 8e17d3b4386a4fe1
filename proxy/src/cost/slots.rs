//! The number of connections, or of `WebSocket`s: in all, and of one client.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lockpolicy::http::Resource;
use tokio::sync::Notify;

/// Whom a connection belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum ClientKey {
    /// An address, or the network of one household: the last 64 bits of an IPv6 address are its owner's to choose.
    Network(IpAddr),
    /// The name of a client that stated its token.
    Named(String),
    /// The other end of a socket of this machine.
    Local,
}

impl ClientKey {
    /// Returns the client of a connection from an address; `None` is a socket of this machine.
    pub(crate) fn of(address: Option<IpAddr>) -> Self {
        match address.map(|address| address.to_canonical()) {
            None => Self::Local,
            Some(IpAddr::V4(address)) => Self::Network(address.into()),
            Some(IpAddr::V6(address)) => {
                let network = address.to_bits() & (u128::MAX << 64);
                Self::Network(IpAddr::V6(network.into()))
            }
        }
    }
}

/// A number of places that are taken and given back.
#[derive(Clone, Debug)]
pub(crate) struct Slots(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    all: (usize, Resource),
    of_client: (usize, Resource),
    taken: Mutex<Taken>,
    freed: Notify,
}

#[derive(Debug, Default)]
struct Taken {
    all: usize,
    by_client: HashMap<ClientKey, usize>,
}

impl Slots {
    /// Makes so many places, and so many for one client, each with its name.
    pub(crate) fn new(all: (usize, Resource), of_client: (usize, Resource)) -> Self {
        Self(Arc::new(Shared {
            all,
            of_client,
            taken: Mutex::default(),
            freed: Notify::new(),
        }))
    }

    /// Takes a place.
    ///
    /// # Errors
    ///
    /// What nothing is left of.
    pub(crate) fn take(&self, client: &ClientKey) -> Result<Slot, Resource> {
        let mut taken = self.0.taken();
        if taken.all >= self.0.all.0 {
            return Err(self.0.all.1);
        }
        let own = taken.by_client.get(client).copied().unwrap_or_default();
        if own >= self.0.of_client.0 {
            return Err(self.0.of_client.1);
        }
        taken.all += 1;
        taken.by_client.insert(client.clone(), own + 1);
        Ok(Slot {
            of: Arc::clone(&self.0),
            client: client.clone(),
        })
    }

    /// Waits for a place.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future takes none.
    pub(crate) async fn wait(&self, client: &ClientKey) -> Slot {
        loop {
            let mut freed = std::pin::pin!(self.0.freed.notified());
            // What is given back from here on wakes it.
            freed.as_mut().enable();
            if let Ok(slot) = self.take(client) {
                return slot;
            }
            freed.await;
        }
    }
}

impl Shared {
    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place, given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Slot {
    of: Arc<Shared>,
    client: ClientKey,
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut taken = self.of.taken();
        taken.all = taken.all.saturating_sub(1);
        if let Some(own) = taken.by_client.get_mut(&self.client) {
            *own = own.saturating_sub(1);
            if *own == 0 {
                taken.by_client.remove(&self.client);
            }
        }
        drop(taken);
        self.of.freed.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(address: &str) -> ClientKey {
        ClientKey::of(Some(address.parse().unwrap()))
    }

    #[test]
    fn place_is_taken_and_given_back() {
        let slots = Slots::new((3, Resource::Connections), (2, Resource::ClientConnections));
        let (one, other) = (client("10.0.0.1"), client("10.0.0.2"));
        let first = slots.take(&one).unwrap();
        let _second = slots.take(&one).unwrap();
        assert_eq!(slots.take(&one).unwrap_err(), Resource::ClientConnections);
        let third = slots.take(&other).unwrap();
        assert_eq!(slots.take(&other).unwrap_err(), Resource::Connections);
        drop((first, third));
        assert_eq!(slots.0.taken().by_client.len(), 1);
        assert!(slots.take(&one).is_ok());
    }

    #[test]
    fn client_is_an_address_or_a_network_of_one_owner() {
        assert_eq!(client("::ffff:10.0.0.1"), client("10.0.0.1"));
        assert_eq!(client("2001:db8::1"), client("2001:db8::ffff:2"));
        assert_ne!(client("2001:db8:0:1::1"), client("2001:db8::1"));
        assert_ne!(client("127.0.0.1"), ClientKey::of(None));
    }
}
