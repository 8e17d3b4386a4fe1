//! A port of its own for whoever runs the proxy: probes for machines, a page for people.
//!
//! ```text
//! socket (patience) → probe? ─ yes ─► answered to anybody
//!                        └ no ─► guard: may this be told to this one? → policy, or the page
//! ```
//!
//! It stays until the drain is over, so that it can say that there is one.

mod body;
mod fields;
mod guard;
mod page;
mod patience;
mod probe;

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use http::{Method, Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::key::Key;
use crate::state::State;
pub use body::Flow;
use body::Told;
use guard::{Guard, Refused};
pub use page::{Asked, Content, Page, Reply};
use patience::Patience;

/// How long somebody who asked may take to read on.
const PATIENCE: Duration = Duration::from_secs(20);

/// What is answered, and to whom.
#[derive(Debug)]
pub(crate) struct Admin {
    pub(crate) listener: TcpListener,
    pub(crate) page: Option<Arc<dyn Page>>,
    pub(crate) token: Option<Key>,
}

/// What every connection shares.
#[derive(Debug)]
struct Desk {
    state: Arc<State>,
    page: Option<Arc<dyn Page>>,
    guard: Guard,
}

/// Answers until `shut` is cancelled; then whatever is still being said is broken off.
pub(crate) async fn accept(admin: Admin, state: Arc<State>, shut: CancellationToken) {
    let local = admin.listener.local_addr();
    let desk = Arc::new(Desk {
        state,
        page: admin.page,
        guard: Guard::new(local.is_ok_and(|at| at.ip().is_loopback()), admin.token),
    });
    let connections = TaskTracker::new();
    loop {
        let socket = tokio::select! {
            () = shut.cancelled() => break,
            socket = admin.listener.accept() => socket,
        };
        match socket {
            Ok((socket, _)) => {
                connections.spawn(serve(socket, Arc::clone(&desk), shut.clone()));
            }
            // Out of descriptors, most likely: let some connections end first.
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
    connections.close();
    connections.wait().await;
}

async fn serve(socket: TcpStream, desk: Arc<Desk>, shut: CancellationToken) {
    let service = service_fn(|request: Request<Incoming>| {
        let answer = fields::put(desk.answer(&request));
        async { Ok::<_, Infallible>(answer) }
    });
    let mut builder = hyper::server::conn::http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(desk.state.limits.head_time);
    let socket = Patience::new(socket, PATIENCE);
    tokio::select! {
        ended = builder.serve_connection(TokioIo::new(socket), service) => drop(ended),
        () = shut.cancelled() => {}
    }
}

impl Desk {
    fn answer(&self, request: &Request<Incoming>) -> Response<Told> {
        if request.method() != Method::GET {
            return fields::only_get();
        }
        let path = request.uri().path();
        let ready = !self.state.stop.is_cancelled();
        if let Some(answer) = probe::answer(path, &self.state, ready) {
            return answer;
        }
        let open = self.page.as_ref().is_some_and(|page| page.is_open(path));
        if let Err(refused) = self.guard.check(request, open) {
            return refusal(refused);
        }
        if path == "/policy" {
            let policy = self.state.policy.load();
            let text = format!("hash = {}\n{}", policy.hash(), policy.describe());
            return probe::text(StatusCode::OK, text);
        }
        let Some(page) = &self.page else {
            return probe::text(StatusCode::NOT_FOUND, "not found\n".to_owned());
        };
        let resume = request.headers().get("last-event-id");
        page.answer(&Asked {
            path,
            query: request.uri().query().unwrap_or_default(),
            resume: resume.and_then(|id| id.to_str().ok()).unwrap_or_default(),
        })
        .into()
    }
}

fn refusal(refused: Refused) -> Response<Told> {
    let (status, code) = refused.told();
    let response = Reply::error(status, code, &refused.to_string()).into();
    if status == StatusCode::UNAUTHORIZED.as_u16() {
        return fields::wants_bearer(response);
    }
    response
}
