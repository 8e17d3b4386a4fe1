//! Carries HTTP past the policy.

mod config;
mod server;
mod upstream;

pub use config::{Config, Limits};
pub use server::{BindError, Server};
pub use upstream::{Upstream, UpstreamError};
