//! Everything that is specific to codex: its command line, its configuration, its JSON-RPC servers, its headers.

pub mod app_server;
pub mod cli;
pub mod config;
pub mod identity;
mod release;

pub use release::{Release, VERIFIED, printed_version, version_of_package};

use super::agent::Agent;

/// codex itself.
pub const CODEX: Agent = Agent {
    executable: "codex",
    real_path_variable: "MODEL_LOCK_REAL_CODEX",
};
