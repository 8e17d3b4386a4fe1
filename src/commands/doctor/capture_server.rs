//! A provider on loopback that records what arrives, and runs nothing.
//!
//! It is a forward proxy as well, so that where a client wanted to go is known without letting it: nothing that
//! comes here goes on.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, UPGRADE};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::upgrade::OnUpgrade;
use hyper::{Method, Request, Response, StatusCode, Uri};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::runtime::{Handle, Runtime};

/// One request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Captured {
    /// The destination, if it came as to a forward proxy.
    pub(crate) authority: Option<String>,
    /// The model that it names.
    pub(crate) model: Option<String>,
    /// True if its path begins like that of the embedded proxy.
    pub(crate) below_secret: bool,
}

/// The server; it runs until it is dropped.
#[derive(Debug)]
pub(crate) struct CaptureServer {
    address: SocketAddr,
    record: Arc<Record>,
    runtime: Option<Runtime>,
}

#[derive(Debug, Default)]
struct Record {
    seen: Mutex<Vec<Captured>>,
    news: Condvar,
}

impl CaptureServer {
    /// Listens on a free port.
    pub(crate) fn start() -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()?;
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0"))?;
        let (address, record) = (listener.local_addr()?, Arc::<Record>::default());
        runtime.spawn(accept(listener, Arc::clone(&record)));
        Ok(Self {
            address,
            record,
            runtime: Some(runtime),
        })
    }

    /// Host and port.
    pub(crate) fn authority(&self) -> String {
        self.address.to_string()
    }

    /// The first request so far that names a model, in any way.
    pub(crate) fn call(&self) -> Option<Captured> {
        let seen = self.record.lock();
        seen.iter().find(|seen| seen.model.is_some()).cloned()
    }

    /// Returns the destinations of tunnels.
    pub(crate) fn tunnels(&self) -> Vec<String> {
        let seen = self.record.lock();
        let tunnels = seen.iter().filter(|seen| seen.model.is_none());
        tunnels.filter_map(|seen| seen.authority.clone()).collect()
    }

    /// Returns the call that went into a tunnel to a server, if one did. What it says there, nobody can read.
    pub(crate) fn tunneled_call(&self, to: Option<&str>) -> Option<Captured> {
        let mut tunnels = self.tunnels().into_iter();
        let authority = tunnels.find(|tunnel| Some(tunnel.as_str()) == to)?;
        Some(Captured {
            authority: Some(authority),
            ..Captured::default()
        })
    }

    /// Waits until a request names a model, or goes into a tunnel to this server, where TLS hides what it names.
    pub(crate) fn wait(&self, tunnel_to: Option<&str>, within: Duration) -> bool {
        let deadline = Instant::now() + within;
        let mut seen = self.record.lock();
        let is_tunnel =
            |seen: &Captured| seen.authority.is_some() && seen.authority.as_deref() == tunnel_to;
        while !seen
            .iter()
            .any(|seen| seen.model.is_some() || is_tunnel(seen))
        {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            let waited = self.record.news.wait_timeout(seen, left);
            seen = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }
}

impl Record {
    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Captured>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, seen: Captured) {
        self.lock().push(seen);
        self.news.notify_all();
    }
}

