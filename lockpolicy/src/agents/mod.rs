//! The agents that are known here, one module each.
//!
//! Another agent needs a module beside [`codex`] and a row of [`ALL`]:
//!
//! | to do | codex | its user |
//! | --- | --- | --- |
//! | judge a command line | [`codex::cli::judge`] | `shim/src/plan.rs` |
//! | judge a line on standard input, if it has such servers | [`codex::app_server::judge_line`] | `shim/src/filter/client.rs` |
//! | read its configuration, and override where calls go | [`codex::config::Providers`] | `shim/src/codex_files.rs`, `shim/src/proxy_overrides.rs` |
//! | recognize the requester of a call | [`codex::identity::source`] | `proxy` |
//! | reject a call so that it takes the rejection at once | a row of [`HTTP_CLIENTS`] | [`crate::http::Refusal`] |
//!
//! Everything else, in this crate and in the shim, knows no agent.

mod agent;
pub mod codex;
mod http_client;
mod http_clients;
mod provider_route;

pub use agent::Agent;
pub use http_client::HttpClient;
pub use http_clients::{HTTP_CLIENTS, http_client};
pub use provider_route::{ProviderBase, ProviderRoute, Secret};

/// Every agent.
pub const ALL: [Agent; 1] = [codex::CODEX];
