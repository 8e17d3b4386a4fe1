//! Whether the process lives and may get traffic, and what it has counted, on a port of its own.

use std::convert::Infallible;
use std::sync::Arc;

use http::{HeaderValue, Request, Response, StatusCode, header};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::body::Answer;
use crate::state::State;

/// Answers `/livez`, `/readyz`, `/metrics`, `/version` and `/policy` until `stop` is cancelled.
pub(crate) async fn accept(
    listener: TcpListener,
    state: Arc<State>,
    tasks: TaskTracker,
    stop: CancellationToken,
) {
    loop {
        let socket = tokio::select! {
            () = stop.cancelled() => return,
            socket = listener.accept() => socket,
        };
        let Ok((socket, _)) = socket else { continue };
        let (state, stop) = (Arc::clone(&state), stop.clone());
        tasks.spawn(async move {
            let ready = stop.clone();
            let service = service_fn(|request: Request<Incoming>| {
                let answer = answer(&request, &state, !ready.is_cancelled());
                async { Ok::<_, Infallible>(answer) }
            });
            let mut builder = hyper::server::conn::http1::Builder::new();
            builder
                .timer(TokioTimer::new())
                .header_read_timeout(state.limits.head_time);
            let connection = builder.serve_connection(TokioIo::new(socket), service);
            tokio::select! {
                ended = connection => drop(ended),
                () = stop.cancelled() => {}
            }
        });
    }
}

fn answer(request: &Request<Incoming>, state: &State, ready: bool) -> Response<Answer> {
    let policy = state.policy.load();
    if request.method() != http::Method::GET {
        return text(StatusCode::METHOD_NOT_ALLOWED, "only GET\n".to_owned());
    }
    match request.uri().path() {
        "/livez" => text(StatusCode::OK, "live\n".to_owned()),
        "/readyz" if ready => text(StatusCode::OK, "ready\n".to_owned()),
        "/readyz" => text(StatusCode::SERVICE_UNAVAILABLE, "draining\n".to_owned()),
        "/version" => text(
            StatusCode::OK,
            format!("model-lock {}\n", env!("CARGO_PKG_VERSION")),
        ),
        "/policy" => text(
            StatusCode::OK,
            format!("hash = {}\n{}", policy.hash(), policy.describe()),
        ),
        "/metrics" => match state.meter.page() {
            Some(page) => text(StatusCode::OK, page),
            None => text(StatusCode::NOT_FOUND, "not found\n".to_owned()),
        },
        _ => text(StatusCode::NOT_FOUND, "not found\n".to_owned()),
    }
}

fn text(status: StatusCode, text: String) -> Response<Answer> {
    let mut response = Response::new(Answer::whole(text));
    *response.status_mut() = status;
    let plain = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, plain);
    response
}
