//! The place of a connection: one within the limits, or one that only gets to hear that there is none.

use lockpolicy::http::Resource;

use super::{ClientKey, Cost, Slot};

/// A connection that is served, as long as this lives.
#[derive(Debug)]
pub(crate) struct Admission {
    /// Whom it belongs to.
    pub(crate) client: ClientKey,
    /// The resource that is exhausted; then each request is refused for it.
    pub(crate) full: Option<Resource>,
    _slot: Slot,
}

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
            _slot: slot,
        })
    }
}
