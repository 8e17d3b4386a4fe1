//! The response of a request that gets none of a provider: status, fields, error object, error frame. Each is in
//! the shape of the API that the client speaks.

use alloc::borrow::ToOwned as _;
use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use super::resource::{Exhausted, RETRY_AFTER, Resource};
use crate::agents::HttpClient;
use crate::dialect::ErrorShape;
use crate::json::encode;
use crate::{Reason, Rejection};

/// The reason why a request that was not rejected gets no response of its provider.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The client did not send what it announced.
    #[error("the content did not arrive whole")]
    BodyIncomplete,
    /// The client took too long.
    #[error("the content took too long to arrive")]
    BodyTimeout,
    /// The client took too long with the head of its request.
    #[error("the head took too long to arrive")]
    HeadTimeout,
    /// The content is larger than everything that all requests may hold together.
    #[error("the content needs more memory than the proxy has for all requests together")]
    BodyBeyondMemory,
    /// Nothing is left of what all requests share.
    #[error("{}", Exhausted(*.0))]
    Exhausted(Resource),
    /// The client does not speak TLS, where only that is spoken.
    #[error("TLS is spoken here: call an https URL")]
    TlsRequired,
    /// The provider does not speak WebSocket.
    #[error("WebSocket is not spoken here")]
    WebSocketUnsupported,
    /// No provider is configured for the path.
    #[error("no upstream for this path")]
    NoUpstream,
    /// The provider cannot be reached, or broke off before it responded.
    #[error("the upstream cannot be reached")]
    UpstreamFailed,
    /// The provider's response is one that must not be passed on.
    #[error("{0}")]
    BadResponse(&'static str),
    /// Another model served than the one that was sent, and the policy does not let that pass.
    #[error("another model was served: `{0}`")]
    ModelMismatch(String),
}

/// The code of a refusal that another try may not meet.
const OVERLOADED: &str = "overloaded";

/// The most bytes of the reason in a close frame: 125 of a control frame, less the code.
const CLOSE_REASON_CAP: usize = 123;

/// A refusal on a WebSocket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WebSocketRefusal {
    /// The connection is closed with the code 1008 (RFC 6455 section 7.4.1) and this reason.
    Close(String),
    /// The client gets this text, and the connection stays open.
    Message(String),
}

/// A refusal or a failure, as the client gets it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The status.
    pub status: u16,
    /// The value of `x-model-lock-decision`, where the policy decided.
    pub decision: Option<&'static str>,
    /// `true` if the connection is closed: the rest of the content is in the way of the next request.
    pub close: bool,
    /// `true` if another try could succeed.
    retry: bool,
    message: String,
    kind: &'static str,
    code: &'static str,
    /// The member that was refused, as the APIs write one: `tools[0].type`.
    param: Option<String>,
}

/// The request that a refusal is the response to.
#[derive(Clone, Copy, Debug, Default)]
pub struct RefusalContext<'a> {
    /// The shape of the errors that the client reads.
    pub errors: ErrorShape,
    /// The id of the request.
    pub id: &'a str,
    /// The path of the request.
    pub path: &'a str,
    /// The hash of the policy that decided.
    pub policy: &'a str,
    /// `true` if the client asked for another protocol: what follows cannot be delimited then.
    pub upgrade: bool,
}

impl From<&Rejection> for Refusal {
    fn from(rejection: &Rejection) -> Self {
        let undecidable = rejection.reason.is_undecidable();
        let status = status(rejection.reason);
        Self {
            status,
            decision: Some("rejected"),
            close: matches!(rejection.reason, Reason::Malformed | Reason::TooLarge),
            retry: false,
            message: rejection.to_string(),
            kind: kind(status),
            code: if undecidable {
                rejection.reason.as_str()
            } else {
                "model_locked"
            },
            param: param(rejection),
        }
    }
}

