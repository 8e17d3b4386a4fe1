//! The official SDKs through the proxy: each call runs what is approved for it, or fails with an error
//! that the SDK raises as its own type.
//!
//! The calls are in the scripts beside these files. What arrived is read off the provider's stand-in; how
//! often an SDK tried is counted on the wire before the proxy.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod locked;
mod locked_sdk;
mod realtime;
mod refused;
mod sdk;
mod table;

/// The approved model of generation.
const PIN: &str = "gpt-5.5";
/// What every call asks for, unless it asks for what is approved.
const ASKED: &str = "other-model";
