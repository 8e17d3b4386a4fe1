//! The cost of all requests together: memory, connections, and the time of the threads that serve.

mod admission;
mod exchanges;
mod memory;
mod open_connections;
mod slots;
mod work;

use lockpolicy::http::Resource;

pub(crate) use admission::Admission;
pub(crate) use exchanges::Exchanges;
pub(crate) use memory::{Lease, MemoryBudget};
pub(crate) use open_connections::{OpenConnection, OpenConnections};
pub(crate) use slots::{ClientKey, Slot, Slots};
pub(crate) use work::{Work, WorkKind, judging_weight};

use crate::config::Limits;

/// The bounds of everything that runs at the same time.
#[derive(Debug)]
pub(crate) struct Cost {
    pub(crate) memory: MemoryBudget,
    pub(crate) connections: Slots,
    pub(crate) open: OpenConnections,
    pub(crate) websockets: Slots,
    /// The connections that are beyond the limit and still get an answer.
    pub(crate) answered_excess: Slots,
    pub(crate) work: Work,
}

/// The most connections that are told at the same time that there are too many.
pub(crate) const EXCESS: usize = 64;

impl Cost {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            memory: MemoryBudget::new(limits.memory_budget),
            connections: Slots::new(
                (limits.max_connections, Resource::Connections),
                (limits.max_client_connections, Resource::ClientConnections),
            ),
            open: OpenConnections::default(),
            websockets: Slots::new(
                (limits.max_websockets, Resource::WebSockets),
                (limits.max_client_websockets, Resource::ClientWebSockets),
            ),
            answered_excess: Slots::new(
                (EXCESS, Resource::Connections),
                (EXCESS, Resource::Connections),
            ),
            work: Work::of_machine(),
        }
    }
}