impl From<&Fault> for Refusal {
    fn from(fault: &Fault) -> Self {
        let (status, code, close) = match fault {
            Fault::BodyIncomplete => (400, "incomplete_request", true),
            Fault::BodyTimeout | Fault::HeadTimeout => (408, "request_timeout", true),
            Fault::BodyBeyondMemory => (413, Reason::TooLarge.as_str(), true),
            Fault::Exhausted(_) => (503, OVERLOADED, true),
            Fault::TlsRequired => (400, "tls_required", true),
            // What stands behind a refused upgrade is not read as a request.
            Fault::WebSocketUnsupported => (426, "websocket_not_supported", true),
            Fault::ModelMismatch(_) => (502, "model_mismatch", false),
            Fault::NoUpstream | Fault::UpstreamFailed | Fault::BadResponse(_) => {
                (502, "upstream_error", false)
            }
        };
        Self {
            status,
            decision: None,
            close,
            // Another try would be served by the same model, and paid for.
            retry: status >= 500 && !matches!(fault, Fault::ModelMismatch(_)),
            message: fault.to_string(),
            kind: kind(status),
            code,
            param: None,
        }
    }
}

/// Returns the word for the kind of an error.
fn kind(status: u16) -> &'static str {
    match status {
        401 => "authentication_error",
        403 => "permission_error",
        ..500 => "invalid_request_error",
        _ => "server_error",
    }
}

/// Returns the member that a rejection is about, where the request was understood: that of its pointer, or the header
/// or the parameter. A model that the path names is the model.
fn param(rejection: &Rejection) -> Option<String> {
    if rejection.reason.is_undecidable() {
        return None;
    }
    let place = rejection.place.as_str();
    let member = match place.strip_prefix('/') {
        Some(pointer) => member(pointer),
        None if place == "path" => "model".to_owned(),
        None => place.to_owned(),
    };
    Some(member).filter(|member| !member.is_empty())
}

/// Returns the member at the end of a pointer, without the slash before it: `tools/0/type` is `tools[0].type`.
fn member(pointer: &str) -> String {
    let mut out = String::new();
    for segment in pointer.split('/') {
        if !segment.is_empty() && segment.bytes().all(|byte| byte.is_ascii_digit()) {
            out.extend(["[", segment, "]"]);
        } else {
            let dot = if out.is_empty() { "" } else { "." };
            out.extend([dot, segment]);
        }
    }
    out
}

/// Returns the status of a rejection: 400 wherever a model is concerned, since codex retries every other 4xx.
pub(super) fn status(reason: Reason) -> u16 {
    match reason {
        Reason::TooLarge => 413,
        Reason::Coding | Reason::Type => 415,
        Reason::UnknownClient => 401,
        Reason::UnknownHost | Reason::UnknownOrigin => 403,
        Reason::UnknownOperation => 404,
        Reason::Ambiguous
        | Reason::Corrupt
        | Reason::Malformed
        | Reason::ModelAbsent
        | Reason::ModelLocked
        | Reason::ModelNotText
        | Reason::NoPin
        | Reason::NotJson
        | Reason::Secondary
        | Reason::SettingLocked
        | Reason::UnknownToolType => 400,
    }
}

impl Refusal {
    /// Returns the refusal with the status that a client takes at once, if it is one that is known.
    #[must_use]
    pub fn for_client(self, client: Option<&HttpClient>) -> Self {
        let status = client.map_or(self.status, |client| client.status(self.status));
        if status == self.status {
            return self;
        }
        Self {
            status,
            kind: kind(status),
            ..self
        }
    }

    /// Returns the fields of the response.
    pub fn fields(&self, to: &RefusalContext<'_>) -> Vec<(&'static str, String)> {
        let mut fields: Vec<(&str, &str)> = [
            ("content-type", "application/json"),
            ("x-request-id", to.id),
        ]
        .into();
        match to.errors {
            ErrorShape::Anthropic => fields.push(("request-id", to.id)),
            ErrorShape::Aws => fields.push(("x-amzn-errortype", self.exception())),
            ErrorShape::Google | ErrorShape::Mistral | ErrorShape::Openai | ErrorShape::Plain => {}
        }
        fields.push(("x-model-lock-policy", to.policy));
        fields.extend(self.decision.map(|word| ("x-model-lock-decision", word)));
        match self.status {
            401 => fields.push(("www-authenticate", "Bearer")),
            426 => fields.push(("upgrade", "HTTP/1.1")),
            _ => {}
        }
        if self.code == OVERLOADED {
            fields.push(("retry-after", RETRY_AFTER));
        }
        if !self.retry {
            fields.push(("x-should-retry", "false"));
        }
        if self.close || to.upgrade {
            fields.push(("connection", "close"));
        }
        let owned = fields.into_iter();
        owned.map(|(name, text)| (name, text.to_owned())).collect()
    }

