//! The way out of a network that has a forward proxy at its border.

use core::fmt;
use std::error::Error;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use hyper_rustls::{HttpsConnector, MaybeHttpsStream};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::{SocksV5, Tunnel};
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tower_service::Service;

use super::provider_stream::ProviderStream;
use crate::error::{BodyError, chain};

/// A forward proxy through which `https` upstreams are reached: by CONNECT (RFC 9110, section 9.3.6) or
/// SOCKS 5 (RFC 1928), which resolve the upstream's name themselves.
///
/// TLS ends at the upstream, so the forward proxy learns its name and no more. An `http` upstream is one
/// of the own network and is reached directly.
#[derive(Clone, Debug)]
pub struct Egress {
    matcher: Arc<Matcher>,
    /// False where the forward proxy is spoken to in another way: then what needs it is not reached.
    is_spoken: bool,
}

/// The error of a text that names no forward proxy. It holds nothing of the text, which may hold a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a forward proxy expected: http://HOST:PORT or socks5://HOST:PORT, with USER:PASSWORD@ before the host where it wants them"
)]
pub struct EgressError;

impl Egress {
    /// Reads a proxy's URL, whose scheme `http://` may be left out, and what is reached directly:
    /// hosts, domains and networks separated by commas, or `*`, as in `NO_PROXY`.
    ///
    /// # Errors
    ///
    /// [`EgressError`] where it is no URL, or one of a proxy that is spoken to in another way, as over TLS.
    pub fn parse(proxy: &str, direct: &str) -> Result<Self, EgressError> {
        let egress = Self::as_clients_read(proxy, direct);
        egress.is_spoken.then_some(egress).ok_or(EgressError)
    }

    /// Reads the same as clients read their environment: a text that they ignore is no proxy, and one that names a proxy
    /// which is spoken to in another way matters to the upstreams alone that are reached through it.
    pub fn as_clients_read(proxy: &str, direct: &str) -> Self {
        let matcher = |direct: &str| Matcher::builder().https(proxy).no(direct).build();
        let anywhere = Uri::from_static("https://upstream.invalid");
        let is_spoken = |found: Intercept| {
            let host = found.uri().host().unwrap_or_default();
            let is_known = is_socks(&found) || found.uri().scheme_str() == Some("http");
            is_known && !host.is_empty()
        };
        Self {
            matcher: Arc::new(matcher(direct)),
            is_spoken: matcher("").intercept(&anywhere).is_some_and(is_spoken),
        }
    }
}

/// Returns true if a forward proxy speaks SOCKS 5; another one gets CONNECT.
fn is_socks(proxy: &Intercept) -> bool {
    matches!(proxy.uri().scheme_str(), Some("socks5" | "socks5h"))
}

/// Connects to upstreams, through the forward proxy where there is one for them.
#[derive(Clone)]
pub(super) struct UpstreamConnector {
    pub(super) tcp: HttpConnector,
    pub(super) egress: Option<Egress>,
}

impl fmt::Debug for UpstreamConnector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("UpstreamConnector")
            .field(&self.egress)
            .finish()
    }
}

type Connecting = Pin<Box<dyn Future<Output = Result<TokioIo<ProviderStream>, BodyError>> + Send>>;

impl Service<Uri> for UpstreamConnector {
    type Response = TokioIo<ProviderStream>;
    type Error = BodyError;
    type Future = Connecting;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BodyError>> {
        self.tcp.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, upstream: Uri) -> Connecting {
        let found = self.egress.as_ref();
        if let Some(proxy) = found.and_then(|egress| egress.matcher.intercept(&upstream)) {
            if found.is_some_and(|egress| !egress.is_spoken) {
                return Box::pin(async { Err(EgressError.into()) });
            }
            return Box::pin(through(self.tcp.clone(), proxy, upstream));
        }
        let connecting = self.tcp.call(upstream);
        Box::pin(async { Ok(opened(connecting.await?)) })
    }
}

fn opened(socket: TokioIo<TcpStream>) -> TokioIo<ProviderStream> {
    TokioIo::new(ProviderStream::new(socket.into_inner()))
}

