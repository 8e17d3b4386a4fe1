//! The state that all responses and streams of the dashboard share.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use arc_swap::ArcSwap;
use lockpolicy::{Mode, Policy};

use super::backfill::Backfill;
use super::event_store::EventStore;
use super::latency::Latency;
use crate::clock;
use crate::metrics::Metrics;
use crate::process_state::ProcessState;
use crate::sink::Sink;

/// The state of the dashboard.
#[derive(Debug)]
pub struct Dashboard {
    pub(super) store: Arc<EventStore>,
    pub(super) metrics: Arc<Metrics>,
    pub(super) state: Arc<ProcessState>,
    pub(super) policy: Arc<ArcSwap<Policy>>,
    pub(super) about: About,
    pub(super) latency: Latency,
    pub(super) backfill: Backfill,
    /// The number of open streams.
    pub(super) streams: AtomicUsize,
    pub(super) started: u64,
}

/// Facts about the process that the dashboard shows.
#[derive(Clone, Debug)]
pub struct About {
    /// The `StatsD` daemon that metrics are sent to; empty where there is none.
    pub statsd: String,
    /// Set where the proxy holds the provider's key.
    pub holds_key: bool,
    /// Returns the level of assurance that this proxy reaches by itself in a mode.
    pub level: fn(Mode) -> &'static str,
}

impl Dashboard {
    /// Returns an empty dashboard.
    pub fn new(
        metrics: Arc<Metrics>,
        state: Arc<ProcessState>,
        policy: Arc<ArcSwap<Policy>>,
        about: About,
    ) -> Self {
        Self {
            store: Arc::default(),
            metrics,
            state,
            policy,
            about,
            latency: Latency::default(),
            backfill: Backfill::default(),
            streams: AtomicUsize::new(0),
            started: clock::now(),
        }
    }

    /// Returns the sink that the proxy reports to.
    pub fn sink(&self) -> Arc<dyn Sink> {
        Arc::clone(&self.store) as _
    }
}
