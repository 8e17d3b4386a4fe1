//! The admin port: probes for machines, a page for people.
//!
//! ```text
//! socket (write timeout) → probe? ─ yes ─► answered to anybody
//!                             └ no ─► access check → policy, or the page
//! ```
//!
//! It stays until the drain is over, so that it can report the drain.

mod access;
mod body;
mod fields;
mod page;
mod probe;
mod write_timeout;

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use http::{Method, Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use lockpolicy::http::HostRules;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::key::Key;
use crate::state::State;
use access::{Access, AccessError};
use body::AdminBody;
pub use body::TextStream;
pub use page::{Page, PageContent, PageRequest, PageResponse};
use write_timeout::WriteTimeout;

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
    access: Access,
}

/// Answers until `shut` is cancelled; then running responses are broken off.
pub(crate) async fn accept(admin: Admin, state: Arc<State>, shut: CancellationToken) {
    let local = admin.listener.local_addr();
    let service = Arc::new(AdminService {
        state,
        page: admin.page,
        access: Access::new(
            local.is_ok_and(|at| at.ip().is_loopback()),
            admin.token,
            admin.hosts,
        ),
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
        if let Err(refused) = self.access.check_origin(request) {
            return refusal(refused);
        }
        let path = request.uri().path();
        let ready = !self.state.stop.is_cancelled();
        if let Some(response) = probe::response(path, &self.state, ready) {
            return response;
        }
        let open = self.page.as_ref().is_some_and(|page| page.is_open(path));
        if let Err(error) = self.access.check(request, open) {
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

fn refusal(error: AccessError) -> Response<AdminBody> {
    let (status, code) = error.status_and_code();
    let response = PageResponse::error(status, code, &error.to_string()).into();
    if status == StatusCode::UNAUTHORIZED.as_u16() {
        return fields::wants_bearer(response);
    }
    response
}
