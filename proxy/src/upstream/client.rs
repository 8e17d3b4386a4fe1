//! The client of the upstreams: pooled connections, HTTP/1.1 or HTTP/2 as the upstream prefers.

use std::io;
use std::time::Duration;

use http::{Request, Response};
use hyper::body::Incoming;
use hyper_rustls::{ConfigBuilderExt as _, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::{HttpConnector, capture_connection};
use hyper_util::client::legacy::{self, Builder};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::{ClientConfig, RootCertStore};

use super::connector::{Egress, TimedConnector, UpstreamConnector};
use super::resend::was_not_taken;
use super::segmented_body::SegmentedBody;
use crate::config::Limits;

type Pool = legacy::Client<TimedConnector, SegmentedBody>;

/// The most fields of a response's head, whose size is limited too. The library has 100.
const MAX_FIELDS: usize = 256;

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
    /// The system has no root certificates that can be read, and they are needed.
    pub(crate) fn new(
        limits: &Limits,
        egress: Option<&Egress>,
        needs_roots: bool,
    ) -> io::Result<Self> {
        let connector = UpstreamConnector {
            tcp: tcp(limits),
            egress: egress.cloned(),
        };
        let timed = |tls| TimedConnector {
            tls,
            timeout: limits.connect_timeout,
        };
        let tls = tls(needs_roots)?;
        let tls = || HttpsConnectorBuilder::new().with_tls_config(tls.clone());
        let calls = tls().https_or_http().enable_all_versions();
        let calls = calls.wrap_connector(connector.clone());
        let upgrades = tls().https_or_http().enable_http1();
        let upgrades = upgrades.wrap_connector(connector);
        Ok(Self {
            calls: builder(limits, limits.idle_timeout).build(timed(calls)),
            upgrades: builder(limits, Duration::ZERO).build(timed(upgrades)),
        })
    }

    /// Sends a request, and sends it once more where the provider has certainly not taken it.
    pub(crate) async fn send(
        &self,
        request: Request<SegmentedBody>,
    ) -> Result<Response<Incoming>, legacy::Error> {
        let (head, mut content) = request.into_parts();
        let kept = content.keep();
        let mut request = Request::from_parts(head.clone(), content);
        let connection = capture_connection(&mut request);
        let error = match self.calls.request(request).await {
            Ok(response) => return Ok(response),
            Err(error) => error,
        };
        match kept.take() {
            Some(content) if was_not_taken(&error, &connection) => {
                tracing::debug!(%error, "sent again: the provider has not taken it");
                self.calls.request(Request::from_parts(head, content)).await
            }
            _ => Err(error),
        }
    }

    /// Sends a request that asks for another protocol.
    pub(crate) async fn open(
        &self,
        request: Request<SegmentedBody>,
    ) -> Result<Response<Incoming>, legacy::Error> {
        self.upgrades.request(request).await
    }
}

/// Returns a configuration that trusts the machine's authorities; none at all where there are none and they are not
/// needed: an upstream without TLS is reached all the same.
fn tls(needs_roots: bool) -> io::Result<ClientConfig> {
    let provider = rustls::crypto::aws_lc_rs::default_provider();
    let builder = ClientConfig::builder_with_provider(provider.into())
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?;
    let builder = match builder.clone().with_native_roots() {
        Err(_) if !needs_roots => builder.with_root_certificates(RootCertStore::empty()),
        native => native?,
    };
    Ok(builder.with_no_client_auth())
}

fn tcp(limits: &Limits) -> HttpConnector {
    let probe = limits.upstream_timeout / 4;
    let mut tcp = HttpConnector::new();
    tcp.set_nodelay(true);
    tcp.enforce_http(false);
    tcp.set_connect_timeout(Some(limits.connect_timeout));
    tcp.set_keepalive(Some(probe));
    tcp.set_keepalive_interval(Some(probe));
    tcp.set_tcp_user_timeout(Some(limits.upstream_timeout));
    tcp
}

fn builder(limits: &Limits, idle: Duration) -> Builder {
    let mut builder = legacy::Client::builder(TokioExecutor::new());
    builder
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(idle);
    if idle.is_zero() {
        builder.pool_max_idle_per_host(0);
    }
    builder.timer(TokioTimer::new()).http2_adaptive_window(true);
    builder.http1_max_headers(MAX_FIELDS);
    // An unused connection is asked, too: the next request does not have to find out that it leads nowhere.
    builder
        .http2_keep_alive_interval(limits.upstream_timeout / 4)
        .http2_keep_alive_timeout(limits.upstream_timeout / 2)
        .http2_keep_alive_while_idle(true);
    builder
}
