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
const VERSIONS: [&str; 3] = ["0.125.0", "0.154.0", "0.169.0"];

/// The approved model.
const PIN: &str = "gpt-5.5";