async fn through(
    tcp: HttpConnector,
    proxy: Intercept,
    upstream: Uri,
) -> Result<TokioIo<ProviderStream>, BodyError> {
    let reached = if is_socks(&proxy) {
        reached(socks(tcp, &proxy).call(upstream)).await
    } else {
        reached(tunnel(tcp, &proxy).call(upstream)).await
    };
    reached.map(opened)
}

fn tunnel(tcp: HttpConnector, proxy: &Intercept) -> Tunnel<HttpConnector> {
    let tunnel = Tunnel::new(proxy.uri().clone(), tcp);
    match proxy.basic_auth() {
        Some(auth) => tunnel.with_auth(auth.clone()),
        None => tunnel,
    }
}

fn socks(tcp: HttpConnector, proxy: &Intercept) -> SocksV5<HttpConnector> {
    let socks = SocksV5::new(proxy.uri().clone(), tcp);
    match proxy.raw_auth() {
        Some((user, password)) => socks.with_auth(user.to_owned(), password.to_owned()),
        None => socks,
    }
}

async fn reached<T, E: Error>(opening: impl Future<Output = Result<T, E>>) -> Result<T, BodyError> {
    let opened = opening.await;
    opened.map_err(|error| format!("the forward proxy: {}", chain(&error)).into())
}

/// Connects with TLS, where there is TLS, within a time for all of it: an upstream or a forward proxy that takes the
/// connection and then says nothing is one that cannot be reached.
#[derive(Clone, Debug)]
pub(super) struct TimedConnector {
    pub(super) tls: HttpsConnector<UpstreamConnector>,
    pub(super) timeout: Duration,
}

type TlsConnecting = Pin<Box<dyn Future<Output = Result<TlsOrPlain, BodyError>> + Send>>;
type TlsOrPlain = MaybeHttpsStream<TokioIo<ProviderStream>>;

impl Service<Uri> for TimedConnector {
    type Response = TlsOrPlain;
    type Error = BodyError;
    type Future = TlsConnecting;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BodyError>> {
        self.tls.poll_ready(cx)
    }

    fn call(&mut self, upstream: Uri) -> TlsConnecting {
        let (opening, time) = (self.tls.call(upstream), self.timeout);
        Box::pin(async move {
            let opened = tokio::time::timeout(time, opening).await;
            opened.unwrap_or_else(|_| Err(format!("not connected within {time:?}").into()))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn egress_that_is_no_forward_proxy_is_refused_without_its_secret() {
        for url in [
            "proxy:3128",
            "http://proxy:3128",
            "http://me:secret@proxy:3128/",
            "socks5://proxy:1080",
            "socks5h://[::1]:1080",
        ] {
            assert!(Egress::parse(url, "*").is_ok(), "{url}");
        }
        for url in [
            "",
            "http://",
            "https://proxy:3128",
            "socks4://proxy:1080",
            "http://me:secret@",
            "http://secret proxy",
        ] {
            let error = Egress::parse(url, "").unwrap_err().to_string();
            assert!(!error.contains("secret"), "{url}: {error}");
        }
    }

    #[test]
    fn egress_of_a_client_matters_only_to_what_is_reached_through_it() {
        let upstream = Uri::from_static("https://upstream.test");
        let intercepts = |proxy: &str, direct: &str| {
            let egress = Egress::as_clients_read(proxy, direct);
            egress.matcher.intercept(&upstream).is_some()
        };
        for ignored in ["socks://proxy:1080", ""] {
            assert!(!intercepts(ignored, ""), "{ignored}");
        }
        for unspoken in ["socks4://proxy:1080", "https://proxy:3128"] {
            assert!(intercepts(unspoken, "") && !intercepts(unspoken, "upstream.test"));
            assert!(!Egress::as_clients_read(unspoken, "").is_spoken);
        }
    }

    #[test]
    fn egress_with_password_does_not_show_it() {
        let egress = Egress::parse("http://me:secret@proxy:3128", "").unwrap();
        assert!(!format!("{egress:?}").contains("secret"));
    }
}
