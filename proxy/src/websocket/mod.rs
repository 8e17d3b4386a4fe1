//! A WebSocket from handshake to close (RFC 6455): terminated for session, relayed for the rest.
//!
//! ```text
//! client ── frames ─► messages ─► judge ─► frame ─► upstream
//! client ◄─ frames ─────────────────────────────── upstream
//! ```
//!
//! Invariant: a byte of the client's messages reaches the upstream only as part of a whole message that
//! the policy has passed or rewritten.

mod activity;
pub(crate) mod frame;
mod frame_writer;
mod from_client;
mod from_provider;
pub(crate) mod handshake;
mod judge;
pub(crate) mod relay;
pub(crate) mod running_responses;
pub(crate) mod session;
