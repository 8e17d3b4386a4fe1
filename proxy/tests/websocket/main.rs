//! The WebSocket relay: what RFC 6455 asks of each end, after the cases of the Autobahn suite that apply
//! to a relay, and what the policy makes of messages.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on fails"
)]

mod closing;
mod draining;
mod framing;
mod judging;
mod peer;
mod served;
