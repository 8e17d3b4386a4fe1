//! The opening handshake (RFC 6455 section 4), passed on without extensions.

use http::StatusCode;
use http::header::{self, HeaderMap, HeaderValue};
use lockpolicy::http::RequestHead;
use tungstenite::handshake::derive_accept_key;

/// The fields of a client's handshake.
#[derive(Clone, Debug)]
pub(crate) struct Handshake {
    key: HeaderValue,
    protocol: Option<HeaderValue>,
}

impl Handshake {
    /// Reads a handshake that has been checked.
    pub(crate) fn of(head: &RequestHead<'_>) -> Self {
        let value = |name| HeaderValue::from_str(head.field(name)?).ok();
        Self {
            key: value("sec-websocket-key").unwrap_or(HeaderValue::from_static("")),
            protocol: value("sec-websocket-protocol"),
        }
    }

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

/// Returns true if the upstream has agreed to this handshake and to nothing that was not requested.
pub(crate) fn answered(handshake: &Handshake, status: StatusCode, fields: &HeaderMap) -> bool {
    let accept = fields
        .get(header::SEC_WEBSOCKET_ACCEPT)
        .map(HeaderValue::as_bytes);
    status == StatusCode::SWITCHING_PROTOCOLS
        && accept == Some(derive_accept_key(handshake.key.as_bytes()).as_bytes())
        && !fields.contains_key(header::SEC_WEBSOCKET_EXTENSIONS)
}
