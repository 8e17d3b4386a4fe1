//! Back to the client: the answer as it came, but for what rule 12 names.

use std::sync::Arc;

use bytes::Bytes;
use http::header::{self, HeaderMap};
use http::{Response, StatusCode, response};
use http_body_util::{BodyExt as _, Limited};
use hyper::body::{Body as _, Incoming};
use lockpolicy::dialect::Answer as Kind;
use lockpolicy::http::{model_list, response_edit};
use lockpolicy::{Mode, Surface};

use super::decide::Approved;
use super::receipt::{Asked, Watch};
use super::route::Route;
use super::{Call, decode, headers};
use crate::body::{Answer, Pieces};
use crate::error::Stop;
use crate::events::Events;
use crate::reader::{Form, Reader};
use crate::watched::{Ear as _, Watched};

/// The longest list of models that is cut down.
const LIST_CAP: usize = 16 << 20;

/// The longest answer that is held back until it is known who served it.
const HOLD_CAP: usize = 4 << 20;

/// Passes an answer on.
///
/// # Errors
///
/// An answer that must not be passed on: a list of models that cannot be read, a redirect, which would
/// lead the client past the lock, a change of protocol that nobody asked for.
pub(super) async fn pass(
    call: &Arc<Call>,
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
        Kind::Models if head.status == StatusCode::OK && call.policy.mode() != Mode::ReportOnly => {
            head.headers.remove(header::CONTENT_LENGTH);
            head.headers.remove(header::ETAG);
            list(call, body).await?
        }
        Kind::Opaque if approved.wanted.is_none() => Answer::Passed(body),
        Kind::Response | Kind::Opaque => served(call, approved, &mut head, body).await?,
        Kind::Models => Answer::Passed(body),
    };
    Ok(Response::from_parts(head, body))
}

/// The answer of a model: listened to, and ended where another served than was sent and the policy says
/// so (rule 13). An error was served by none.
async fn served(
    call: &Arc<Call>,
    approved: &Approved,
    head: &mut response::Parts,
    body: Incoming,
) -> Result<Answer, Stop> {
    let form = Form::of(&head.headers).filter(|_| head.status.is_success());
    let asked = Asked {
        policy: Arc::clone(&call.policy),
        surface: Surface::Http,
        source: approved.source,
        wanted: approved.wanted.clone(),
    };
    let status = head.status.as_u16();
    let mut watch = Watch::new(call, asked, status, form.unwrap_or(Form::Whole));
    if head.status.is_success() && watch.fields(&head.headers) {
        return ended(&watch, form, head);
    }
    let pin = approved.forced().then(|| call.policy.pin().to_owned());
    if let Some(pin) = &pin {
        without_pin(&mut head.headers, pin);
    }
    let Ok(unpacker) = decode::unpacker(&head.headers) else {
        return Ok(Answer::Passed(body));
    };
    match form {
        None => Ok(Answer::Passed(body)),
        Some(Form::Events) if unpacker.is_none() && (pin.is_some() || watch.is_strict()) => {
            head.headers.remove(header::CONTENT_LENGTH);
            Ok(Answer::Edited(Box::new(Events::new(body, pin, watch))))
        }
        Some(Form::Lines) if unpacker.is_none() && watch.is_strict() => {
            head.headers.remove(header::CONTENT_LENGTH);
            Ok(Answer::Edited(Box::new(Events::new(body, None, watch))))
        }
        Some(Form::Whole) if watch.is_strict() => {
            held(body, Reader::new(Form::Whole, unpacker), watch).await
        }
        Some(form) => {
            let reader = Reader::new(form, unpacker);
            Ok(Answer::Watched(Box::new(Watched::new(body, reader, watch))))
        }
    }
}

/// What is said instead of an answer whose head names another model: a stream that was asked for is
/// ended as a stream, since codex tries again after any status that tells of a fault upstream.
fn ended(watch: &Watch, form: Option<Form>, head: &mut response::Parts) -> Result<Answer, Stop> {
    match form {
        Some(Form::Events | Form::Lines) => {
            head.headers.remove(header::CONTENT_LENGTH);
            head.headers.remove(header::CONTENT_ENCODING);
            Ok(Answer::whole(watch.last()))
        }
        Some(Form::Whole) | None => Err(watch.stop()),
    }
}

/// An answer that is held back until it has said who served it. One that is longer than the cap goes on
/// and is broken off at its end, if it has to be.
async fn held(mut body: Incoming, mut reader: Reader, mut watch: Watch) -> Result<Answer, Stop> {
    let mut pieces: Vec<Bytes> = Vec::new();
    let mut length = 0;
    let mut end = false;
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame
            .map_err(|error| Stop::Upstream(error.into()))?
            .into_data()
        else {
            continue;
        };
        reader.take(&data, &mut |text| end |= watch.text(text).1);
        length += data.len();
        pieces.push(data);
        if length > HOLD_CAP {
            let rest = Box::new(Watched::new(body, reader, watch));
            return Ok(Answer::Begun(Pieces::new(pieces), rest));
        }
    }
    reader.finish(&mut |text| end |= watch.text(text).1);
    if end {
        return Err(watch.stop());
    }
    let rest = Box::new(Watched::new(body, reader, watch));
    debug_assert!(rest.is_end_stream());
    Ok(Answer::Begun(Pieces::new(pieces), rest))
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
    let cut = model_list::only_pinned(&call.policy, &whole).map_err(|_| unreadable())?;
    Ok(Answer::whole(cut))
}

/// The client asked for another model and would take the pin's name for a reroute.
fn without_pin(headers: &mut HeaderMap, pin: &str) {
    for name in [response_edit::SERVED, response_edit::SERVED_TOO] {
        if headers.get_all(name).iter().all(|value| value == pin) {
            headers.remove(name);
        }
    }
}
