//! The opening handshake (RFC 6455 section 4), passed on without extensions.

use http::header::{self, HeaderMap, HeaderValue};
use http::request::Parts;
use http::{Method, StatusCode, Version};
use lockpolicy::{Reason, Rejection};
use tungstenite::handshake::derive_accept_key;

/// What a client has opened with.
#[derive(Clone, Debug)]
pub(crate) struct Handshake {
    key: HeaderValue,
    protocol: Option<HeaderValue>,
}

/// Checks a handshake.
///
/// # Errors
///
/// Whatever RFC 6455 section 4.2.1 does not allow, and a subprotocol that is not known: its messages
/// would be read by rules that nobody here knows, and credentials in it would carry the session past
/// whoever holds the key.
pub(crate) fn accepts(head: &Parts) -> Result<Handshake, Rejection> {
    let fields = &head.headers;
    let is = |name, want: &str| {
        fields
            .get(name)
            .is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(want.as_bytes()))
    };
    let key = fields
        .get(header::SEC_WEBSOCKET_KEY)
        .filter(|key| is_key(key.as_bytes()));
    let connection = fields
        .get(header::CONNECTION)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let upgrades = connection
        .split(',')
        .any(|token| token.trim().eq_ignore_ascii_case("upgrade"));
    let proper = head.method == Method::GET
        && head.version == Version::HTTP_11
        && is(header::UPGRADE, "websocket")
        && is(header::SEC_WEBSOCKET_VERSION, "13")
        && upgrades;
    let protocol = fields.get(header::SEC_WEBSOCKET_PROTOCOL);
    let is_spoken =
        protocol.is_none_or(|value| value.as_bytes().split(|b| *b == b',').all(is_known));
    match key {
        Some(key)
            if proper
                && is_spoken
                && fields
                    .get_all(header::SEC_WEBSOCKET_PROTOCOL)
                    .iter()
                    .count()
                    <= 1 =>
        {
            Ok(Handshake {
                key: key.clone(),
                protocol: protocol.cloned(),
            })
        }
        _ => Err(Rejection::whole(Reason::Malformed, "websocket handshake")),
    }
}

/// What the realtime API knows, but for credentials.
fn is_known(protocol: &[u8]) -> bool {
    let protocol = protocol.trim_ascii();
    let starts = [
        "openai-agents-sdk.",
        "openai-beta.",
        "openai-organization.",
        "openai-project.",
    ];
    protocol == b"realtime"
        || starts
            .iter()
            .any(|start| protocol.starts_with(start.as_bytes()))
}

/// Sixteen bytes in base64.
fn is_key(key: &[u8]) -> bool {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    key.len() == 24 && key.ends_with(b"==") && key.iter().take(22).all(plain)
}

impl Handshake {
    /// Adds what makes a request a handshake.
    pub(crate) fn ask(&self, fields: &mut HeaderMap) {
        fields.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
        fields.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
        fields.insert(
            header::SEC_WEBSOCKET_VERSION,
            HeaderValue::from_static("13"),
        );
        fields.insert(header::SEC_WEBSOCKET_KEY, self.key.clone());
        if let Some(protocol) = &self.protocol {
            fields.insert(header::SEC_WEBSOCKET_PROTOCOL, protocol.clone());
        }
    }

    /// Adds what makes an answer the end of the handshake.
    pub(crate) fn agree(&self, fields: &mut HeaderMap) {
        fields.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
        fields.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
        fields.remove(header::SEC_WEBSOCKET_EXTENSIONS);
        if let Ok(accept) = HeaderValue::from_str(&derive_accept_key(self.key.as_bytes())) {
            fields.insert(header::SEC_WEBSOCKET_ACCEPT, accept);
        }
    }
}

/// Whether the upstream has agreed to this handshake and to nothing that was not asked for.
pub(crate) fn answered(handshake: &Handshake, status: StatusCode, fields: &HeaderMap) -> bool {
    let accept = fields
        .get(header::SEC_WEBSOCKET_ACCEPT)
        .map(HeaderValue::as_bytes);
    status == StatusCode::SWITCHING_PROTOCOLS
        && accept == Some(derive_accept_key(handshake.key.as_bytes()).as_bytes())
        && !fields.contains_key(header::SEC_WEBSOCKET_EXTENSIONS)
}
