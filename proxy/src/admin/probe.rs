//! The probes, which anybody may read: liveness, readiness, version, and metrics, whose labels are closed words.

use http::{HeaderValue, Response, StatusCode, header};

use super::body::{AdminBody, whole};
use crate::state::State;

/// Answers a probe; `None` where the path is none.
pub(super) fn response(path: &str, state: &State, ready: bool) -> Option<Response<AdminBody>> {
    let (status, text) = match path {
        "/livez" => (StatusCode::OK, "live\n".to_owned()),
        "/readyz" if ready => (StatusCode::OK, "ready\n".to_owned()),
        "/readyz" => (StatusCode::SERVICE_UNAVAILABLE, "draining\n".to_owned()),
        "/version" => (
            StatusCode::OK,
            format!("model-lock {}\n", env!("CARGO_PKG_VERSION")),
        ),
        "/metrics" => (StatusCode::OK, state.metrics.render()?),
        _ => return None,
    };
    Some(plain_text(status, text))
}

pub(super) fn plain_text(status: StatusCode, text: String) -> Response<AdminBody> {
    let mut response = Response::new(whole(text));
    *response.status_mut() = status;
    let plain = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, plain);
    response
}
