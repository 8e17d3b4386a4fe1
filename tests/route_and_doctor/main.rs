//! What an operator does to a machine, and what a codex that is started by its own path does then.
//!
//! Each test has a machine of its own: a mount namespace whose `/etc` is a copy, so that nothing is written to
//! the real one. What reached the provider is what the stand-in recorded.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test that cannot go on fails, and one that is not run says so"
)]

mod cluster;
mod doctor;
mod machine;
mod net;
mod protected;
mod route;
mod sealed;

/// The oldest, the one in the middle, the newest.
const VERSIONS: [&str; 4] = lockpolicy::agents::codex::VERIFIED;

/// The approved model.
const PIN: &str = "gpt-5.5";
