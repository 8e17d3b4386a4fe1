//! The admin port: probes for machines, a page for people.
//!
//! ```text
//! socket (write timeout) → probe? ─ yes ─► answered to anybody
//!                             └ no ─► access check → policy, or the page
//! ```
//!
//! It stays until the drain is over, so that it can report the drain.

mod body;
mod fields;
mod page;
mod probe;

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use http::uri::Authority;
use http::{Method, Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use lockpolicy::http::{AdminAccess, AdminRefusal, HostRules, IsToken, RequestHead};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::key::Key;
use crate::state::State;
use crate::write_timeout::WriteTimeout;
use body::AdminBody;
pub use body::TextStream;
pub use page::{Page, PageContent, PageRequest, PageResponse};

/// The time that a reader may take to read on.
const WRITE_TIMEOUT: Duration = Duration::from_secs(20);

/// The admin port before it serves.
#[derive(Debug)]
pub(crate) struct Admin {
    pub(crate) listener: TcpListener,
    pub(crate) page: Option<Arc<dyn Page>>,
    pub(crate) token: Option<Key>,
    pub(crate) hosts: HostRules,
}

/// The state that all connections share.
#[derive(Debug)]
struct AdminService {
    state: Arc<State>,
    page: Option<Arc<dyn Page>>,
    access: AdminAccess,
    token: Option<Key>,
}

/// Answers until `shut` is cancelled; then running responses are broken off.
pub(crate) async fn accept(admin: Admin, state: Arc<State>, shut: CancellationToken) {
    let local = admin.listener.local_addr();
    let service = Arc::new(AdminService {
        state,
        page: admin.page,
        access: AdminAccess {
            is_local: local.is_ok_and(|at| at.ip().is_loopback()),
            hosts: admin.hosts,
        },
        token: admin.token,
    });
    let connections = TaskTracker::new();
    loop {
        let socket = tokio::select! {
            () = shut.cancelled() => break,
            socket = admin.listener.accept() => socket,
        };
        match socket {
            Ok((socket, _)) => {
                connections.spawn(serve(socket, Arc::clone(&service), shut.clone()));
            }
            // Out of descriptors, most likely: let some connections end first.
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
    connections.close();
    connections.wait().await;
}

async fn serve(socket: TcpStream, admin: Arc<AdminService>, shut: CancellationToken) {
    let service = service_fn(|request: Request<Incoming>| {
        let response = fields::put(admin.response(&request));
        async { Ok::<_, Infallible>(response) }
    });
    let mut builder = hyper::server::conn::http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(admin.state.limits.header_timeout);
    let (reader, writer) = socket.into_split();
    let socket = tokio::io::join(reader, WriteTimeout::new(writer, WRITE_TIMEOUT));
    tokio::select! {
        ended = builder.serve_connection(TokioIo::new(socket), service) => drop(ended),
        () = shut.cancelled() => {}
    }
}

impl AdminService {
    fn response(&self, request: &Request<Incoming>) -> Response<AdminBody> {
        if request.method() != Method::GET {
            return fields::only_get();
        }
        let own = crate::fields::as_text(request.headers());
        let head = RequestHead {
            authority: request.uri().authority().map(Authority::as_str),
            fields: &own,
            ..RequestHead::default()
        };
        if let Err(refused) = self.access.check_origin(&head) {
            return refusal(refused);
        }
        let path = request.uri().path();
        if let Some(response) = probe::response(path, &self.state) {
            return response;
        }
        let open = self.page.as_ref().is_some_and(|page| page.is_open(path));
        let is_token = |given: &[u8]| self.token.as_ref().is_some_and(|token| token.equals(given));
        let is_token = self.token.as_ref().map(|_| &is_token as IsToken<'_>);
        if let Err(error) = self.access.check(&head, open, is_token) {
            return refusal(error);
        }
        if path == "/policy" {
            let policy = self.state.policy.load();
            let text = format!("hash = {}\n{}", policy.hash(), policy.describe());
            return probe::plain_text(StatusCode::OK, text);
        }
        let Some(page) = &self.page else {
            return probe::plain_text(StatusCode::NOT_FOUND, "not found\n".to_owned());
        };
        let resume = request.headers().get("last-event-id");
        page.response(&PageRequest {
            path,
            query: request.uri().query().unwrap_or_default(),
            resume: resume.and_then(|id| id.to_str().ok()).unwrap_or_default(),
        })
        .into()
    }
}

fn refusal(error: AdminRefusal) -> Response<AdminBody> {
    let (status, code) = error.status_and_code();
    let response = PageResponse::error(status, code, &error.to_string()).into();
    if status == StatusCode::UNAUTHORIZED.as_u16() {
        return fields::wants_bearer(response);
    }
    response
}
