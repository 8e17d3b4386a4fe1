//! What plays the corpus: the cases, the provider, the client, and what compares.

pub(crate) mod cli;
mod client;
mod compared;
mod conversation;
#[path = "../http2/frame.rs"]
#[expect(dead_code, reason = "the tests of HTTP/2 say more")]
mod frame;
pub(crate) mod play;
pub(crate) mod report;
mod served;
pub(crate) mod server;
mod session;
mod upstream;

use std::time::Duration;

pub(crate) use policy_corpus::profile::PIN;
pub(crate) use policy_corpus::{case, oracle, policy_alone};

/// How long anything is waited for that has to come.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);
