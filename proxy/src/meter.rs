//! What the proxy measures, told to whoever counts.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// Takes what is measured. Each is called for every request: it has to cost next to nothing.
pub trait Meter: fmt::Debug + Send + Sync {
    /// A request is carried from now on.
    fn began(&self) {}

    /// A request, or a WebSocket, has ended with its answer.
    fn ended(&self) {}

    /// Bytes of a content came from a client.
    fn taken(&self, _bytes: u64) {}

    /// Bytes of an answer went to a client.
    fn passed(&self, _bytes: u64) {}

    /// How long a request took to judge and to make anew.
    fn overhead(&self, _time: Duration) {}

    /// How long the provider took to the head of its answer.
    fn upstream(&self, _time: Duration) {}

    /// A request got no answer of its provider.
    fn failed(&self) {}

    /// What `/metrics` answers on the admin port; `None` where there is no such page.
    fn page(&self) -> Option<String> {
        None
    }
}

/// Where nobody counts.
#[derive(Debug)]
pub(crate) struct Unmetered;

impl Meter for Unmetered {}

/// A request that is carried as long as this lives.
#[derive(Debug)]
pub(crate) struct Carried(Arc<dyn Meter>);

impl Carried {
    pub(crate) fn new(meter: &Arc<dyn Meter>) -> Arc<Self> {
        meter.began();
        Arc::new(Self(Arc::clone(meter)))
    }

    pub(crate) fn taken(&self, bytes: u64) {
        self.0.taken(bytes);
    }

    pub(crate) fn passed(&self, bytes: u64) {
        self.0.passed(bytes);
    }

    pub(crate) fn overhead(&self, time: Duration) {
        self.0.overhead(time);
    }

    pub(crate) fn upstream(&self, time: Duration) {
        self.0.upstream(time);
    }
}

impl Drop for Carried {
    fn drop(&mut self) {
        self.0.ended();
    }
}
