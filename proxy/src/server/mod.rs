//! A proxy from bind to drain.

mod accept;
mod connection;
mod frame_follower;
mod half_close;
pub(crate) mod head_check;
mod linger;
mod listener;
mod peer_owner;

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use arc_swap::ArcSwap;
use lockpolicy::dialect::{Table, UnknownDialect};
use lockpolicy::{Observer, Policy};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use listener::Listener;

use crate::Config;
use crate::admin;
use crate::admin::{Admin, Page};
use crate::cost::Cost;
use crate::held_keys::{HeldKeys, KeyError};
use crate::key::Key;
use crate::listen_address::ListenAddress;
use crate::metrics::{NoMetrics, ProxyMetrics};
use crate::state::State;
use crate::upstream::client::Client;

/// A proxy that has its sockets and takes no requests yet.
#[derive(Debug)]
pub struct Server {
    listener: Listener,
    admin: Option<Admin>,
    state: State,
}

/// The reason why a proxy cannot start.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// A socket could not be had.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address.
        address: ListenAddress,
        /// The reason.
        source: io::Error,
    },
    /// A key that cannot be bound to one provider.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A dialect that does not exist.
    #[error(transparent)]
    Dialect(#[from] UnknownDialect),
    /// No certificate authority is trusted.
    #[error("no root certificates: {0}")]
    Roots(io::Error),
}

impl Server {
    /// Takes the sockets.
    ///
    /// # Errors
    ///
    /// [`BindError`] where a port is in use or a dialect does not exist; nothing listens then.
    pub async fn bind(
        config: Config,
        policy: Arc<ArcSwap<Policy>>,
        sink: Arc<dyn Observer>,
    ) -> Result<Self, BindError> {
        let table = Table::of(config.dialects.iter().map(String::as_str))?;
        let held = config.keys.iter().map(|key| key.dialect.as_str());
        let table = table
            .holding_keys(held)
            .with_location_cap(config.limits.max_locations);
        // A client's own provider may be one without TLS.
        let needs_roots = config.provider_routes.is_empty();
        let client = Client::new(&config.limits, config.egress.as_ref(), needs_roots)
            .map_err(BindError::Roots)?;
        let keys = HeldKeys::new(config.keys, &table, &config.upstreams)?;
        let listener = bind(config.listen).await?;
        let admin = match config.admin {
            Some(address) => Some(Admin {
                listener: bind_admin(address).await?,
                page: None,
                token: None,
                hosts: config.access.admin_rules(),
            }),
            None => None,
        };
        let (limits, upstreams, provider_routes) =
            (config.limits, config.upstreams, config.provider_routes);
        let ids = crate::state::Ids::default();
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        let state = State {
            cost: Cost::new(&limits),
            limits,
            table,
            upstreams,
            provider_routes,
            access: config.access,
            keys,
            policy,
            sink,
            client,
            ids,
            tasks,
            stop,
            metrics: Arc::new(NoMetrics),
        };
        Ok(Self {
            listener,
            admin,
            state,
        })
    }

    /// Reports measurements to `metrics`, which also renders `/metrics`.
    #[must_use]
    pub fn with_metrics(mut self, metrics: Arc<dyn ProxyMetrics>) -> Self {
        self.state.metrics = metrics;
        self
    }

    /// Answers the admin port with a page too. Where there is a token, whoever wants more than the probes has to
    /// have it; without one, nothing more is sent except on loopback.
    #[must_use]
    pub fn with_page(mut self, page: Arc<dyn Page>, token: Option<Key>) -> Self {
        if let Some(admin) = &mut self.admin {
            admin.page = Some(page);
            admin.token = token;
        }
        self
    }

    /// Returns the address that requests are taken at: the real port, if 0 was configured.
    pub fn address(&self) -> &ListenAddress {
        self.listener.address()
    }

    /// Returns the address of the admin port.
    pub fn admin(&self) -> Option<SocketAddr> {
        self.admin
            .as_ref()
            .and_then(|admin| admin.listener.local_addr().ok())
    }

    /// Serves until `stop` is done, then lets running requests finish until the deadline.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future stops accepting; connections that run are left to the runtime.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        let state = Arc::new(self.state);
        let (tasks, stopping) = (state.tasks.clone(), state.stop.clone());
        let (serving, admin) = (TaskTracker::new(), TaskTracker::new());
        let shut = CancellationToken::new();
        if let Some(port) = self.admin {
            admin.spawn(admin::accept(port, Arc::clone(&state), shut.clone()));
        }
        serving.spawn(accept::accept(
            self.listener,
            Arc::clone(&state),
            tasks.clone(),
            stopping.clone(),
        ));
        stop.await;
        stopping.cancel();
        serving.close();
        serving.wait().await;
        tasks.close();
        if tokio::time::timeout(state.limits.drain_timeout, tasks.wait())
            .await
            .is_err()
        {
            tracing::warn!(
                event = "drain",
                left = tasks.len(),
                "the deadline ended requests that were running"
            );
        }
        shut.cancel();
        admin.close();
        admin.wait().await;
    }
}

async fn bind(address: ListenAddress) -> Result<Listener, BindError> {
    let bound = Listener::bind(&address).await;
    bound.map_err(|source| BindError::Listen { address, source })
}

async fn bind_admin(address: SocketAddr) -> Result<TcpListener, BindError> {
    let bound = TcpListener::bind(address).await;
    let address = ListenAddress::Tcp(address);
    bound.map_err(|source| BindError::Listen { address, source })
}
