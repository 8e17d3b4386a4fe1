//! codex's configuration: the providers that it defines, and how each of them is sent to a proxy.
//!
//! ```text
//! files → Providers → provider_route: ProviderRoute (for the proxy)
//!                   → overrides: Override (for codex)
//! ```
//!
//! Every provider keeps its name and all other settings; only its address is overridden. So sessions,
//! logins and headers stay as they are, and a sub-agent that selects another provider of the configuration
//! reaches the proxy as well.
//!
//! A role of the user may select another provider of the configuration. A role that states the address of
//! a provider, and a project's role or profile that selects another provider, is refused: for the oldest
//! codex it overrides everything.
//!
//! Not covered: providers that sign their requests for one host (Bedrock, Vertex), which are refused
//! where they are selected; files of the administrator that rank above the command line.

mod account;
pub(crate) mod assignment;
mod base_url;
pub(crate) mod keys;
mod overrides;
mod provider_route;
mod providers;
pub(crate) mod selection;

pub use account::is_account;
pub use base_url::BaseUrlError;
pub use overrides::{Override, ProxyTarget};
pub use provider_route::Oss;
pub use providers::{Layer, Providers, Unreadable, role_files};
