//! The real codex through the shim, through the proxy, and through both.
//!
//! What reached the provider is what the fake provider recorded; how often codex called is what a recorder on
//! its wire counted. Nothing else is believed.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod background;
mod chatgpt;
mod force;
mod locked_codex;
mod passthrough;
mod reject;
mod served;
mod subagent;

/// The versions that are promised to work.
const VERSIONS: [&str; 4] = lockpolicy::agents::codex::VERIFIED;

/// The approved model.
const PIN: &str = "gpt-5.5";
