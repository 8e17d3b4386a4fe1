//! The rules of the listener: the names under which it is called, the sites and the clients.

use std::sync::Arc;

use arc_swap::ArcSwap;
use lockpolicy::http::{ClientTokens, HostRules};
use rustls::ServerConfig;

/// The clients that are served. They can change while requests run.
pub type ClientTokensHandle = Arc<ArcSwap<ClientTokens>>;

/// The rules of the listener of requests.
#[derive(Clone, Debug, Default)]
pub struct ClientAccess {
    /// The names and sites that pass. The admin port, where there is one, has the same lists.
    pub hosts: HostRules,
    /// The clients that are served; `None` serves everyone.
    pub clients: Option<ClientTokensHandle>,
    /// Set where only processes of the user who runs the proxy are served, as `/proc` shows them.
    pub is_for_own_user: bool,
    /// TLS, if it is spoken.
    pub tls: Option<ServerTls>,
}

/// TLS on the TCP listener of requests.
#[derive(Clone, Debug)]
pub struct ServerTls {
    /// The certificate and key, and the authorities of clients. They can change: connections that are open go on.
    pub config: Arc<ArcSwap<ServerConfig>>,
    /// Set where a client that does not speak TLS is rejected.
    pub is_required: bool,
}

impl ClientAccess {
    /// Returns the rules of the admin port.
    pub(crate) fn admin_rules(&self) -> HostRules {
        HostRules {
            checks_host: true,
            ..self.hosts.clone()
        }
    }
}
