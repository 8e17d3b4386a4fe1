//! A refusal or an error as a response: the only place that picks a status.

use http::{HeaderValue, Response, StatusCode, header};
use lockpolicy::dialect::ErrorShape;
use lockpolicy::json::encode;
use lockpolicy::{Reason, Rejection};

use super::{Call, headers};
use crate::body::Answer;
use crate::error::{Fault, Stop, chain};
use crate::reader::Form;

/// What the client is told, in the shape of the API that it speaks (design section 3).
pub(super) fn stopped(call: &Call, stop: &Stop) -> Response<Answer> {
    let told = Told::of(stop);
    log(call, stop, told.status);
    let text = body(call.errors, &told, &call.id);
    let mut response = Response::new(Answer::whole(text));
    *response.status_mut() = told.status;
    let fields = response.headers_mut();
    fields.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    headers::set(fields, "x-request-id", &call.id);
    match call.errors {
        ErrorShape::Anthropic => headers::set(fields, "request-id", &call.id),
        ErrorShape::Aws => headers::set(fields, "x-amzn-errortype", told.exception()),
        ErrorShape::Google | ErrorShape::Openai | ErrorShape::Plain => {}
    }
    headers::set(fields, "x-model-lock-policy", call.policy.hash());
    match stop {
        Stop::Rejected(_) | Stop::Judged(_) => {
            headers::set(fields, "x-model-lock-decision", "rejected");
        }
        Stop::Upgrade => headers::set(fields, "upgrade", "HTTP/1.1"),
        Stop::Half
        | Stop::Slow
        | Stop::NoUpstream
        | Stop::Upstream(_)
        | Stop::Served(_)
        | Stop::Answer(_) => {}
    }
    // Another try would be served by the same model, and paid for.
    if told.status.is_client_error() || matches!(stop, Stop::Served(_)) {
        headers::set(fields, "x-should-retry", "false");
    }
    if call.upgrade || closes(stop) {
        headers::set(fields, "connection", "close");
    }
    response
}

/// Whether the rest of the content is still in the way of the next request.
fn closes(stop: &Stop) -> bool {
    match stop {
        // What stands behind a refused upgrade is not read as a request.
        Stop::Half | Stop::Slow | Stop::Upgrade => true,
        Stop::Rejected(rejection) | Stop::Judged(rejection) => {
            matches!(rejection.reason, Reason::Malformed | Reason::TooLarge)
        }
        Stop::NoUpstream | Stop::Upstream(_) | Stop::Served(_) | Stop::Answer(_) => false,
    }
}

/// What ends a stream that has begun, in the shape of its API. The name of an event that was begun is
/// written over by the one that is named here.
pub(super) fn last(call: &Call, stop: &Stop, form: Form) -> String {
    let told = Told::of(stop);
    let text = body(call.errors, &told, &call.id);
    match (form, call.errors) {
        (Form::Lines | Form::Whole, _) => format!("{text}\n"),
        (Form::Events, ErrorShape::Openai) if call.path.ends_with("/responses") => {
            let event = failed(&told.message, &call.id);
            format!("event: response.failed\ndata: {event}\n\n")
        }
        (Form::Events, ErrorShape::Anthropic) => format!("event: error\ndata: {text}\n\n"),
        (
            Form::Events,
            ErrorShape::Aws | ErrorShape::Google | ErrorShape::Openai | ErrorShape::Plain,
        ) => format!("data: {text}\n\n"),
    }
}

/// The end of a response as codex understands it: with this code it tells its user and does not try
/// again; with any other it does.
fn failed(message: &str, id: &str) -> String {
    let message = encode(&format!("{message} (request {id})"));
    format!(
        r#"{{"type":"response.failed","response":{{"id":"{id}","object":"response","status":"failed","output":[],"error":{{"code":"invalid_prompt","message":{message}}}}}}}"#
    )
}

/// The error frame that codex shows its user without trying again: `status`, never `status_code`.
pub(super) fn frame(code: &str, message: &str, id: &str) -> String {
    let message = encode(&format!("{message} (request {id})"));
    format!(
        r#"{{"type":"error","status":400,"error":{{"type":"invalid_request_error","code":"{code}","message":{message},"param":"model"}}}}"#
    )
}

