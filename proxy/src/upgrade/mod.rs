//! A WebSocket from handshake to close (RFC 6455): terminated for judging, relayed for the rest.
//!
//! ```text
//! client ── frames ─► messages ─► judge ─► frame ─► upstream
//! client ◄─ frames ─────────────────────────────── upstream
//! ```
//!
//! Invariant: a byte of the client's messages reaches the upstream only as part of a whole message that
//! the policy has passed or rewritten.

mod downstream;
mod end;
mod frame;
mod handshake;
mod link;
mod talk;
mod upstream;

pub(crate) use end::{Judge, Told};
pub(crate) use handshake::{Handshake, answered};
pub(crate) use link::{Drain, relay};
pub(crate) use talk::Talk;
