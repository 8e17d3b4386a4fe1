//! To the upstream: one well-formed request, made anew from what was approved.

use http::header::{self, HeaderName, HeaderValue};
use http::request::Parts;
use http::{HeaderMap, Method, Request, Response, Uri};
use hyper::body::Incoming;
use lockpolicy::dialect::Credential;
use lockpolicy::http::passes;

use super::Call;
use super::decide::Approved;
use super::route::Route;
use crate::body::Pieces;
use crate::error::Stop;
use crate::mount::Place;
use crate::upstream;

/// Sends a request and waits for the head of the answer.
///
/// # Cancel safety
///
/// Dropping the future ends the exchange with the upstream.
pub(super) async fn send(
    call: &Call,
    request: Request<Pieces>,
) -> Result<Response<Incoming>, Stop> {
    let sent = call.state.client.send(request).await;
    sent.map_err(|error| Stop::Upstream(error.into()))
}

/// Makes the request that goes on.
pub(super) fn request(
    call: &Call,
    route: &Route<'_>,
    head: &Parts,
    approved: &Approved,
) -> Result<Request<Pieces>, Stop> {
    let mut request = Request::new(approved.body());
    *request.method_mut() = head.method.clone();
    *request.uri_mut() = target(call, route, head, approved)?;
    *request.headers_mut() = fields(call, route, head, approved);
    length(&mut request);
    Ok(request)
}

fn target(call: &Call, route: &Route<'_>, head: &Parts, approved: &Approved) -> Result<Uri, Stop> {
    let path = approved.path.as_deref().unwrap_or(head.uri.path());
    let query = approved.query.as_deref().or(head.uri.query());
    if let Place::Below(base) = &call.place {
        return base.target(path, query).ok_or(Stop::NoUpstream);
    }
    let default = match route {
        Route::Listed(found) => found.dialect.upstream.as_deref(),
        Route::Allowed => None,
    };
    let tables = &call.state.table;
    upstream::target(&call.state.upstreams, tables, default, path, query).ok_or(Stop::NoUpstream)
}

/// The fields that the dialect and the policy list; everything else stays behind.
fn fields(call: &Call, route: &Route<'_>, head: &Parts, approved: &Approved) -> HeaderMap {
    let mut out = HeaderMap::with_capacity(head.headers.len());
    for (name, value) in &head.headers {
        let listed = match route {
            Route::Listed(found) => {
                passes(found, &call.policy, name.as_str()) || call.place.takes_field(name.as_str())
            }
            Route::Allowed => is_common(name),
        };
        if listed {
            out.append(name.clone(), value.clone());
        }
    }
    for (name, value) in &approved.headers {
        if let (Ok(name), Ok(value)) = (
            HeaderName::try_from(name.as_str()),
            HeaderValue::from_str(value),
        ) {
            out.insert(name, value);
        }
    }
    if let (true, Some(kind)) = (
        route.takes_content(),
        head.headers.get(header::CONTENT_TYPE),
    ) {
        out.insert(header::CONTENT_TYPE, kind.clone());
    }
    if let Some(key) = &call.state.key {
        key.put(&mut out, credential(route));
    }
    out
}

fn credential(route: &Route<'_>) -> Credential {
    match route {
        Route::Listed(found) => found.dialect.credential,
        Route::Allowed => Credential::Bearer,
    }
}

/// What an operation outside the tables needs at the least, and what ties it to its trace.
fn is_common(name: &HeaderName) -> bool {
    [header::ACCEPT, header::AUTHORIZATION, header::USER_AGENT].contains(name)
        || ["traceparent", "tracestate", "x-api-key"].contains(&name.as_str())
}

/// A request that may carry a content says how long it is, also when that is nothing.
fn length(request: &mut Request<Pieces>) {
    let empty = hyper::body::Body::is_end_stream(request.body());
    if empty && request.method() == Method::POST {
        request
            .headers_mut()
            .insert(header::CONTENT_LENGTH, HeaderValue::from_static("0"));
    }
}