    /// Returns the content of the response.
    pub fn body(&self, to: &RefusalContext<'_>) -> String {
        let message = self.message_for(to.id);
        let (kind, code, id) = (self.kind, self.code, to.id);
        match to.errors {
            ErrorShape::Anthropic => {
                let kind = if code == OVERLOADED {
                    "overloaded_error"
                } else {
                    kind
                };
                format!(
                    r#"{{"type":"error","error":{{"type":"{kind}","message":{message}}},"request_id":"{id}"}}"#
                )
            }
            ErrorShape::Aws => format!(r#"{{"message":{message}}}"#),
            ErrorShape::Google => format!(
                r#"{{"error":{{"code":{},"message":{message},"status":"{}"}}}}"#,
                self.status,
                self.google_status()
            ),
            ErrorShape::Mistral => {
                let param = self.param_text();
                format!(
                    r#"{{"object":"error","message":{message},"type":"{kind}","param":{param},"code":"{code}"}}"#
                )
            }
            ErrorShape::Plain => format!(r#"{{"error":{message}}}"#),
            ErrorShape::Openai => {
                let param = self.param_text();
                format!(
                    r#"{{"error":{{"message":{message},"type":"{kind}","param":{param},"code":"{code}"}}}}"#
                )
            }
        }
    }

    /// Returns what the client of a WebSocket gets, in the shape of its API.
    pub fn on_websocket(&self, errors: ErrorShape, id: &str) -> WebSocketRefusal {
        match errors {
            ErrorShape::Google => WebSocketRefusal::Close(self.close_reason(id)),
            ErrorShape::Anthropic
            | ErrorShape::Aws
            | ErrorShape::Mistral
            | ErrorShape::Openai
            | ErrorShape::Plain => WebSocketRefusal::Message(self.websocket_error(id)),
        }
    }

    /// Returns the reason of a close frame, cut to what one holds (RFC 6455 section 5.5).
    fn close_reason(&self, id: &str) -> String {
        let id = format!(" (request {id})");
        let fits = CLOSE_REASON_CAP.saturating_sub(id.len());
        let end = self.message.floor_char_boundary(fits);
        let message = self.message.get(..end).unwrap_or_default();
        [message, &id].concat()
    }

    /// Returns the text of the WebSocket message that codex shows its user without trying again: `status`,
    /// never `status_code`.
    fn websocket_error(&self, id: &str) -> String {
        let (code, message, param) = (self.code, self.message_for(id), self.param_text());
        format!(
            r#"{{"type":"error","status":400,"error":{{"type":"invalid_request_error","code":"{code}","message":{message},"param":{param}}}}}"#
        )
    }

    /// Returns the member that it is about, as a JSON text.
    fn param_text(&self) -> String {
        self.param
            .as_deref()
            .map_or_else(|| "null".to_owned(), encode)
    }

    /// Returns the message with the request's id, as a JSON text.
    pub(super) fn message_for(&self, id: &str) -> String {
        encode(&format!("{} (request {id})", self.message))
    }

    /// Returns the exception that the clients of AWS raise.
    fn exception(&self) -> &'static str {
        match self.status {
            401 => "UnrecognizedClientException",
            403 => "AccessDeniedException",
            ..500 => "ValidationException",
            _ => "ServiceUnavailableException",
        }
    }

    /// Returns the word of `google.rpc.Code`.
    fn google_status(&self) -> &'static str {
        match self.status {
            401 => "UNAUTHENTICATED",
            403 => "PERMISSION_DENIED",
            ..500 => "INVALID_ARGUMENT",
            _ => "UNAVAILABLE",
        }
    }
}

#[cfg(test)]
mod tests;
