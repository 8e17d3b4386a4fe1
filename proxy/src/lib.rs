//! Carries HTTP past the policy.
//!
//! ```text
//! server → request → { response, websocket, upstream } → lockpolicy
//! ```
//!
//! Invariant: nothing is sent to a provider before the policy has judged the whole request, and what is
//! sent is made anew from what was judged.

mod admin;
mod call;
mod client_access;
mod config;
mod cost;
mod credentials;
mod error;
mod fields;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod held_keys;
mod key;
mod listen_address;
mod metrics;
mod request;
mod response;
mod server;
mod state;
mod upstream;
mod websocket;
mod without_secrets;
mod write_timeout;

pub use admin::{Page, PageContent, PageRequest, PageResponse, TextStream};
pub use client_access::{ClientAccess, ClientTokensHandle, ServerTls};
pub use config::{Config, Limits};
pub use held_keys::{DialectKey, KeyError};
pub use key::{InvalidKey, Key};
pub use listen_address::{InvalidAddress, ListenAddress};
pub use metrics::ProxyMetrics;
pub use server::{BindError, Server};
pub use upstream::connector::{Egress, EgressError};
pub use upstream::provider::{Upstream, UpstreamError};
pub use upstream::provider_route::{ProviderBase, ProviderRoute};
