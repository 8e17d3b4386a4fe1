//! The header fields of every response on the admin port: nothing is cached, framed, guessed or run.

use http::{HeaderName, HeaderValue, Response, StatusCode, header};

use super::body::AdminBody;
use super::probe;

/// The fields that limit what a browser may do with a response.
const FIELDS: [(HeaderName, &str); 7] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::CACHE_CONTROL, "no-store"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
];

pub(super) fn put(mut response: Response<AdminBody>) -> Response<AdminBody> {
    for (name, value) in FIELDS {
        let value = HeaderValue::from_static(value);
        response.headers_mut().insert(name, value);
    }
    response
}

/// Returns the response to another method than GET.
pub(super) fn only_get() -> Response<AdminBody> {
    let mut response = probe::plain_text(StatusCode::METHOD_NOT_ALLOWED, "only GET\n".to_owned());
    let get = HeaderValue::from_static("GET");
    response.headers_mut().insert(header::ALLOW, get);
    response
}

pub(super) fn wants_bearer(mut response: Response<AdminBody>) -> Response<AdminBody> {
    let bearer = HeaderValue::from_static("Bearer");
    let fields = response.headers_mut();
    fields.insert(header::WWW_AUTHENTICATE, bearer);
    response
}
