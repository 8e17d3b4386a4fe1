//! The real codex through the shim, through the proxy, and through both.
//!
//! What reached the provider is what the stand-in recorded; how often codex called is what a tap on
//! its wire counted. Nothing else is believed.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on fails"
)]

mod background;
mod bench;
mod chatgpt;
mod force;
mod passthrough;
mod reject;
mod served;
mod subagent;

/// The versions that are promised to work.
const VERSIONS: [&str; 3] = ["0.125.0", "0.154.0", "0.169.0"];

/// The approved model.
const PIN: &str = "gpt-5.5";
