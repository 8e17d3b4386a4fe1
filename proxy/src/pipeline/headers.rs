//! Header fields: what they say about a message, and which go on (RFC 9110 section 7.6.1).

use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use lockpolicy::{Reason, Rejection};

/// Fields that ask for another method, host or path than the request line.
const OVERRIDES: [&str; 5] = [
    "x-http-method",
    "x-http-method-override",
    "x-method-override",
    "x-original-url",
    "x-rewrite-url",
];

/// Fields that belong to one connection and stop here.
const HOP_BY_HOP: [HeaderName; 6] = [
    header::CONNECTION,
    header::PROXY_AUTHENTICATE,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

/// Fields that may stand once only. Over HTTP/1.1 the wire has seen to it.
const ONCE: [HeaderName; 4] = [
    header::AUTHORIZATION,
    header::CONTENT_ENCODING,
    header::CONTENT_TYPE,
    header::HOST,
];

/// Refuses fields that change what the request is, and values that are read in more than one way.
pub(super) fn check(headers: &HeaderMap) -> Result<(), Rejection> {
    if let Some(name) = OVERRIDES.iter().find(|name| headers.contains_key(**name)) {
        return Err(Rejection::whole(Reason::Malformed, *name));
    }
    if headers.contains_key(header::CONTENT_RANGE) {
        return Err(Rejection::whole(Reason::Malformed, "content-range"));
    }
    let expects = headers.get(header::EXPECT);
    if expects.is_some_and(|value| !value.as_bytes().eq_ignore_ascii_case(b"100-continue")) {
        return Err(Rejection::whole(Reason::Malformed, "expect"));
    }
    if headers.values().any(|value| value.to_str().is_err()) {
        return Err(Rejection::whole(Reason::Malformed, "header"));
    }
    for name in ONCE {
        if headers.get_all(&name).iter().count() > 1 {
            return Err(Rejection::whole(Reason::Malformed, name.as_str()));
        }
    }
    Ok(())
}

/// Whether the client wants to speak something else on this connection. HTTP/2 is offered with every
/// request by some clients, and the offer ignored.
pub(super) fn wants_upgrade(headers: &HeaderMap) -> bool {
    let mut wanted = headers.get_all(header::UPGRADE).iter();
    wanted.any(|wanted| !wanted.as_bytes().eq_ignore_ascii_case(b"h2c"))
}

/// Whether the client sends its content only when it is told to go on.
pub(super) fn waits(headers: &HeaderMap) -> bool {
    headers.contains_key(header::EXPECT)
}

/// The announced length of the content.
pub(super) fn length(headers: &HeaderMap) -> Option<u64> {
    headers
        .get(header::CONTENT_LENGTH)?
        .to_str()
        .ok()?
        .parse()
        .ok()
}

/// What the client calls itself, for the log.
pub(super) fn client(headers: &HeaderMap) -> String {
    let value = headers
        .get(header::USER_AGENT)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    lockpolicy::escape_for_log(value)
}

/// The fields of an answer that go on to the client.
pub(super) fn end_to_end(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    for name in HOP_BY_HOP.iter().chain(&named) {
        headers.remove(name);
    }
    headers.remove("keep-alive");
    headers.remove("proxy-connection");
}

/// Sets a field whose value is known to be printable.
pub(super) fn set(headers: &mut HeaderMap, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}
