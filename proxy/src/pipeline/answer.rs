//! Back to the client: the answer as it came, but for what rule 12 names.

use http::header::{self, HeaderMap};
use http::{Response, StatusCode};
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use lockpolicy::Mode;
use lockpolicy::dialect::Answer as Kind;
use lockpolicy::surface::{answer, models};

use super::decide::Approved;
use super::route::Route;
use super::{Call, headers};
use crate::body::Answer;
use crate::error::Stop;
use crate::events::Events;
use crate::late::Late;

/// The longest list of models that is cut down.
const LIST_CAP: usize = 16 << 20;

/// Passes an answer on.
///
/// # Errors
///
/// An answer that must not be passed on: a list of models that cannot be read, a redirect, which would
/// lead the client past the lock, a change of protocol that nobody asked for.
pub(super) async fn pass(
    call: &Call,
    route: &Route<'_>,
    approved: &Approved,
    response: Response<Incoming>,
) -> Result<Response<Answer>, Stop> {
    let (mut head, body) = response.into_parts();
    if head.status.is_redirection() && head.headers.contains_key(header::LOCATION) {
        return Err(Stop::Answer(
            "the upstream redirects, which would lead past the lock",
        ));
    }
    if head.status.is_informational() {
        return Err(Stop::Answer("the upstream changed the protocol"));
    }
    headers::end_to_end(&mut head.headers);
    mark(call, approved, &mut head.headers);
    let kind = match route {
        Route::Listed(found) => found.operation.answer,
        Route::Allowed => Kind::Opaque,
    };
    let body = match kind {
        Kind::Models if head.status == StatusCode::OK && call.policy.mode() != Mode::Audit => {
            head.headers.remove(header::CONTENT_LENGTH);
            head.headers.remove(header::ETAG);
            list(call, body).await?
        }
        Kind::Response if approved.forced() => forced(call, &mut head.headers, body),
        Kind::Models | Kind::Opaque | Kind::Response => Answer::Passed(Late::new(body)),
    };
    Ok(Response::from_parts(head, body))
}

/// Says what was done.
fn mark(call: &Call, approved: &Approved, headers: &mut HeaderMap) {
    let own: Vec<_> = headers
        .keys()
        .filter(|name| name.as_str().starts_with("x-model-lock-"))
        .cloned()
        .collect();
    for name in own {
        headers.remove(name);
    }
    headers::set(headers, "x-model-lock-decision", approved.outcome);
    headers::set(headers, "x-model-lock-policy", call.policy.hash());
    if let Some(asked) = &approved.asked {
        headers::set(headers, "x-model-lock-requested", asked);
    }
}

async fn list(call: &Call, body: Incoming) -> Result<Answer, Stop> {
    let unreadable = || Stop::Answer("the upstream's list of models cannot be read");
    let whole = Limited::new(body, LIST_CAP)
        .collect()
        .await
        .map_err(Stop::Upstream)?
        .to_bytes();
    let cut = models::only_pinned(&call.policy, &whole).map_err(|_| unreadable())?;
    Ok(Answer::whole(cut))
}

/// The client asked for another model and would take the pin's name for a reroute.
fn forced(call: &Call, headers: &mut HeaderMap, body: Incoming) -> Answer {
    let pin = call.policy.pin();
    for name in [answer::SERVED, answer::SERVED_TOO] {
        if headers.get_all(name).iter().all(|value| value == pin) {
            headers.remove(name);
        }
    }
    let kind = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    if kind.starts_with("text/event-stream") && !headers.contains_key(header::CONTENT_ENCODING) {
        headers.remove(header::CONTENT_LENGTH);
        return Answer::Edited(Late::new(Events::new(body, pin.to_owned())));
    }
    Answer::Passed(Late::new(body))
}
