//! The operation that a request is, and whether its method, target and fields have one reading.

use super::content_coding::content_coding;
use super::forwarded_fields::goes_on;
use super::handshake::check_handshake;
use super::request::{BaseMatch, RequestHead};
use super::request_route::Route;
use super::{query, unknown_operation};
use crate::dialect::{Dialect, ErrorShape, Found, Table};
use crate::path::is_plain_path;
use crate::{Policy, Reason, Rejection};

/// The result of looking for a request's operation.
#[derive(Clone, Debug)]
pub struct Routing<'t> {
    /// The shape of the errors that the client reads.
    pub errors: ErrorShape,
    /// The dialect that the request belongs to, also where it is rejected: the nearest one, where none lists it.
    pub dialect: Option<&'t Dialect>,
    /// The operation, unless the request is rejected.
    pub route: Result<Route<'t>, Rejection>,
}

/// Finds the operation of a request, and rejects a head that is wrong for it: its query, its handshake, its content
/// coding. The target is matched and later sent byte for byte, in plain characters.
pub fn route<'t>(table: &'t Table, policy: &Policy, head: &RequestHead<'_>) -> Routing<'t> {
    let states = |name: &str| head.field(name).is_some();
    let checked = check_target(head).and_then(|()| check_fields(head));
    let checked = checked.and_then(|()| match head.base {
        BaseMatch::Outside => Err(unknown_operation("")),
        BaseMatch::Any | BaseMatch::Provider { .. } => Ok(()),
    });
    if let Err(rejection) = checked {
        return Routing {
            errors: ErrorShape::default(),
            dialect: table.nearest(head.path, states).map(|(dialect, _)| dialect),
            route: Err(rejection),
        };
    }
    let found = table.find_told(head.method, head.path, states);
    let near = match &found {
        Some(found) => Some((found.dialect, found.operation)),
        None => table
            .nearest(head.path, states)
            .or_else(|| table.refusing(head.method, head.path)),
    };
    let errors = near.map(|(_, operation)| operation.errors);
    let dialect = near.map(|(dialect, _)| dialect);
    Routing {
        errors: errors.unwrap_or_else(|| table.first_errors()),
        dialect,
        route: check_route(policy, head, found, dialect).map_err(|mut rejection| {
            if rejection.reason == Reason::UnknownOperation {
                rejection.dialects = table.switched_off(head.method, head.path);
            }
            rejection
        }),
    }
}

fn check_route<'t>(
    policy: &Policy,
    head: &RequestHead<'_>,
    found: Option<Found<'t>>,
    dialect: Option<&'t Dialect>,
) -> Result<Route<'t>, Rejection> {
    let path = head.path;
    let plain = match &found {
        Some(found) => found.is_plain(path),
        None => is_plain_path(path),
    };
    let allowed = || {
        let mut allowed = policy.allow().iter();
        allowed.any(|allow| allow.covers(head.method, path))
    };
    let upgrade = wants_upgrade(head);
    let route = match found {
        Some(found) => Route::Listed(found),
        None if plain && !upgrade && allowed() => Route::Allowed(dialect),
        None => return Err(unknown_operation(path)),
    };
    if !plain || (route.opens_websocket() && !upgrade) {
        return Err(unknown_operation(path));
    }
    if upgrade && !route.opens_websocket() {
        return Err(Rejection::whole(Reason::Malformed, "upgrade"));
    }
    if let Route::Listed(found) = &route {
        query::check(head, found)?;
    }
    check_values(policy, &route, head)?;
    check_signature(&route, head)?;
    if route.opens_websocket() {
        check_handshake(head)?;
    } else {
        content_coding(head.field("content-encoding"))?;
    }
    Ok(route)
}

/// Checks that the target names no other host than `Host` does, and no user, and that the method is
/// spelled as all methods are.
fn check_target(head: &RequestHead<'_>) -> Result<(), Rejection> {
    let same_host = |authority: &str| head.values("host").all(|host| host == authority);
    let authority_ok = head
        .authority
        .is_none_or(|authority| !authority.contains('@') && same_host(authority));
    if authority_ok && head.method.bytes().all(|byte| byte.is_ascii_uppercase()) {
        Ok(())
    } else {
        Err(Rejection::whole(Reason::Malformed, "target"))
    }
}

/// The fields that ask for another method, host or path than the request line.
const OVERRIDES: [&str; 5] = [
    "x-http-method",
    "x-http-method-override",
    "x-method-override",
    "x-original-url",
    "x-rewrite-url",
];

/// The fields that may stand once only.
const ONCE: [&str; 4] = ["authorization", "content-encoding", "content-type", "host"];

