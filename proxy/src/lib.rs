//! Carries HTTP past the policy.
//!
//! ```text
//! socket → wire (one reading?) → route → read → decode → decide → forward → answer → socket
//! ```
//!
//! Invariant: nothing is sent upstream before the policy has judged the whole request, and what is
//! sent is made anew from what was judged.

mod admin;
mod body;
mod config;
mod error;
mod events;
mod key;
mod late;
mod listen;
mod meter;
mod mount;
mod pipeline;
mod reader;
mod server;
mod state;
mod upgrade;
mod upstream;
mod watched;
mod wire;

pub use admin::{Asked, Content, Flow, Page, Reply};
pub use config::{Config, Limits};
pub use key::{Key, NoKey};
pub use meter::Meter;
pub use mount::{Base, Mount};
pub use server::{BindError, Server};
pub use upstream::{Egress, EgressError, Upstream, UpstreamError};
