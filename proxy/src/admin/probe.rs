//! What machines ask, and anybody may know: whether the process lives and may get traffic, its version, and
//! what it has counted, which is numbers beside words of closed lists.

use http::{HeaderValue, Response, StatusCode, header};

use super::body::Told;
use crate::state::State;

/// Answers a probe; `None` where the path is none.
pub(super) fn answer(path: &str, state: &State, ready: bool) -> Option<Response<Told>> {
    let (status, told) = match path {
        "/livez" => (StatusCode::OK, "live\n".to_owned()),
        "/readyz" if ready => (StatusCode::OK, "ready\n".to_owned()),
        "/readyz" => (StatusCode::SERVICE_UNAVAILABLE, "draining\n".to_owned()),
        "/version" => (
            StatusCode::OK,
            format!("model-lock {}\n", env!("CARGO_PKG_VERSION")),
        ),
        "/metrics" => (StatusCode::OK, state.meter.page()?),
        _ => return None,
    };
    Some(text(status, told))
}

pub(super) fn text(status: StatusCode, text: String) -> Response<Told> {
    let mut response = Response::new(Told::whole(text));
    *response.status_mut() = status;
    let plain = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, plain);
    response
}