/// The fields that are read here, whether they go on or not.
const READ: [&str; 12] = [
    "authorization",
    "connection",
    "content-encoding",
    "content-range",
    "content-type",
    "expect",
    "host",
    "origin",
    "sec-websocket-key",
    "sec-websocket-protocol",
    "sec-websocket-version",
    "upgrade",
];

/// Rejects a field that goes on and whose value is read in more than one way. What stays behind, nobody reads.
fn check_values(
    policy: &Policy,
    route: &Route<'_>,
    head: &RequestHead<'_>,
) -> Result<(), Rejection> {
    let mut fields = head.fields.iter();
    let is_plain =
        |(name, value): &(&str, &str)| is_text(value) || !goes_on(policy, route, head, name);
    if fields.all(is_plain) {
        Ok(())
    } else {
        Err(Rejection::whole(Reason::Malformed, "header"))
    }
}

/// Rejects a signature that covers host and path (AWS Signature Version 4): the provider would reject it, since it is sent
/// to another host. Where a key is held, that goes on instead.
fn check_signature(route: &Route<'_>, head: &RequestHead<'_>) -> Result<(), Rejection> {
    let is_replaced = route.dialect().is_some_and(|dialect| dialect.holds_key);
    let signed = head.field("authorization").unwrap_or_default();
    if is_replaced || !signed.starts_with("AWS4-") {
        return Ok(());
    }
    let place = "an AWS signature, which no proxy can pass on: use an API key of Bedrock, or let the proxy hold it (--key)";
    Err(Rejection::whole(Reason::Malformed, place))
}

/// Rejects fields that change what the request is, and values that are read in more than one way.
fn check_fields(head: &RequestHead<'_>) -> Result<(), Rejection> {
    let malformed = |place: &str| Err(Rejection::whole(Reason::Malformed, place));
    let has = |name: &str| head.field(name).is_some();
    if let Some(name) = OVERRIDES.iter().find(|name| has(name)) {
        return malformed(name);
    }
    if has("content-range") {
        return malformed("content-range");
    }
    let expects = head.field("expect");
    if expects.is_some_and(|value| !value.eq_ignore_ascii_case("100-continue")) {
        return malformed("expect");
    }
    let read = head.fields.iter().filter(|(name, _)| READ.contains(name));
    if !read.into_iter().all(|(_, value)| is_text(value)) {
        return malformed("header");
    }
    match ONCE.iter().find(|name| head.values(name).count() > 1) {
        Some(name) => malformed(name),
        None => Ok(()),
    }
}

/// Returns whether a value has visible characters, blanks and tabs alone.
fn is_text(value: &str) -> bool {
    let visible = |byte: u8| byte == b'\t' || byte == b' ' || byte.is_ascii_graphic();
    value.bytes().all(visible)
}

