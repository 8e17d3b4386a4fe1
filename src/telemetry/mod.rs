//! What was seen, told to the log and to `StatsD`.
//!
//! The doors speak to a `lockpolicy::Sink`. Counting is one relaxed add; a thread of its own sends
//! the counts once a second, so that no daemon and no name server can hold up a request. The shim has
//! no second to wait: it sends each count at once, and becomes codex.

mod flusher;
mod json;
mod log;
mod metrics;
mod prometheus;
mod statsd;
mod writer;

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use lockpolicy::{Attempt, Facts, Mode, Naming, Reason, Receipt, Sink, Surface};

use proxy::Meter;

pub(crate) use flusher::Flusher;
pub(crate) use log::{Door, start, start_in_companion, start_in_shim};
use metrics::Direction;
#[cfg(test)]
pub(crate) use metrics::METRICS;
pub(crate) use metrics::{Counts, Reload};
#[cfg(test)]
pub(crate) use prometheus::name as prometheus_name;
use statsd::Outlet;
pub(crate) use statsd::{Daemon, Tags};
pub(crate) use writer::Lines;

/// The sink of the proxy: counts wait for the [`Flusher`].
#[derive(Debug)]
pub(crate) struct ProxySink(pub(crate) Arc<Counts>);

impl Sink for ProxySink {
    fn attempt(&self, attempt: &Attempt, facts: &Facts<'_>) {
        self.0.attempt(attempt);
        log::attempt(Door::Proxy, attempt, facts);
    }

    fn undecidable(&self, surface: Surface, reason: Reason, facts: &Facts<'_>) {
        self.0.undecidable(surface, reason);
        log::undecidable(Door::Proxy, surface, reason, facts);
    }

    fn judged(&self, mode: Mode, surface: Surface, naming: Naming) {
        self.0.judged(mode, surface, naming);
    }

    fn served(&self, receipt: &Receipt<'_>, facts: &Facts<'_>) {
        self.0.served(receipt.result, receipt.surface);
        log::receipt(receipt, facts);
    }
}

impl Meter for ProxySink {
    fn began(&self) {
        self.0.began();
    }

    fn ended(&self) {
        self.0.ended();
    }

    fn taken(&self, bytes: u64) {
        self.0.bytes(Direction::Request, bytes);
    }

    fn passed(&self, bytes: u64) {
        self.0.bytes(Direction::Answer, bytes);
    }

    fn overhead(&self, time: Duration) {
        self.0.overhead(time);
    }

    fn upstream(&self, time: Duration) {
        self.0.upstream(time);
    }

    fn page(&self) -> Option<String> {
        Some(prometheus::page(&self.0))
    }
}

/// The sink of the shim: every count is sent before the call returns.
#[derive(Debug)]
pub(crate) struct ShimSink {
    counts: Counts,
    daemon: Option<Daemon>,
    outlet: OnceLock<Option<Outlet>>,
}

impl ShimSink {
    /// Nothing is opened before there is something to send.
    pub(crate) fn new(daemon: Option<Daemon>) -> Self {
        Self {
            counts: Counts::default(),
            daemon,
            outlet: OnceLock::new(),
        }
    }

    fn send(&self) {
        let open = || self.daemon.as_ref().and_then(Daemon::open_quickly);
        if let Some(outlet) = self.outlet.get_or_init(open) {
            outlet.send(&self.counts);
        }
    }
}

impl Sink for ShimSink {
    fn attempt(&self, attempt: &Attempt, facts: &Facts<'_>) {
        self.counts.attempt(attempt);
        log::attempt(Door::Shim, attempt, facts);
        self.send();
    }

    fn undecidable(&self, surface: Surface, reason: Reason, facts: &Facts<'_>) {
        self.counts.undecidable(surface, reason);
        log::undecidable(Door::Shim, surface, reason, facts);
        self.send();
    }

    fn judged(&self, mode: Mode, surface: Surface, naming: Naming) {
        self.counts.judged(mode, surface, naming);
        self.send();
    }
}
