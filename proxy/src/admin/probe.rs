//! The probes, which anybody may read: liveness, readiness, version, and metrics, whose labels are closed words.

use http::{HeaderValue, Response, StatusCode, header};

use super::body::{AdminBody, whole};
use crate::state::State;

/// Answers a probe; `None` where the path is none.
pub(super) fn response(path: &str, state: &State) -> Option<Response<AdminBody>> {
    let (status, text) = match path {
        "/livez" => (StatusCode::OK, "live\n".to_owned()),
        "/readyz" => match not_ready(state) {
            None => (StatusCode::OK, "ready\n".to_owned()),
            Some(why) => (StatusCode::SERVICE_UNAVAILABLE, why.to_owned()),
        },
        "/version" => (
            StatusCode::OK,
            format!("model-lock {}\n", env!("CARGO_PKG_VERSION")),
        ),
        "/metrics" => (StatusCode::OK, state.metrics.render()?),
        _ => return None,
    };
    Some(plain_text(status, text))
}

/// Returns why requests are not served, if they are not.
fn not_ready(state: &State) -> Option<&'static str> {
    if state.stop.is_cancelled() {
        return Some("draining\n");
    }
    let clients = state.access.clients.as_ref()?;
    clients.load().is_empty().then_some(
        "nobody is served: set --client-tokens FILE, or --client-auth none to serve everyone\n",
    )
}

pub(super) fn plain_text(status: StatusCode, text: String) -> Response<AdminBody> {
    let mut response = Response::new(whole(text));
    *response.status_mut() = status;
    let plain = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, plain);
    response
}
