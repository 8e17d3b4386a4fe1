//! One request from its head to the head of its response: match the route, read, decode, decide, forward,
//! reply. Nothing is sent to the provider before the policy has judged the whole request.

use std::sync::Arc;
use std::time::Instant;

use http::{Response, StatusCode, Version};
use hyper::Request;
use hyper::body::Incoming;
use lockpolicy::Rejection;
use lockpolicy::dialect::{Content, ErrorShape};
use lockpolicy::http::{
    Approved, Refusal, RequestHead, Route, content_coding, route, wants_upgrade,
};

use super::forward::ClientHead;
use super::{decide, decode, forward, open_websocket, read, reply};
use crate::call::Call;
use crate::error::RequestError;
use crate::fields;
use crate::meter::Carried;
use crate::response::bodies::{Answer, Counted};
use crate::state::State;
use crate::upstream::body::Pieces;
use crate::upstream::provider_route::{Place, enter};

/// Carries a request to its upstream and the answer back. Never fails: what goes wrong is an answer.
///
/// # Cancel safety
///
/// Dropping the future ends the call to the upstream; nothing is left running.
pub(crate) async fn handle(
    state: Arc<State>,
    head: Result<(), Rejection>,
    mut request: Request<Incoming>,
) -> Response<Counted> {
    let place = enter(&state.mounts, &mut request);
    let call = Call {
        policy: state.policy.load_full(),
        id: state.ids.next(),
        method: request.method().as_str().to_owned(),
        path: path_for_log(&place, request.uri().path()),
        client: fields::client(request.headers()),
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
fn path_for_log(place: &Place, path: &str) -> String {
    match place {
        Place::Outside => String::new(),
        Place::Anywhere | Place::Below(_) => lockpolicy::escape_for_log(path),
    }
}

async fn carry(
    mut call: Call,
    checked: Result<(), Rejection>,
    mut request: Request<Incoming>,
) -> Response<Answer> {
    let (state, place) = (Arc::clone(&call.state), call.place.clone());
    let upgrade = hyper::upgrade::on(&mut request);
    let (head, body) = request.into_parts();
    let text = fields::as_text(&head.headers);
    let request = RequestHead {
        method: head.method.as_str(),
        authority: head.uri.authority().map(http::uri::Authority::as_str),
        path: head.uri.path(),
        query: head.uri.query(),
        fields: &text,
        base: place.base(),
        is_http_1_1: head.version == Version::HTTP_11,
    };
    let headers = &head.headers;
    call.upgrade = wants_upgrade(&request);
    if let Err(rejection) = checked {
        let refusal = call.reject(&rejection);
        return refused(&call, &refusal);
    }
    let routing = route(&state.table, &call.policy, &request);
    call.errors = routing.errors;
    let route = match routing.route {
        Ok(route) => route,
        Err(rejection) => {
            if !fields::waits(&head.headers) {
                read::past(body).await;
            }
            let refusal = call.reject(&rejection);
            return refused(&call, &refusal);
        }
    };
    let call = Arc::new(call);
    let request = ClientHead {
        text: request,
        headers,
    };
    let answer = match &route {
        Route::Listed(found) if found.operation.content == Content::WebSocket => {
            Box::pin(open_websocket::open(
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
    answer.unwrap_or_else(|refusal| refused(&call, &refusal))
}

async fn pass(
    call: &Arc<Call>,
    route: &Route<'_>,
    head: &ClientHead<'_>,
    body: Incoming,
) -> Result<Response<Answer>, Refusal> {
    let announced = head.text.field("content-length");
    let announced = announced.and_then(|length| length.parse().ok());
    let content = read::whole(call, route, body, announced).await?;
    let whole = Instant::now();
    call.carried.taken(content.len() as u64);
    let coding = content_coding(head.text.field("content-encoding"));
    let decoded =
        coding.and_then(|coding| decode::decode(coding, content, call.state.limits.decoded));
    let content = decoded.map_err(|rejection| call.reject(&rejection))?;
    let approved = decide::judge(call, route, &head.text, &content)?;
    let body = decide::approved_content(&approved, &content);
    let answer = exchange(call, route, head, (approved, body), whole).await;
    answer.map_err(|error| call.fail(error))
}

async fn exchange(
    call: &Arc<Call>,
    route: &Route<'_>,
    head: &ClientHead<'_>,
    (approved, body): (Approved, Pieces),
    whole: Instant,
) -> Result<Response<Answer>, RequestError> {
    let request = forward::request(call, route, head, &approved, body)?;
    let ready = Instant::now();
    call.carried.overhead(ready.duration_since(whole));
    let answer = forward::send(call, request).await?;
    call.carried.upstream(ready.elapsed());
    reply::pass(call, route, &approved, answer).await
}

/// Returns the response of a refusal.
fn refused(call: &Call, refusal: &Refusal) -> Response<Answer> {
    let to = call.to();
    let mut response = Response::new(Answer::whole(refusal.body(&to)));
    *response.status_mut() = StatusCode::from_u16(refusal.status).unwrap_or_default();
    fields::set(response.headers_mut(), refusal.fields(&to));
    response
}
