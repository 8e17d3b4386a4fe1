//! What every request shares: settings, tables, the current policy, the way out.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arc_swap::ArcSwap;
use lockpolicy::dialect::Table;
use lockpolicy::{Observer, Policy};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::config::Limits;
use crate::key::Key;
use crate::meter::Meter;
use crate::upstream::client::Client;
use crate::upstream::provider::Upstream;
use crate::upstream::provider_route::Mount;

/// Everything a request needs besides itself. Nothing in it changes but the policy, which is replaced
/// whole.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) limits: Limits,
    pub(crate) table: Table,
    pub(crate) upstreams: Vec<Upstream>,
    pub(crate) mounts: Vec<Mount>,
    pub(crate) key: Option<Key>,
    pub(crate) policy: Arc<ArcSwap<Policy>>,
    pub(crate) sink: Arc<dyn Observer>,
    pub(crate) meter: Arc<dyn Meter>,
    pub(crate) client: Client,
    pub(crate) ids: Ids,
    /// What outlives the request that began it.
    pub(crate) tasks: TaskTracker,
    /// Cancelled when the process is told to stop.
    pub(crate) stop: CancellationToken,
}

/// Request ids: a random stem for the process, a number for the request.
#[derive(Debug)]
pub(crate) struct Ids {
    stem: u64,
    next: AtomicU64,
}

impl Default for Ids {
    fn default() -> Self {
        Self {
            stem: RandomState::new().hash_one("id"),
            next: AtomicU64::new(1),
        }
    }
}

impl Ids {
    /// An id that no other request of this process has.
    pub(crate) fn next(&self) -> String {
        format!(
            "req_{:016x}{:06x}",
            self.stem,
            self.next.fetch_add(1, Ordering::Relaxed)
        )
    }
}
