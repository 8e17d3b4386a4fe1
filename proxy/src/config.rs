//! What a proxy has to be told before it can start.

use std::net::SocketAddr;
use std::time::Duration;

use crate::key::Key;
use crate::upstream::connector::Egress;
use crate::upstream::provider::Upstream;
use crate::upstream::provider_route::Mount;

/// A complete process configuration. The policy is apart: it can change while this cannot.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where requests are taken. Port 0 takes any free port.
    pub listen: SocketAddr,
    /// Where liveness and readiness are answered, if anywhere.
    pub admin: Option<SocketAddr>,
    /// Where requests go, by path prefix; empty means each dialect's own provider.
    pub upstreams: Vec<Upstream>,
    /// The base URLs that are taken; empty means that every path is judged as it stands. Where there
    /// is one, nothing outside of them is answered, and `upstreams` is not looked at.
    pub mounts: Vec<Mount>,
    /// The dialects that are switched on, by name.
    pub dialects: Vec<String>,
    /// The forward proxy on the way to upstreams, if there is one.
    pub egress: Option<Egress>,
    /// The provider's key, where clients hold none.
    pub key: Option<Key>,
    /// What is too much.
    pub limits: Limits,
}

/// What is too much, and how long is too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a request's head.
    pub head: usize,
    /// Bytes of a request's content as it arrives.
    pub body: usize,
    /// Bytes of a request's content after its coding is taken off.
    pub decoded: usize,
    /// How long a head may take to arrive.
    pub head_time: Duration,
    /// How long the next piece of a request's content may take to arrive.
    pub body_time: Duration,
    /// How long an upstream connection is kept for the next request; zero keeps none.
    pub idle: Duration,
    /// How long running requests may go on after the stop signal.
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            head: 64 << 10,
            body: 64 << 20,
            decoded: 128 << 20,
            head_time: Duration::from_secs(15),
            body_time: Duration::from_mins(1),
            idle: Duration::from_mins(1),
            drain: Duration::from_secs(30),
        }
    }
}