/// Returns whether the client wants to speak another protocol on this connection. HTTP/2 is offered with
/// every request by some clients, and the offer ignored.
pub fn wants_upgrade(head: &RequestHead<'_>) -> bool {
    let mut wanted = head.values("upgrade");
    wanted.any(|wanted| !wanted.eq_ignore_ascii_case("h2c"))
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString as _;

    use super::*;
    use crate::PolicyConfig;

    fn policy() -> Policy {
        let text = "model = 'p'\nallow = ['GET /v1/things/*', 'GET /v1beta/things/*']";
        PolicyConfig::from_toml(text).build().unwrap()
    }

    fn head<'a>(method: &'a str, path: &'a str) -> RequestHead<'a> {
        RequestHead {
            method,
            path,
            is_http_1_1: true,
            ..RequestHead::default()
        }
    }

    fn reason(head: &RequestHead<'_>) -> Option<Reason> {
        let table = Table::of(["openai", "gemini"]).unwrap();
        let routed = route(&table, &policy(), head).route;
        routed.err().map(|rejection| rejection.reason)
    }

    #[test]
    fn target_of_another_host_with_a_user_or_with_an_odd_method_is_malformed() {
        for (method, authority, host, passes) in [
            ("GET", None, "a", true),
            ("GET", Some("a"), "a", true),
            ("GET", Some("a"), "b", false),
            ("GET", Some("u@a"), "u@a", false),
            ("get", None, "a", false),
            ("get", Some("a"), "b", false),
            ("Get", Some("a"), "a", false),
        ] {
            let head = RequestHead {
                authority,
                fields: &[("host", host)],
                ..head(method, "/v1/models")
            };
            let wanted = (!passes).then_some(Reason::Malformed);
            assert_eq!(reason(&head), wanted, "{method} {authority:?} {host}");
        }
        // HTTP/2 needs no `Host` beside the authority.
        let head = RequestHead {
            authority: Some("a"),
            ..head("GET", "/v1/models")
        };
        assert_eq!(reason(&head), None);
    }

    #[test]
    fn field_that_changes_the_request_or_is_no_text_is_malformed() {
        for (name, value, passes) in [
            ("accept", "a b\t~!", true),
            ("accept", "", true),
            ("accept", "a\u{1}", false),
            ("accept", "\u{7f}", false),
            ("accept", "\u{e9}", false),
            // What stays behind is read by nobody.
            ("x-any", "\u{e9}", true),
            ("expect", "100-continue", true),
            ("expect", "100-Continue", true),
            ("expect", "200-ok", false),
            ("content-range", "bytes 0-1/2", false),
            ("x-http-method-override", "PUT", false),
            ("x-original-url", "/", false),
        ] {
            let head = RequestHead {
                fields: &[("host", "a"), (name, value)],
                ..head("GET", "/v1/models")
            };
            let wanted = (!passes).then_some(Reason::Malformed);
            assert_eq!(reason(&head), wanted, "{name}: {value:?}");
        }
        for name in ONCE {
            let head = RequestHead {
                fields: &[(name, "identity"), (name, "identity")],
                ..head("GET", "/v1/models")
            };
            assert_eq!(reason(&head), Some(Reason::Malformed), "{name} twice");
        }
    }

    #[test]
    fn operation_of_the_operator_belongs_to_the_nearest_dialect() {
        let table = Table::of(["openai", "gemini"]).unwrap();
        for (path, dialect) in [("/v1/things/1", "openai"), ("/v1beta/things/1", "gemini")] {
            let route = route(&table, &policy(), &head("GET", path)).route.unwrap();
            assert!(matches!(route, Route::Allowed(_)), "{path}");
            let nearest = route.dialect().map(|dialect| dialect.name.as_str());
            assert_eq!(nearest, Some(dialect));
            assert!(route.takes_content() && !route.opens_websocket());
        }
    }

    #[test]
    fn operation_that_the_operator_does_not_spell_out_is_unknown() {
        for (method, path) in [
            ("POST", "/v1/things/1"),
            ("GET", "/v1/things"),
            ("GET", "/v1/things/1/2"),
            ("GET", "/v1/things/%31"),
            ("GET", "/v1/things/.."),
            ("GET", "/v1/others/1"),
        ] {
            let reason = reason(&head(method, path));
            assert_eq!(reason, Some(Reason::UnknownOperation), "{method} {path}");
        }
    }

    #[test]
    fn operation_of_the_operator_opens_no_websocket() {
        let upgraded = |path, to| {
            let fields = [("connection", "upgrade"), ("upgrade", to)];
            reason(&RequestHead {
                fields: &fields,
                ..head("GET", path)
            })
        };
        let websocket = upgraded("/v1/things/1", "websocket");
        assert_eq!(websocket, Some(Reason::UnknownOperation));
        // Some clients offer HTTP/2 with every request.
        assert_eq!(upgraded("/v1/things/1", "h2c"), None);
        let listed = upgraded("/v1/models", "websocket");
        assert_eq!(listed, Some(Reason::Malformed));
    }

    #[test]
    fn query_of_a_socket_names_its_model_or_what_stands_for_one() {
        for (query, passes) in [
            ("model=p", true),
            ("intent=transcription", true),
            ("other=transcription", false),
            ("model=p&model=p", false),
        ] {
            let head = RequestHead {
                query: Some(query),
                fields: &[
                    ("connection", "upgrade"),
                    ("host", "a"),
                    ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
                    ("sec-websocket-version", "13"),
                    ("upgrade", "websocket"),
                ],
                ..head("GET", "/v1/realtime")
            };
            let wanted = (!passes).then_some(Reason::Malformed);
            assert_eq!(reason(&head), wanted, "{query}");
        }
    }

    #[test]
    fn operation_without_a_content_takes_none() {
        let table = Table::of(["openai"]).unwrap();
        for (method, path, takes) in [
            ("GET", "/v1/models", false),
            ("POST", "/v1/responses", true),
        ] {
            let route = route(&table, &policy(), &head(method, path)).route.unwrap();
            assert_eq!(route.takes_content(), takes, "{path}");
        }
    }

    #[test]
    fn path_of_a_dialect_that_is_not_switched_on_is_refused_with_its_name() {
        let table = Table::of(["openai", "gemini"]).unwrap();
        let told = |path| {
            let routing = route(&table, &policy(), &head("POST", path));
            routing.route.unwrap_err().to_string()
        };
        let other = told("/v1/messages/count_tokens");
        assert!(other.contains("dialect `anthropic`"), "{other}");
        assert!(other.contains("switch it on with --dialect"), "{other}");
        let none = told("/v1/nothing");
        assert!(none.contains("permit them with `allow`"), "{none}");
    }
}
