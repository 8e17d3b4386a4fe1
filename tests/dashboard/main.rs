//! The page on the admin port: what is answered, to whom, and what a real browser makes of it.
#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test that cannot go on fails"
)]

mod answers;
mod browser;
mod dashboard;
mod events;
mod guard;
mod past;
mod shapes;

use std::time::Duration;

/// The approved model.
const PIN: &str = "gpt-5.5";
/// Long enough for a slow machine, short enough for a person.
const SOON: Duration = Duration::from_secs(20);
