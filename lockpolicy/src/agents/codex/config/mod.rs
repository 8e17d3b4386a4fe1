//! Where codex's configuration sends model calls, and how each way is led through the lock.
//!
//! ```text
//! configuration files → read: Providers → mounts (for the proxy) → lead: overrides (for codex)
//! ```
//!
//! Every provider keeps its name and everything else that is said about it; only its address is laid
//! over. So sessions, logins and headers stay as they are, and a sub-agent that picks another provider
//! of the configuration is led as well.
//!
//! A role of the user may select another provider of the configuration. One that says where a provider is, and
//! a project's role or profile that selects another one, is refused: the oldest codex lays it over everything.
//!
//! Not covered: providers that sign their requests for one host (Bedrock, Vertex), which are refused
//! where they are selected; files of the administrator that stand above the command line, whose route
//! is the administrator's.

mod account;
mod overrides;
mod provider_route;
mod read;

pub use account::is_account;
pub use overrides::{Lead, Override};
pub use provider_route::{Base, Mount, Oss};
pub use read::{Layer, Providers, Unreadable, role_files};

/// codex's own provider.
const OPENAI: &str = "openai";

/// Providers of this machine that every codex has.
const LOCAL: [&str; 2] = ["ollama", "lmstudio"];
