//! To the upstream: one well-formed request, made anew from what was approved.

use http::header::{self, HeaderValue};
use http::{HeaderMap, Method, Request, Response, Uri};
use hyper::body::{Body as _, Incoming};
use lockpolicy::http::{Approved, Fault, RequestHead, Route, forwarded_fields};

use crate::call::Call;
use crate::credentials;
use crate::error::RequestError;
use crate::upstream::provider::target as target_of;
use crate::upstream::provider_route::RouteMatch;
use crate::upstream::segmented_body::SegmentedBody;

/// The head of a client's request, as the policy reads it and as it came.
#[derive(Clone, Copy, Debug)]
pub(super) struct ClientHead<'a> {
    pub(super) text: RequestHead<'a>,
    pub(super) headers: &'a HeaderMap,
}

/// Sends a request and waits for the head of the answer.
///
/// # Cancel safety
///
/// Dropping the future ends the exchange with the upstream.
pub(super) async fn send(
    call: &Call,
    request: Request<SegmentedBody>,
) -> Result<Response<Incoming>, RequestError> {
    let sent = call.state.client.send(request).await;
    sent.map_err(RequestError::upstream)
}

/// Makes the request that goes on.
pub(super) fn request(
    call: &Call,
    route: &Route<'_>,
    head: &ClientHead<'_>,
    approved: &Approved,
    content: SegmentedBody,
) -> Result<Request<SegmentedBody>, RequestError> {
    let mut request = Request::new(content);
    *request.method_mut() = Method::try_from(head.text.method).unwrap_or_default();
    *request.uri_mut() = target(call, route, &head.text, approved).ok_or(Fault::NoUpstream)?;
    *request.headers_mut() = fields(call, route, head, approved);
    credentials::replace(call, route, &mut request);
    if let RouteMatch::Provider(base) = &call.route_match {
        base.authorize(request.headers_mut());
    }
    length(&mut request);
    Ok(request)
}

fn target(
    call: &Call,
    route: &Route<'_>,
    head: &RequestHead<'_>,
    approved: &Approved,
) -> Option<Uri> {
    let path = approved.path.as_deref().unwrap_or(head.path);
    let query = approved.query.as_deref().or(head.query);
    if let RouteMatch::Provider(base) = &call.route_match {
        return base.target(path, query);
    }
    let default = route.dialect();
    let default = default.and_then(|dialect| dialect.upstream.as_deref());
    target_of(&call.state.upstreams, default, path, query)
}

/// Returns the fields that go on.
fn fields(call: &Call, route: &Route<'_>, head: &ClientHead<'_>, approved: &Approved) -> HeaderMap {
    let all: Vec<_> = head.headers.iter().collect();
    let mut out = HeaderMap::with_capacity(all.len());
    for field in forwarded_fields(&call.policy, route, &head.text, &approved.fields) {
        let Some((name, own)) = all.get(field.index) else {
            continue;
        };
        let value = match field.value {
            Some(written) => HeaderValue::from_str(written).ok(),
            None => Some((*own).clone()),
        };
        if let Some(value) = value {
            out.append(*name, value);
        }
    }
    out
}

/// Sets the length of a content, also of an empty one, in a request that may carry one.
fn length(request: &mut Request<SegmentedBody>) {
    if request.body().is_end_stream() && request.method() == Method::POST {
        let none = HeaderValue::from_static("0");
        request.headers_mut().insert(header::CONTENT_LENGTH, none);
    }
}
