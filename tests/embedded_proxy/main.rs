//! One variable and nothing else: `OPENCLAW_MODEL=<pin> codex …`. The shim brings a proxy along, leads codex
//! through it, and becomes codex.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on fails"
)]

mod embedded_codex;
mod level;
mod process;
mod providers;
mod run;
mod screen;
mod strangers;
mod terminal;
mod working_directory;

/// The versions that are promised to work.
const VERSIONS: [&str; 4] = lockpolicy::agents::codex::VERIFIED;

/// The approved model.
const PIN: &str = "gpt-5.5";
