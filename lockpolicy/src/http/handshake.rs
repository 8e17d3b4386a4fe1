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
