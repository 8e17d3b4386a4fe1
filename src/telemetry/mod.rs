//! What was seen, told to the log and to `StatsD`.
//!
//! The doors speak to a `lockpolicy::Observer`. Counting is one relaxed add; a thread of its own sends
//! the counts once a second, so that no daemon and no name server can hold up a request. The shim has
//! no second to wait: it sends each count at once, and becomes codex.

mod flusher;
mod json;
mod log;
mod metrics;
mod prometheus;
mod standing;
mod statsd;
mod writer;

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use lockpolicy::{Attempt, Event, Observer, RequestContext};

use proxy::Meter;

use crate::audit::{self, Audit};
use crate::page::Book;

pub(crate) use flusher::Flusher;
pub(crate) use log::{Door, audit_failed, now, start, start_in_companion, start_in_shim};
use metrics::Direction;
#[cfg(test)]
pub(crate) use metrics::METRICS;
pub(crate) use metrics::{Counts, Reload, table};
#[cfg(test)]
pub(crate) use prometheus::{name as prometheus_name, page as prometheus_page};
pub(crate) use standing::Sending;
use statsd::Outlet;
pub(crate) use statsd::{Daemon, Tags};
pub(crate) use writer::Lines;

/// The sink of the proxy: counts wait for the [`Flusher`].
#[derive(Debug)]
pub(crate) struct ProxySink {
    counts: Arc<Counts>,
    gauged: bool,
    audit: Option<Arc<Audit>>,
    book: Option<Arc<Book>>,
}

impl ProxySink {
    /// Counts, and where there is an audit file, writes attempts there.
    pub(crate) fn new(counts: Arc<Counts>, audit: Option<Arc<Audit>>) -> Self {
        Self {
            counts,
            gauged: true,
            audit,
            book: None,
        }
    }

    /// One of many that tell the same daemon: none knows what all of them carry, and each would write
    /// over what another said.
    #[must_use]
    pub(crate) fn one_of_many(mut self) -> Self {
        self.gauged = false;
        self
    }

    /// Keeps a book for the page too, where there is one.
    #[must_use]
    pub(crate) fn booked(mut self, book: Option<Arc<Book>>) -> Self {
        self.book = book;
        self
    }
}

impl Observer for ProxySink {
    fn observe(&self, event: Event<'_>, context: &RequestContext<'_>) {
        self.counts.event(event);
        log::event(Door::Proxy, event, context);
        if let (Event::Attempt(attempt), Some(audit)) = (event, &self.audit) {
            audit.record(audit::attempt(Door::Proxy, attempt, context));
        }
        if let Some(book) = &self.book {
            book.event(event, context);
        }
    }
}

impl Meter for ProxySink {
    fn began(&self) {
        if self.gauged {
            self.counts.began();
        }
    }

    fn ended(&self) {
        if self.gauged {
            self.counts.ended();
        }
    }

    fn taken(&self, bytes: u64) {
        self.counts.bytes(Direction::Request, bytes);
    }

    fn passed(&self, bytes: u64) {
        self.counts.bytes(Direction::Answer, bytes);
    }

    fn overhead(&self, time: Duration) {
        self.counts.overhead(time);
    }

    fn upstream(&self, time: Duration) {
        self.counts.upstream(time);
    }

    fn failed(&self) {
        self.counts.upstream_failed();
    }

    fn page(&self) -> Option<String> {
        Some(prometheus::page(&self.counts))
    }
}

/// The sink of the shim: every count is sent before the call returns.
#[derive(Debug)]
pub(crate) struct ShimSink {
    counts: Counts,
    daemon: Option<Daemon>,
    outlet: OnceLock<Option<Outlet>>,
    audit: Option<audit::Place>,
    file: OnceLock<Option<Audit>>,
}

impl ShimSink {
    /// Nothing is opened before there is something to send.
    pub(crate) fn new(daemon: Option<Daemon>) -> Self {
        Self {
            counts: Counts::default(),
            daemon,
            outlet: OnceLock::new(),
            audit: None,
            file: OnceLock::new(),
        }
    }

    /// Writes attempts to an audit file too.
    #[must_use]
    pub(crate) fn audited(mut self, audit: Option<audit::Place>) -> Self {
        self.audit = audit;
        self
    }

    fn record(&self, attempt: &Attempt, facts: &RequestContext<'_>) {
        let open = || match Audit::direct(self.audit.as_ref()?) {
            Ok(audit) => Some(audit),
            Err(error) => {
                audit_failed(&error);
                None
            }
        };
        if let Some(audit) = self.file.get_or_init(open) {
            audit.record(audit::attempt(Door::Shim, attempt, facts));
        }
    }

    fn send(&self) {
        let open = || self.daemon.as_ref().and_then(Daemon::open_quickly);
        if let Some(outlet) = self.outlet.get_or_init(open) {
            outlet.send(&self.counts);
        }
    }
}

impl Observer for ShimSink {
    fn observe(&self, event: Event<'_>, context: &RequestContext<'_>) {
        self.counts.event(event);
        log::event(Door::Shim, event, context);
        if let Event::Attempt(attempt) = event {
            self.record(attempt, context);
        }
        self.send();
    }
}
