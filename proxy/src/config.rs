//! The configuration of a proxy.

use std::net::SocketAddr;
use std::time::Duration;

use crate::client_access::ClientAccess;
use crate::held_keys::DialectKey;
use crate::listen_address::ListenAddress;
use crate::upstream::connector::Egress;
use crate::upstream::provider::Upstream;
use crate::upstream::provider_route::ProviderRoute;

/// A complete process configuration. The policy is apart: it can change while this cannot.
#[derive(Clone, Debug)]
pub struct Config {
    /// The address that requests are taken at. Port 0 takes any free port.
    pub listen: ListenAddress,
    /// The rules about who is served there.
    pub access: ClientAccess,
    /// The address of the admin port, if there is one.
    pub admin: Option<SocketAddr>,
    /// The providers, by path prefix; empty means each dialect's own provider.
    pub upstreams: Vec<Upstream>,
    /// The base URLs of the proxy's own; empty means that every path is judged as it stands. If there is one,
    /// every other path is rejected, and `upstreams` is not used.
    pub provider_routes: Vec<ProviderRoute>,
    /// The dialects that are switched on, by name.
    pub dialects: Vec<String>,
    /// The forward proxy on the way to upstreams, if there is one.
    pub egress: Option<Egress>,
    /// The providers' keys, where clients hold none.
    pub keys: Vec<DialectKey>,
    /// The limits of requests and connections.
    pub limits: Limits,
}

impl Config {
    /// Returns a configuration with a free port on loopback, these dialects, and nothing else.
    pub fn on_loopback(dialects: Vec<String>) -> Self {
        Self {
            listen: ListenAddress::Tcp(SocketAddr::from(([127, 0, 0, 1], 0))),
            access: ClientAccess::default(),
            admin: None,
            upstreams: Vec::new(),
            provider_routes: Vec::new(),
            dialects,
            egress: None,
            keys: Vec::new(),
            limits: Limits::default(),
        }
    }
}

/// The limits of sizes and times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The bytes of a request's head.
    pub max_head: usize,
    /// The bytes of a request's content as it arrives.
    pub max_body: usize,
    /// The bytes of a request's content after decoding.
    pub max_decoded: usize,
    /// The bytes of a content after decoding, for each byte that arrived.
    pub max_expansion: usize,
    /// The places of a content that can select something.
    pub max_locations: usize,
    /// The bytes that all requests together may hold.
    pub memory_budget: usize,
    /// The connections of all clients.
    pub max_connections: usize,
    /// The connections of one client.
    pub max_client_connections: usize,
    /// The `WebSocket`s of all clients.
    pub max_websockets: usize,
    /// The `WebSocket`s of one client.
    pub max_client_websockets: usize,
    /// The time for a head to arrive.
    pub header_timeout: Duration,
    /// The time for the next piece of a request's content to arrive.
    pub body_timeout: Duration,
    /// The time for a request's content, or a message of a WebSocket, from its first byte to its last.
    pub body_deadline: Duration,
    /// The time that an idle connection of a client is kept.
    pub client_idle_timeout: Duration,
    /// The time that a `WebSocket` is kept on which nothing comes from either side.
    pub websocket_idle_timeout: Duration,
    /// The time for a client to read the next piece of a response.
    pub write_timeout: Duration,
    /// The time that a client gets to read a response that came before its request was whole.
    pub linger_timeout: Duration,
    /// The time to connect to an upstream, with TLS.
    pub connect_timeout: Duration,
    /// The time in which an upstream has to acknowledge what was sent to it.
    pub upstream_timeout: Duration,
    /// The time that an idle upstream connection is kept; zero keeps none.
    pub idle_timeout: Duration,
    /// The time that running requests get after the stop signal.
    pub drain_timeout: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_head: 64 << 10,
            max_body: 64 << 20,
            max_decoded: 128 << 20,
            max_expansion: 200,
            max_locations: lockpolicy::json::LOCATION_CAP,
            memory_budget: 512 << 20,
            max_connections: 4096,
            max_client_connections: 1024,
            max_websockets: 1024,
            max_client_websockets: 256,
            header_timeout: Duration::from_secs(15),
            body_timeout: Duration::from_mins(1),
            body_deadline: Duration::from_mins(10),
            client_idle_timeout: Duration::from_mins(2),
            websocket_idle_timeout: Duration::from_hours(1),
            write_timeout: Duration::from_mins(1),
            linger_timeout: Duration::from_secs(30),
            connect_timeout: Duration::from_secs(10),
            upstream_timeout: Duration::from_secs(20),
            idle_timeout: Duration::from_mins(1),
            drain_timeout: Duration::from_secs(30),
        }
    }
}
