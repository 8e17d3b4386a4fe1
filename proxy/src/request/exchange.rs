//! One request from its head to the head of its response: match the route, read, decode, decide, forward,
//! reply. Nothing is sent to the provider before the policy has judged the whole request.

use std::sync::Arc;
use std::time::Instant;

use http::{Response, StatusCode, Version};
use hyper::Request;
use hyper::body::Incoming;
use lockpolicy::Rejection;
use lockpolicy::dialect::{Content, ErrorShape};
use lockpolicy::http::{Fault, Refusal, RequestHead, Route, route, wants_upgrade};

use super::forward::ClientHead;
use super::handover::Handover;
use super::{admit, content, cors, forward, open_websocket, read, reply};
use crate::call::Call;
use crate::cost::Admission;
use crate::error::RequestError;
use crate::fields;
use crate::metrics::InFlight;
use crate::response::bodies::{MeteredBody, ResponseBody};
use crate::state::State;
use crate::upstream::provider_route::{RouteMatch, match_route};

/// The head of a request that is not served.
#[derive(Debug)]
pub(crate) enum BadHead {
    /// It can be read in two ways, or it is too large.
    Rejected(Rejection),
    /// It did not arrive.
    Failed(Fault),
}

/// Forwards a request to its upstream and returns the response. Never fails: every error becomes a response.
///
/// # Cancel safety
///
/// Dropping the future ends the call to the upstream; nothing is left running.
pub(crate) async fn handle(
    (state, admission): (Arc<State>, Arc<Admission>),
    head: Result<(), BadHead>,
    mut request: Request<Incoming>,
) -> Response<MeteredBody> {
    let route_match = match_route(&state.provider_routes, &mut request);
    let call = Call {
        policy: state.policy.load_full(),
        id: state.ids.next(),
        method: request.method().as_str().to_owned(),
        path: path_for_log(&route_match, request.uri().path()),
        user_agent: fields::user_agent(request.headers()),
        program: None,
        clients: state
            .access
            .clients
            .as_ref()
            .map(|clients| clients.load_full()),
        client: None,
        upgrade: false,
        errors: ErrorShape::default(),
        route_match,
        in_flight: InFlight::new(&state.metrics),
        admission,
        state,
    };
    let in_flight = Arc::clone(&call.in_flight);
    let cors = cors::fields_for(&call.state.access.hosts, request.headers());
    let mut response = respond(call, head, request).await;
    cors::replace(cors, response.headers_mut());
    response.map(|response| MeteredBody::new(response, in_flight))
}

/// The path for the log. Outside of every mount it may hold most of what names one, which is as good as
/// a key.
fn path_for_log(route_match: &RouteMatch, path: &str) -> String {
    match route_match {
        RouteMatch::Outside => String::new(),
        RouteMatch::Any | RouteMatch::Provider(_) => lockpolicy::escape_for_log(path),
    }
}

async fn respond(
    mut call: Call,
    checked: Result<(), BadHead>,
    mut request: Request<Incoming>,
) -> Response<ResponseBody> {
    let (state, route_match) = (Arc::clone(&call.state), call.route_match.clone());
    let handover = Handover::of(&mut request, &call);
    let (head, body) = request.into_parts();
    let text = fields::as_text(&head.headers);
    let request = RequestHead {
        method: head.method.as_str(),
        authority: head.uri.authority().map(http::uri::Authority::as_str),
        path: head.uri.path(),
        query: head.uri.query(),
        fields: &text,
        base: route_match.base(),
        is_http_1_1: head.version == Version::HTTP_11,
    };
    let headers = &head.headers;
    (call.upgrade, call.program) = (wants_upgrade(&request), request.client());
    if let Err(error) = checked {
        return refused_head(&call, error);
    }
    let routing = route(&state.table, &call.policy, &request);
    call.errors = routing.errors;
    if let Some(fault) = call.admission.fault() {
        read::past(body).await;
        let refusal = call.fail(fault);
        return refused(&call, &refusal);
    }
    if let Some(response) = cors::preflight_response(&state.access.hosts, &request) {
        return response;
    }
    let admitted = admit::admit(&call, &request, &routing);
    let (client, route) = match admitted.and_then(|client| Ok((client, routing.route?))) {
        Ok(admitted) => admitted,
        Err(rejection) => {
            if !fields::expects_continue(&head.headers) {
                read::past(body).await;
            }
            let refusal = call.reject(&rejection);
            return refused(&call, &refusal);
        }
    };
    call.client = client;
    let call = Arc::new(call);
    let request = ClientHead {
        text: request,
        headers,
    };
    let response = open_or_pass(&call, &route, &request, body, handover).await;
    response.unwrap_or_else(|refusal| refused(&call, &refusal))
}

/// Opens a WebSocket, or passes one request on.
async fn open_or_pass(
    call: &Arc<Call>,
    route: &Route<'_>,
    head: &ClientHead<'_>,
    body: Incoming,
    handover: Handover,
) -> Result<Response<ResponseBody>, Refusal> {
    match route {
        Route::Listed(found) if found.operation.content == Content::WebSocket => {
            let opened = open_websocket::open(call, route, found.operation, head, handover);
            Box::pin(opened).await
        }
        Route::Listed(_) | Route::Allowed(_) => pass(call, route, head, body).await,
    }
}

async fn pass(
    call: &Arc<Call>,
    route: &Route<'_>,
    head: &ClientHead<'_>,
    body: Incoming,
) -> Result<Response<ResponseBody>, Refusal> {
    let content = content::take(call, route, &head.text, body).await?;
    let response = exchange(call, route, head, content).await;
    response.map_err(|error| call.fail(error))
}

async fn exchange(
    call: &Arc<Call>,
    route: &Route<'_>,
    head: &ClientHead<'_>,
    content: content::Content,
) -> Result<Response<ResponseBody>, RequestError> {
    let approved = content.approved;
    let request = forward::request(call, route, head, &approved, content.body)?;
    let ready = Instant::now();
    call.in_flight.overhead(ready.duration_since(content.whole));
    let response = forward::send(call, request).await?;
    call.in_flight.upstream_latency(ready.elapsed());
    reply::pass(call, route, &approved, response).await
}

/// Returns the response to a head that is not served.
fn refused_head(call: &Call, head: BadHead) -> Response<ResponseBody> {
    let refusal = match head {
        BadHead::Rejected(rejection) => call.reject(&rejection),
        BadHead::Failed(fault) => call.fail(fault),
    };
    refused(call, &refusal)
}

/// Returns the response of a refusal.
fn refused(call: &Call, refusal: &Refusal) -> Response<ResponseBody> {
    let to = call.refusal_context();
    let mut response = Response::new(ResponseBody::whole(refusal.body(&to)));
    *response.status_mut() = StatusCode::from_u16(refusal.status).unwrap_or_default();
    fields::set(response.headers_mut(), refusal.fields(&to));
    response
}
