//! The rules for the opening handshake of a WebSocket (RFC 6455 section 4).

use super::refusal::Fault;
use super::request::RequestHead;
use crate::{Reason, Rejection};

/// Checks a handshake.
///
/// # Errors
///
/// Whatever RFC 6455 section 4.2.1 does not allow, and a subprotocol that is not known: its messages
/// would be read by rules that nobody here knows, and credentials in it would carry the session past
/// whoever holds the key.
pub(super) fn check_handshake(head: &RequestHead<'_>) -> Result<(), Rejection> {
    let is = |name: &str, want: &str| {
        let value = head.field(name);
        value.is_some_and(|value| value.eq_ignore_ascii_case(want))
    };
    let connection = head.field("connection").unwrap_or_default();
    let mut tokens = connection.split(',');
    let proper = head.method == "GET"
        && head.is_http_1_1
        && is("upgrade", "websocket")
        && is("sec-websocket-version", "13")
        && tokens.any(|token| token.trim().eq_ignore_ascii_case("upgrade"))
        && head.field("sec-websocket-key").is_some_and(is_key);
    if proper && has_known_protocols(head) {
        Ok(())
    } else {
        Err(Rejection::whole(Reason::Malformed, "websocket handshake"))
    }
}

fn has_known_protocols(head: &RequestHead<'_>) -> bool {
    let mut offers = head.values("sec-websocket-protocol");
    let first = offers.next();
    offers.next().is_none() && first.is_none_or(|offer| offer.split(',').all(is_known))
}

/// Returns whether a subprotocol is one of the realtime API, and no credential.
fn is_known(protocol: &str) -> bool {
    let protocol = protocol.trim_ascii();
    let starts = [
        "openai-agents-sdk.",
        "openai-beta.",
        "openai-organization.",
        "openai-project.",
    ];
    protocol == "realtime" || starts.iter().any(|start| protocol.starts_with(start))
}

/// Returns whether a key is sixteen bytes in base64.
fn is_key(key: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    key.len() == 24 && key.ends_with("==") && key.bytes().take(22).all(plain)
}

/// Checks the status of a provider that does not agree to a WebSocket. Its error is passed on as over HTTP: codex renews
/// its token on 401, and waits on 429.
///
/// # Errors
///
/// The fault of a provider that does not speak WebSocket, and of a status that is no error.
pub fn check_declined(status: u16) -> Result<(), Fault> {
    match status {
        426 => Err(Fault::WebSocketUnsupported),
        400..=599 => Ok(()),
        _ => Err(Fault::BadResponse(
            "the upstream did not agree to a WebSocket",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Field<'f> = (&'f str, &'f str);

    const PROPER: [Field<'_>; 4] = [
        ("connection", "keep-alive, Upgrade"),
        ("upgrade", "WebSocket"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-key", "AAAAAAAAAAAAAAAAAAAA+/=="),
    ];

    fn passes(fields: &[Field<'_>]) -> bool {
        let head = RequestHead {
            method: "GET",
            fields,
            is_http_1_1: true,
            ..RequestHead::default()
        };
        check_handshake(&head).is_ok()
    }

    #[test]
    fn handshake_that_lacks_a_part_is_malformed() {
        assert!(passes(&PROPER));
        for missing in 0..PROPER.len() {
            let mut fields = PROPER.to_vec();
            let (name, _) = fields.remove(missing);
            assert!(!passes(&fields), "without {name}");
        }
        for (at, value) in [
            (0, "keep-alive"),
            (1, "h2c"),
            (2, "12"),
            (3, "AAAAAAAAAAAAAAAAAAAA+/A="),
            (3, "AAAAAAAAAAAAAAAAAAA+/=="),
            (3, "AAAAAAAAAAAAAAAAAAA-_A=="),
            (3, "AAAAAAAAAAAAAAAAAAAAAAAA"),
        ] {
            let mut fields = PROPER;
            fields[at].1 = value;
            assert!(!passes(&fields), "{}: {value}", fields[at].0);
        }
    }

    #[test]
    fn handshake_by_another_method_or_version_of_http_is_malformed() {
        for (method, is_http_1_1, passes) in [
            ("GET", true, true),
            ("POST", true, false),
            ("GET", false, false),
        ] {
            let head = RequestHead {
                method,
                fields: &PROPER,
                is_http_1_1,
                ..RequestHead::default()
            };
            assert_eq!(check_handshake(&head).is_ok(), passes, "{method}");
        }
    }

    #[test]
    fn status_of_a_provider_that_declines_is_passed_on_if_it_is_an_error() {
        for status in [400, 401, 429, 503, 599] {
            assert_eq!(check_declined(status), Ok(()), "{status}");
        }
        assert_eq!(check_declined(426), Err(Fault::WebSocketUnsupported));
        for status in [101, 200, 302, 399, 600] {
            let fault = check_declined(status);
            assert!(matches!(fault, Err(Fault::BadResponse(_))), "{status}");
        }
    }

    #[test]
    fn subprotocol_that_is_not_known_is_malformed() {
        for (offers, want) in [
            (&["realtime"][..], true),
            (&["realtime, openai-beta.realtime-v1"], true),
            (&["openai-project.p"], true),
            (&["realtime, openai-insecure-api-key.k"], false),
            (&["openai-insecure-api-key.k, realtime"], false),
            (&["other"], false),
            (&["realtime", "realtime"], false),
        ] {
            let mut fields = PROPER.to_vec();
            fields.extend(
                offers
                    .iter()
                    .map(|offer| ("sec-websocket-protocol", *offer)),
            );
            assert_eq!(passes(&fields), want, "{offers:?}");
        }
    }
}