impl Drop for CaptureServer {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

async fn accept(listener: TcpListener, record: Arc<Record>) {
    while let Ok((socket, _)) = listener.accept().await {
        Handle::current().spawn(converse(TokioIo::new(socket), None, Arc::clone(&record)));
    }
}

/// Answers every request of a connection, or of a tunnel in one.
async fn converse<I>(io: I, tunnel: Option<String>, record: Arc<Record>)
where
    I: hyper::rt::Read + hyper::rt::Write + Unpin + Send + 'static,
{
    let service = service_fn(|request| answer(request, tunnel.clone(), Arc::clone(&record)));
    let mut server = http1::Builder::new();
    let served = server.half_close(true).serve_connection(io, service);
    // A client that breaks off is of no interest.
    drop(served.with_upgrades().await);
}

async fn answer(
    mut request: Request<Incoming>,
    tunnel: Option<String>,
    record: Arc<Record>,
) -> Result<Response<String>, Infallible> {
    let authority = request.uri().authority().map(ToString::to_string);
    let authority = authority.or(tunnel);
    let (status, content) = match *request.method() {
        Method::CONNECT => {
            record.push(Captured {
                authority: authority.clone(),
                ..Captured::default()
            });
            Handle::current().spawn(enter(hyper::upgrade::on(&mut request), authority, record));
            return Ok(Response::new(String::new()));
        }
        Method::GET if request.headers().contains_key(UPGRADE) => {
            (StatusCode::UPGRADE_REQUIRED, "")
        }
        Method::GET => (StatusCode::OK, r#"{"object":"list","data":[],"models":[]}"#),
        _ => (StatusCode::BAD_REQUEST, REFUSAL),
    };
    if request.method() == Method::POST {
        let below_secret = is_below_secret(request.uri());
        let content = Limited::new(request.into_body(), CAP).collect().await;
        let content = content.map(http_body_util::Collected::to_bytes);
        record.push(Captured {
            authority,
            model: Some(model(&content.unwrap_or_default())),
            below_secret,
        });
    }
    let mut response = Response::new(content.to_owned());
    *response.status_mut() = status;
    let json = hyper::header::HeaderValue::from_static("application/json");
    response.headers_mut().insert(CONTENT_TYPE, json);
    Ok(response)
}

/// Goes on inside a tunnel. It is boxed because a tunnel may hold another.
fn enter(
    tunnel: OnUpgrade,
    authority: Option<String>,
    record: Arc<Record>,
) -> std::pin::Pin<Box<dyn Future<Output = ()> + Send>> {
    Box::pin(async move {
        if let Ok(io) = tunnel.await {
            converse(io, authority, record).await;
        }
    })
}

/// Returns true if 32 hexadecimal digits come first in the path.
fn is_below_secret(uri: &Uri) -> bool {
    let first = uri.path().split('/').nth(1).unwrap_or_default();
    first.len() == 32 && first.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The model that a content names; a content that cannot be read has a word of its own.
fn model(content: &[u8]) -> String {
    #[derive(serde::Deserialize)]
    struct Named {
        model: Option<String>,
    }
    match serde_json::from_slice::<Named>(content) {
        Ok(Named { model: Some(model) }) => lockpolicy::escape_for_log(&model),
        Ok(Named { model: None }) => "(none)".to_owned(),
        Err(_) => UNREADABLE.to_owned(),
    }
}

/// The text in the place of the model if the content cannot be read.
const UNREADABLE: &str = "(unreadable)";
/// No request of a trial is larger.
const CAP: usize = 8 << 20;
/// codex tries no second time after a 400.
const REFUSAL: &str = r#"{"error":{"message":"this is model-lock doctor: nothing runs here","type":"invalid_request_error","param":null,"code":"doctor"}}"#;

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read as _, Write as _};
    use std::net::TcpStream;

    const TIMEOUT: Duration = Duration::from_secs(30);

    fn say(server: &CaptureServer, text: &str) -> String {
        let mut socket = TcpStream::connect(server.authority()).unwrap();
        socket.write_all(text.as_bytes()).unwrap();
        socket.shutdown(std::net::Shutdown::Write).unwrap();
        let mut answer = String::new();
        socket.read_to_string(&mut answer).unwrap();
        answer
    }

    fn post(target: &str, content: &str) -> String {
        let length = content.len();
        format!("POST {target} HTTP/1.1\r\nContent-Length: {length}\r\n\r\n{content}")
    }

    #[test]
    fn captured_request_has_its_authority_and_model() {
        let secret = "0123456789abcdef".repeat(2);
        for (bytes, authority, model) in [
            (
                post(&format!("http://h:1/{secret}/v1"), "{}"),
                Some("h:1"),
                "(none)",
            ),
            (post("/v1/responses", r#"{"model":"a"}"#), None, "a"),
            (
                post("http://h:1/v1/x", r#"{"model":"a\n"}"#),
                Some("h:1"),
                "a\\n",
            ),
            (
                format!("CONNECT h:2 HTTP/1.1\r\n\r\n{}", post("/v1/x", "{}")),
                Some("h:2"),
                "(none)",
            ),
            (
                post("/", r#"{"model":"a","model":"b"}"#),
                None,
                "(unreadable)",
            ),
        ] {
            let server = CaptureServer::start().unwrap();
            let answer = say(&server, &bytes);
            assert!(answer.contains(" 400 Bad Request\r\n"), "{answer}");
            assert!(server.wait(None, TIMEOUT));
            let expected = Captured {
                authority: authority.map(str::to_owned),
                model: Some(model.to_owned()),
                below_secret: bytes.contains("0123456789abcdef"),
            };
            assert_eq!(server.call(), Some(expected));
        }
    }

    #[test]
    fn tunnel_without_a_readable_request_has_its_authority() {
        let server = CaptureServer::start().unwrap();
        say(
            &server,
            "CONNECT api.openai.com:443 HTTP/1.1\r\n\r\n\u{16}\u{3}",
        );
        assert_eq!(server.tunnels(), ["api.openai.com:443"]);
        assert_eq!(server.call(), None);
        assert!(!server.wait(None, Duration::ZERO));
        assert!(!server.wait(Some("proxy:443"), Duration::ZERO));
        assert_eq!(server.tunneled_call(Some("proxy:443")), None);
        let provider = Some("api.openai.com:443");
        assert!(server.wait(provider, Duration::ZERO));
        let call = server.tunneled_call(provider).unwrap();
        assert_eq!((call.authority.as_deref(), call.model), (provider, None));
    }
}
