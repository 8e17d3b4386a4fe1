//! What plays the corpus: the cases, the provider, the client, and what compares.

mod base64;
pub(crate) mod case;
pub(crate) mod cli;
mod client;
mod conversation;
#[path = "../http2/frame.rs"]
#[expect(dead_code, reason = "the tests of HTTP/2 say more")]
mod frame;
mod judge;
mod oracle;
pub(crate) mod play;
pub(crate) mod policy_alone;
pub(crate) mod report;
mod served;
pub(crate) mod server;
mod session;
mod strict;
mod talk;
mod upstream;

use std::time::Duration;

/// The approved model of every case.
pub(crate) const PIN: &str = "gpt-5.5";

/// How long anything is waited for that has to come.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);
