//! The measurements of the proxy, as calls to an interface.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use lockpolicy::http::Resource;

/// Receives measurements. Each method is called for every request, so it has to be cheap.
pub trait ProxyMetrics: fmt::Debug + Send + Sync {
    /// A request is in flight from now on.
    fn request_started(&self) {}

    /// A request, or a WebSocket, has ended with its response.
    fn request_finished(&self) {}

    /// Bytes of a request's content came from a client.
    fn bytes_received(&self, _bytes: u64) {}

    /// Bytes of a response went to a client.
    fn bytes_sent(&self, _bytes: u64) {}

    /// The time that a request took to be judged and built again.
    fn overhead(&self, _time: Duration) {}

    /// The time that the provider took to send the head of its response.
    fn upstream_latency(&self, _time: Duration) {}

    /// A request got no response of its provider.
    fn upstream_failed(&self) {}

    /// A client was told to come again, because nothing was left of what all share.
    fn exhausted(&self, _resource: Resource) {}

    /// Returns the page `/metrics` of the admin port; `None` if there is none.
    fn render(&self) -> Option<String> {
        None
    }
}

/// Discards all measurements.
#[derive(Debug)]
pub(crate) struct NoMetrics;

impl ProxyMetrics for NoMetrics {}

/// A request that is in flight as long as this lives.
#[derive(Debug)]
pub(crate) struct InFlight(Arc<dyn ProxyMetrics>);

impl InFlight {
    pub(crate) fn new(metrics: &Arc<dyn ProxyMetrics>) -> Arc<Self> {
        metrics.request_started();
        Arc::new(Self(Arc::clone(metrics)))
    }

    pub(crate) fn bytes_received(&self, bytes: u64) {
        self.0.bytes_received(bytes);
    }

    pub(crate) fn bytes_sent(&self, bytes: u64) {
        self.0.bytes_sent(bytes);
    }

    pub(crate) fn overhead(&self, time: Duration) {
        self.0.overhead(time);
    }

    pub(crate) fn upstream_latency(&self, time: Duration) {
        self.0.upstream_latency(time);
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.request_finished();
    }
}
