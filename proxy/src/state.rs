//! The state that all requests share: settings, tables, the current policy, the client.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arc_swap::ArcSwap;
use lockpolicy::dialect::Table;
use lockpolicy::http::Resource;
use lockpolicy::{Observer, Policy};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::client_access::ClientAccess;
use crate::config::Limits;
use crate::cost::Cost;
use crate::held_keys::HeldKeys;
use crate::metrics::ProxyMetrics;
use crate::upstream::client::Client;
use crate::upstream::provider::Upstream;
use crate::upstream::provider_route::ProviderRoute;

/// Everything a request needs besides itself. Only the policy changes, and it is replaced as a whole.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) limits: Limits,
    pub(crate) cost: Cost,
    pub(crate) table: Table,
    pub(crate) upstreams: Vec<Upstream>,
    pub(crate) provider_routes: Vec<ProviderRoute>,
    pub(crate) access: ClientAccess,
    pub(crate) keys: HeldKeys,
    pub(crate) policy: Arc<ArcSwap<Policy>>,
    pub(crate) sink: Arc<dyn Observer>,
    pub(crate) metrics: Arc<dyn ProxyMetrics>,
    pub(crate) client: Client,
    pub(crate) ids: Ids,
    /// The tasks that outlive the request that started them.
    pub(crate) tasks: TaskTracker,
    /// Cancelled when the process is told to stop.
    pub(crate) stop: CancellationToken,
}

impl State {
    /// Counts and logs that a client was told to come again. `request` is empty where there is no request yet.
    pub(crate) fn exhausted(&self, resource: Resource, request: &str) {
        self.metrics.exhausted(resource);
        let resource = resource.as_str();
        tracing::warn!(event = "exhausted", resource, request_id = request);
    }
}

/// Request ids: a random prefix for the process, a number for the request.
#[derive(Debug)]
pub(crate) struct Ids {
    prefix: u64,
    next: AtomicU64,
}

impl Default for Ids {
    fn default() -> Self {
        Self {
            prefix: RandomState::new().hash_one("id"),
            next: AtomicU64::new(1),
        }
    }
}

impl Ids {
    /// Returns an id that no other request of this process has.
    pub(crate) fn next(&self) -> String {
        format!(
            "req_{:016x}{:06x}",
            self.prefix,
            self.next.fetch_add(1, Ordering::Relaxed)
        )
    }
}
