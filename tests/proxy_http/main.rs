//! The proxy on raw sockets: what arrives upstream byte by byte, and what does not.
#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on fails"
)]

mod coding;
mod early;
mod half_close;
mod http2;
mod lifecycle;
mod metrics;
mod models;
mod refused;
mod served;
mod stream;
mod traces;
mod untouched;
mod websocket;

use std::time::Duration;

/// The approved model.
const PIN: &str = "gpt-5.5";
/// Long enough for a slow machine, short enough for a person.
const SOON: Duration = Duration::from_secs(20);
