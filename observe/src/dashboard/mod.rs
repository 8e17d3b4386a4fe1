//! The dashboard on the admin port: is the lock holding, what was attempted, what was served, how is the process.
//!
//! ```text
//! proxy ── attempts, responses ──► event store ◄── others' lines of the audit file (follower)
//!                                       │
//!               responses as JSON ──────┴────── events as they come (stream)
//! ```
//!
//! docs/reference/dashboard-api.md describes the responses. Nothing here decides anything, and nothing can be
//! changed from here.

mod backfill;
mod event_store;
mod files;
mod follower;
mod history;
mod latency;
mod model_flow;
mod query;
mod ring;
mod routes;
mod row;
mod series;
mod status;
mod stream;

use std::sync::Arc;

use arc_swap::ArcSwap;
use lockpolicy::{Mode, Policy};
use serde::Serialize;

use crate::clock;
use crate::metrics::Metrics;
use crate::process_state::ProcessState;
use crate::sink::Sink;
use backfill::Backfill;
use event_store::EventStore;
use latency::Latency;
use model_flow::ModelFlow;
use query::Filter;
pub use routes::{Content, DashboardRoutes, Response};
use row::Row;
use status::Status;
pub use stream::Stream;

/// What the dashboard knows.
#[derive(Debug)]
pub struct Dashboard {
    store: Arc<EventStore>,
    metrics: Arc<Metrics>,
    state: Arc<ProcessState>,
    policy: Arc<ArcSwap<Policy>>,
    about: About,
    latency: Latency,
    backfill: Backfill,
    streams: stream::Open,
    started: u64,
}

/// What the dashboard is told about its process.
#[derive(Clone, Debug)]
pub struct About {
    /// The `StatsD` daemon that metrics are sent to; empty where there is none.
    pub statsd: String,
    /// Whether the proxy holds the provider's key.
    pub holds_key: bool,
    /// Returns the level of assurance that this proxy reaches by itself in a mode.
    pub level: fn(Mode) -> &'static str,
}

/// The response to `/api/v1/attempts`.
#[derive(Debug, Serialize)]
struct Listing {
    attempts: Vec<Arc<Row>>,
    /// The number to ask for next as `before`; `null` where there are no more.
    before: Option<u64>,
    held: usize,
    capacity: usize,
    last_event_id: String,
}

/// The response to `/api/v1/served`.
#[derive(Debug, Serialize)]
struct ServedModels {
    models: Vec<ModelFlow>,
    capacity: usize,
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
            streams: stream::Open::default(),
            started: clock::now(),
        }
    }

    /// Returns the sink that the proxy reports to.
    pub fn sink(&self) -> Arc<dyn Sink> {
        Arc::clone(&self.store) as _
    }

    fn status(&self) -> String {
        to_json(&Status::of(self))
    }

    fn attempts(&self, filter: &Filter) -> String {
        let (rows, change) = self.rows();
        let held = rows.len();
        let mut attempts: Vec<Arc<Row>> = rows
            .into_iter()
            .filter(|row| filter.matches(row))
            .take(filter.limit + 1)
            .collect();
        let more = attempts.len() > filter.limit;
        attempts.truncate(filter.limit);
        to_json(&Listing {
            before: attempts.last().map(|row| row.id).filter(|_| more),
            attempts,
            held,
            capacity: ring::CAP,
            last_event_id: self.store.event_id(change),
        })
    }

    /// Returns all rows, and their last change. The store is closed again before they are searched, since
    /// requests write into it.
    fn rows(&self) -> (Vec<Arc<Row>>, u64) {
        let stored = self.store.open();
        let rows = stored.ring.latest().map(Arc::clone).collect();
        (rows, stored.ring.change())
    }

    fn served(&self) -> String {
        to_json(&ServedModels {
            models: self.store.open().flows.listed(),
            capacity: model_flow::CAP,
        })
    }

    fn series(&self, query: &str) -> Result<String, String> {
        let window = query::window(query)?;
        let series = self.store.open().series.response(window, clock::now());
        Ok(to_json(&series))
    }
}

/// Serializes a type of our own, which cannot fail.
fn to_json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_else(|_| "null".to_owned())
}