/// The status of a refusal. 400 wherever a model is concerned: codex retries every other 4xx.
pub(super) fn status(reason: Reason) -> StatusCode {
    match reason {
        Reason::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Reason::Coding | Reason::Type => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        Reason::UnknownOperation => StatusCode::NOT_FOUND,
        Reason::Ambiguous
        | Reason::Corrupt
        | Reason::Malformed
        | Reason::ModelAbsent
        | Reason::ModelLocked
        | Reason::ModelNotText
        | Reason::NoPin
        | Reason::NotJson
        | Reason::Secondary
        | Reason::SettingLocked => StatusCode::BAD_REQUEST,
    }
}

struct Told {
    status: StatusCode,
    message: String,
    kind: &'static str,
    code: &'static str,
    param: Option<&'static str>,
}

impl Told {
    fn of(stop: &Stop) -> Self {
        match stop {
            Stop::Rejected(rejection) | Stop::Judged(rejection) => Self::refusal(rejection),
            Stop::Upgrade => Self::error(
                StatusCode::UPGRADE_REQUIRED,
                stop,
                "websocket_not_supported",
            ),
            Stop::Half => Self::error(StatusCode::BAD_REQUEST, stop, "incomplete_request"),
            Stop::Slow => Self::error(StatusCode::REQUEST_TIMEOUT, stop, "request_timeout"),
            Stop::Served(_) => Self::error(StatusCode::BAD_GATEWAY, stop, "model_mismatch"),
            Stop::NoUpstream | Stop::Upstream(_) | Stop::Answer(_) => {
                Self::error(StatusCode::BAD_GATEWAY, stop, "upstream_error")
            }
        }
    }

    fn refusal(rejection: &Rejection) -> Self {
        let undecidable = rejection.reason.is_undecidable();
        Self {
            status: status(rejection.reason),
            message: rejection.to_string(),
            kind: "invalid_request_error",
            code: if undecidable {
                rejection.reason.as_str()
            } else {
                "model_locked"
            },
            param: (!undecidable).then_some("model"),
        }
    }

    fn error(status: StatusCode, stop: &Stop, code: &'static str) -> Self {
        let kind = if stop.fault() == Fault::Downstream {
            "invalid_request_error"
        } else {
            "server_error"
        };
        Self {
            status,
            message: stop.to_string(),
            kind,
            code,
            param: None,
        }
    }
}

impl Told {
    /// What the clients of AWS raise.
    fn exception(&self) -> &'static str {
        if self.status.is_client_error() {
            "ValidationException"
        } else {
            "ServiceUnavailableException"
        }
    }
}

fn body(shape: ErrorShape, told: &Told, id: &str) -> String {
    let message = encode(&format!("{} (request {id})", told.message));
    let (kind, code) = (told.kind, told.code);
    match shape {
        ErrorShape::Anthropic => {
            format!(
                r#"{{"type":"error","error":{{"type":"{kind}","message":{message}}},"request_id":"{id}"}}"#
            )
        }
        ErrorShape::Aws => format!(r#"{{"message":{message}}}"#),
        ErrorShape::Google => format!(
            r#"{{"error":{{"code":{},"message":{message},"status":"{}"}}}}"#,
            told.status.as_u16(),
            if told.status.is_client_error() {
                "INVALID_ARGUMENT"
            } else {
                "UNAVAILABLE"
            }
        ),
        ErrorShape::Plain => format!(r#"{{"error":{message}}}"#),
        ErrorShape::Openai => {
            let param = told.param.map_or_else(|| "null".to_owned(), encode);
            format!(
                r#"{{"error":{{"message":{message},"type":"{kind}","param":{param},"code":"{code}"}}}}"#
            )
        }
    }
}

/// Tells the sinks of what could not be understood, the meter and the log of what broke.
fn log(call: &Call, stop: &Stop, status: StatusCode) {
    match stop {
        Stop::Rejected(rejection) => {
            let verdict = lockpolicy::refuse(rejection.clone());
            call.report(&verdict, false, status.as_u16());
        }
        // The receipt says it.
        Stop::Judged(_) | Stop::Served(_) => {}
        Stop::Upgrade | Stop::Half | Stop::Slow => {
            tracing::debug!(event = "stopped", request_id = call.id, path = call.path, error = %stop, "stopped");
        }
        Stop::NoUpstream | Stop::Upstream(_) | Stop::Answer(_) => {
            call.state.meter.failed();
            let (id, path) = (call.id.as_str(), call.path.as_str());
            let status = status.as_u16();
            tracing::warn!(
                event = "failed",
                request_id = id,
                path,
                status,
                error = chain(stop),
                "failed"
            );
        }
    }
}
