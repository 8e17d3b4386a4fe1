//! The client of the upstreams: pooled connections, HTTP/1.1 or HTTP/2 as the upstream prefers.

use std::io;
use std::time::Duration;

use http::{Request, Response};
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::{self, connect::HttpConnector};
use hyper_util::rt::{TokioExecutor, TokioTimer};

use super::connector::{Egress, UpstreamConnector};
use super::segmented_body::SegmentedBody;

type Pool = legacy::Client<HttpsConnector<UpstreamConnector>, SegmentedBody>;

/// Pools of connections to all upstreams.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    /// HTTP/1.1 or HTTP/2, as the upstream prefers.
    calls: Pool,
    /// HTTP/1.1 alone: an upgrade needs it.
    upgrades: Pool,
}

impl Client {
    /// # Errors
    ///
    /// The system has no root certificates that can be read.
    pub(crate) fn new(idle: Duration, egress: Option<&Egress>) -> io::Result<Self> {
        let connector = UpstreamConnector {
            tcp: tcp(),
            egress: egress.cloned(),
        };
        let provider = rustls::crypto::aws_lc_rs::default_provider;
        let tls = HttpsConnectorBuilder::new().with_provider_and_native_roots(provider())?;
        let calls = tls
            .https_or_http()
            .enable_all_versions()
            .wrap_connector(connector.clone());
        let tls = HttpsConnectorBuilder::new().with_provider_and_native_roots(provider())?;
        let upgrades = tls.https_or_http().enable_http1().wrap_connector(connector);
        Ok(Self {
            calls: pool(calls, idle),
            upgrades: pool(upgrades, Duration::ZERO),
        })
    }

    pub(crate) async fn send(
        &self,
        request: Request<SegmentedBody>,
    ) -> Result<Response<Incoming>, legacy::Error> {
        self.calls.request(request).await
    }

    /// Sends a request that asks for another protocol.
    pub(crate) async fn open(
        &self,
        request: Request<SegmentedBody>,
    ) -> Result<Response<Incoming>, legacy::Error> {
        self.upgrades.request(request).await
    }
}

fn tcp() -> HttpConnector {
    let mut tcp = HttpConnector::new();
    tcp.set_nodelay(true);
    tcp.enforce_http(false);
    tcp.set_connect_timeout(Some(Duration::from_secs(10)));
    tcp.set_keepalive(Some(Duration::from_mins(1)));
    tcp
}

fn pool(connector: HttpsConnector<UpstreamConnector>, idle: Duration) -> Pool {
    let mut builder = legacy::Client::builder(TokioExecutor::new());
    builder
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(idle);
    if idle.is_zero() {
        builder.pool_max_idle_per_host(0);
    }
    builder.timer(TokioTimer::new()).http2_adaptive_window(true);
    builder.build(connector)
}
