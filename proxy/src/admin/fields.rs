//! The fields of every answer: nothing is kept, framed, guessed or run that is not our own.

use http::{HeaderName, HeaderValue, Response, StatusCode, header};

use super::body::Told;
use super::probe;

/// What a browser may do with an answer.
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

pub(super) fn put(mut response: Response<Told>) -> Response<Told> {
    for (name, value) in FIELDS {
        let value = HeaderValue::from_static(value);
        response.headers_mut().insert(name, value);
    }
    response
}

/// Nothing here can be changed.
pub(super) fn only_get() -> Response<Told> {
    let mut response = probe::text(StatusCode::METHOD_NOT_ALLOWED, "only GET\n".to_owned());
    let get = HeaderValue::from_static("GET");
    response.headers_mut().insert(header::ALLOW, get);
    response
}

pub(super) fn wants_bearer(mut response: Response<Told>) -> Response<Told> {
    let bearer = HeaderValue::from_static("Bearer");
    let fields = response.headers_mut();
    fields.insert(header::WWW_AUTHENTICATE, bearer);
    response
}
