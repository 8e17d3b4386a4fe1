//! The life of a request: route, read, decode, decide, forward, answer.

mod answer;
mod decide;
mod decode;
mod forward;
mod headers;
mod read;
mod receipt;
mod respond;
mod socket;

use std::sync::Arc;
use std::time::Instant;

use http::Version;
use hyper::body::Incoming;
use hyper::{Request, Response};
use lockpolicy::dialect::{Content, ErrorShape};
use lockpolicy::http::{
    Approved, Refusal, Refused, RequestHead, Route, content_coding, route, wants_upgrade,
};
use lockpolicy::{Judged, Policy, Reason, Rejection, RequestContext, Surface, Verdict, report};

use crate::body::{Answer, Counted, Pieces};
use crate::error::RequestError;
use crate::meter::Carried;
use crate::mount::{self, Place};
use crate::state::State;
use crate::wire;
pub(crate) use decode::Unpacker;
pub(crate) use receipt::Watch;

/// What is known of a request while it is carried.
#[derive(Debug)]
struct Call {
    state: Arc<State>,
    /// The policy that it began with, whatever is loaded meanwhile.
    policy: Arc<Policy>,
    id: String,
    method: String,
    path: String,
    client: String,
    /// Whether another protocol was asked for: what follows a refusal cannot be delimited.
    upgrade: bool,
    errors: ErrorShape,
    place: Place,
    carried: Arc<Carried>,
}

impl Call {
    /// Reports a verdict about the request.
    fn report(&self, verdict: &Verdict, runs_model: bool, status: u16) {
        let judged = Judged {
            policy: &self.policy,
            surface: DOOR,
            verdict,
            runs_model,
        };
        report(&*self.state.sink, judged, &self.facts(status, ""));
    }

    /// Returns what a refusal is the response to.
    fn to(&self) -> Refused<'_> {
        Refused {
            errors: self.errors,
            id: &self.id,
            path: &self.path,
            policy: self.policy.hash(),
            upgrade: self.upgrade,
        }
    }

    fn facts<'a>(&'a self, status: u16, reason: &'a str) -> RequestContext<'a> {
        RequestContext {
            request_id: &self.id,
            method: &self.method,
            path: &self.path,
            client: &self.client,
            status,
            policy: self.policy.hash(),
            reason,
        }
    }
}

/// Carries a request to its upstream and the answer back. Never fails: what goes wrong is an answer.
///
/// # Cancel safety
///
/// Dropping the future ends the call to the upstream; nothing is left running.
pub(crate) async fn handle(
    state: Arc<State>,
    head: Result<(), wire::Fault>,
    mut request: Request<Incoming>,
) -> Response<Counted> {
    let place = mount::enter(&state.mounts, &mut request);
    let call = Call {
        policy: state.policy.load_full(),
        id: state.ids.next(),
        method: request.method().as_str().to_owned(),
        path: shown(&place, request.uri().path()),
        client: headers::client(request.headers()),
        upgrade: false,
        errors: ErrorShape::default(),
        place,
        carried: Carried::new(&state.meter),
        state,
    };
    let carried = Arc::clone(&call.carried);
    let answer = carry(call, head, request).await;
    answer.map(|answer| Counted::new(answer, carried))
}

/// The path for the log. Outside of every mount it may hold most of what names one, which is as good as
/// a key.
fn shown(place: &Place, path: &str) -> String {
    match place {
        Place::Outside => String::new(),
        Place::Anywhere | Place::Below(_) => lockpolicy::escape_for_log(path),
    }
}

async fn carry(
    mut call: Call,
    checked: Result<(), wire::Fault>,
    mut request: Request<Incoming>,
) -> Response<Answer> {
    let (state, place) = (Arc::clone(&call.state), call.place.clone());
    let upgrade = hyper::upgrade::on(&mut request);
    let (head, body) = request.into_parts();
    let fields = headers::as_text(&head.headers);
    let request = RequestHead {
        method: head.method.as_str(),
        authority: head.uri.authority().map(http::uri::Authority::as_str),
        path: head.uri.path(),
        query: head.uri.query(),
        fields: &fields,
        base: place.base(),
        is_http_1_1: head.version == Version::HTTP_11,
    };
    call.upgrade = wants_upgrade(&request);
    if let Err(fault) = checked {
        let refusal = call.reject(&malformed(fault));
        return call.refused(&refusal);
    }
    let routing = route(&state.table, &call.policy, &request);
    call.errors = routing.errors;
    let route = match routing.route {
        Ok(route) => route,
        Err(rejection) => {
            if !headers::waits(&head.headers) {
                read::past(body).await;
            }
            let refusal = call.reject(&rejection);
            return call.refused(&refusal);
        }
    };
    let call = Arc::new(call);
    let answer = match &route {
        Route::Listed(found) if found.operation.content == Content::WebSocket => {
            Box::pin(socket::open(
                &call,
                &route,
                found.operation,
                &request,
                upgrade,
            ))
            .await
        }
        Route::Listed(_) | Route::Allowed => pass(&call, &route, &request, body).await,
    };
    answer.unwrap_or_else(|refusal| call.refused(&refusal))
}

async fn pass(
    call: &Arc<Call>,
    route: &Route<'_>,
    head: &RequestHead<'_>,
    body: Incoming,
) -> Result<Response<Answer>, Refusal> {
    let announced = head.field("content-length");
    let announced = announced.and_then(|length| length.parse().ok());
    let content = read::whole(call, route, body, announced).await?;
    let whole = Instant::now();
    call.carried.taken(content.len() as u64);
    let coding = content_coding(head.field("content-encoding"));
    let decoded =
        coding.and_then(|coding| decode::decode(coding, content, call.state.limits.decoded));
    let content = decoded.map_err(|rejection| call.reject(&rejection))?;
    let approved = decide::judge(call, route, head, &content)?;
    let body = decide::approved_content(&approved, &content);
    let answer = exchange(call, route, head, (approved, body), whole).await;
    answer.map_err(|error| call.fail(error))
}

async fn exchange(
    call: &Arc<Call>,
    route: &Route<'_>,
    head: &RequestHead<'_>,
    (approved, body): (Approved, Pieces),
    whole: Instant,
) -> Result<Response<Answer>, RequestError> {
    let request = forward::request(call, route, head, &approved, body)?;
    let ready = Instant::now();
    call.carried.overhead(ready.duration_since(whole));
    let answer = forward::send(call, request).await?;
    call.carried.upstream(ready.elapsed());
    answer::pass(call, route, &approved, answer).await
}

/// A head that can be read in two ways is refused like any other content that can.
fn malformed(fault: wire::Fault) -> Rejection {
    Rejection::whole(
        if fault == wire::Fault::Size {
            Reason::TooLarge
        } else {
            Reason::Malformed
        },
        fault.to_string(),
    )
}

/// The door at which an undecidable request is counted.
const DOOR: Surface = Surface::Http;
