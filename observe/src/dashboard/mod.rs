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
mod responses;
mod ring;
mod routes;
mod row;
mod series;
mod shared;
mod status;
mod stream;

pub use routes::{Content, DashboardRoutes, Response};
pub use shared::{About, Dashboard};
pub use stream::Stream;
