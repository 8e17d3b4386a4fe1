//! The fields of the CORS protocol on their way to a browser, as `lockpolicy` decides them.

use http::header::{self, HeaderMap, HeaderValue};
use http::{Response, StatusCode};
use lockpolicy::http::{CorsFields, HostRules, RequestHead, cors_fields, preflight};

use crate::fields;
use crate::response::bodies::ResponseBody;

/// Returns the fields that the response of a request gets: none unless the page of an allowed origin sent it.
pub(super) fn fields_for(hosts: &HostRules, headers: &HeaderMap) -> CorsFields {
    if !headers.contains_key(header::ORIGIN) {
        return CorsFields::new();
    }
    let fields = fields::as_text(headers);
    let head = RequestHead {
        fields: &fields,
        ..RequestHead::default()
    };
    cors_fields(hosts, &head)
}

/// Returns the response to a preflight; `None` where the request is none that is allowed.
pub(super) fn preflight_response(
    hosts: &HostRules,
    head: &RequestHead<'_>,
) -> Option<Response<ResponseBody>> {
    let own = preflight(hosts, head)?;
    let mut response = Response::new(ResponseBody::whole(String::new()));
    *response.status_mut() = StatusCode::NO_CONTENT;
    fields::set(response.headers_mut(), own);
    Some(response)
}

/// Puts the fields into the head of a response, instead of the provider's.
pub(super) fn replace(own: CorsFields, headers: &mut HeaderMap) {
    if own.is_empty() {
        return;
    }
    headers.remove(header::ACCESS_CONTROL_ALLOW_CREDENTIALS);
    fields::set(headers, own);
    headers.append(header::VARY, HeaderValue::from_static("origin"));
}
