//! The life of a request: route, read, decode, decide, forward, answer.

mod answer;
mod decide;
mod decode;
mod forward;
mod headers;
mod read;
mod receipt;
mod respond;
mod route;
mod socket;

use std::sync::Arc;
use std::time::Instant;

use http::request::Parts;
use hyper::body::Incoming;
use hyper::{Request, Response};
use lockpolicy::dialect::{Content, ErrorShape};
use lockpolicy::{Judged, Policy, Reason, Rejection, RequestContext, Surface, Verdict, report};

use crate::body::{Answer, Counted};
use crate::error::Stop;
use crate::meter::Carried;
use crate::mount::{self, Place};
use crate::state::State;
use crate::wire;
pub(crate) use decode::Unpacker;
pub(crate) use receipt::Watch;
use route::Route;

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
        upgrade: headers::wants_upgrade(request.headers()),
        errors: ErrorShape::default(),
        place,
        carried: Carried::new(&state.meter),
        state,
    };
    let carried = Arc::clone(&call.carried);
    let answer = match head {
        Ok(()) => carry(call, request).await,
        Err(fault) => respond::stopped(&call, &malformed(fault).into()),
    };
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

async fn carry(mut call: Call, mut request: Request<Incoming>) -> Response<Answer> {
    let state = Arc::clone(&call.state);
    let upgrade = hyper::upgrade::on(&mut request);
    let (head, body) = request.into_parts();
    let route = match route::route(&mut call, &state.table, &head) {
        Ok(route) => route,
        Err(stop) => {
            if !headers::waits(&head.headers) {
                read::past(body).await;
            }
            return respond::stopped(&call, &stop);
        }
    };
    let call = Arc::new(call);
    let answer = match route {
        Route::Listed(found) if found.operation.content == Content::WebSocket => {
            Box::pin(socket::open(&call, found, head, upgrade)).await
        }
        Route::Listed(_) | Route::Allowed => pass(&call, &route, &head, body).await,
    };
    answer.unwrap_or_else(|stop| respond::stopped(&call, &stop))
}

async fn pass(
    call: &Arc<Call>,
    route: &Route<'_>,
    head: &Parts,
    body: Incoming,
) -> Result<Response<Answer>, Stop> {
    let limits = &call.state.limits;
    let announced = headers::length(&head.headers);
    let content = read::whole(body, route.takes_content(), announced, limits).await?;
    let whole = Instant::now();
    call.carried.taken(content.len() as u64);
    let content = decode::decode(content, &head.headers, limits)?;
    let approved = decide::decide(call, route, head, content)?;
    let request = forward::request(call, route, head, &approved)?;
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
