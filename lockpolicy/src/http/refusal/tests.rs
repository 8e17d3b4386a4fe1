//! The statuses, fields and error objects that clients act on.
#![expect(
    clippy::disallowed_types,
    reason = "a test reads what this crate has written, where no byte has to stay"
)]

use alloc::string::ToString;

use super::*;
use crate::http::Fault;

/// Returns the status, `type`, `code` and `param` of the error object, and whether another try is ruled out.
fn told(refusal: &Refusal) -> (u16, String, String, Option<String>, bool) {
    let to = RefusalContext {
        id: "r-1",
        ..RefusalContext::default()
    };
    let body: serde_json::Value = serde_json::from_str(&refusal.body(&to)).unwrap();
    let error = &body["error"];
    assert!(
        error["message"]
            .as_str()
            .unwrap()
            .ends_with(" (request r-1)")
    );
    let word = |name: &str| error[name].as_str().map(ToString::to_string);
    let (kind, code) = (word("type").unwrap(), word("code").unwrap());
    let fields = refusal.fields(&to);
    let is_final = fields.contains(&("x-should-retry", "false".to_string()));
    (refusal.status, kind, code, word("param"), is_final)
}

#[test]
fn rejection_is_told_with_the_status_of_its_reason() {
    for (reason, status, kind) in [
        (Reason::ModelLocked, 400, "invalid_request_error"),
        (Reason::TooLarge, 413, "invalid_request_error"),
        (Reason::Type, 415, "invalid_request_error"),
        (Reason::UnknownClient, 401, "authentication_error"),
        (Reason::UnknownHost, 403, "permission_error"),
        (Reason::UnknownOrigin, 403, "permission_error"),
        (Reason::UnknownOperation, 404, "invalid_request_error"),
    ] {
        let refusal = Refusal::from(&Rejection::whole(reason, "here"));
        let (told_status, told_kind, _, _, is_final) = told(&refusal);
        assert_eq!(
            (told_status, told_kind.as_str()),
            (status, kind),
            "{reason:?}"
        );
        assert!(is_final && refusal.decision == Some("rejected"));
    }
}

#[test]
fn rejection_of_a_model_names_the_member_and_any_other_its_reason() {
    for (reason, place, param) in [
        (Reason::ModelLocked, "/model", "model"),
        (Reason::ModelLocked, "path", "model"),
        (Reason::ModelAbsent, "/session/model", "session.model"),
        (
            Reason::SettingLocked,
            "/reasoning/effort",
            "reasoning.effort",
        ),
        (Reason::UnknownToolType, "/tools/0/type", "tools[0].type"),
        (Reason::Secondary, "x-openclaw-model", "x-openclaw-model"),
    ] {
        let refusal = Refusal::from(&Rejection::whole(reason, place));
        let (_, _, code, told_param, _) = told(&refusal);
        assert_eq!(
            (code.as_str(), told_param.as_deref()),
            ("model_locked", Some(param))
        );
    }
    for reason in [Reason::NotJson, Reason::Type, Reason::UnknownClient] {
        let refusal = Refusal::from(&Rejection::whole(reason, "here"));
        let (_, _, code, param, _) = told(&refusal);
        assert_eq!((code.as_str(), param), (reason.as_str(), None));
    }
}

#[test]
fn fault_may_be_tried_again_only_where_another_try_could_succeed() {
    for (fault, status, kind, is_final) in [
        (Fault::BodyIncomplete, 400, "invalid_request_error", true),
        (Fault::BodyTimeout, 408, "invalid_request_error", true),
        (Fault::BodyBeyondMemory, 413, "invalid_request_error", true),
        (
            Fault::WebSocketUnsupported,
            426,
            "invalid_request_error",
            true,
        ),
        (Fault::UpstreamFailed, 502, "server_error", false),
        (Fault::NoUpstream, 502, "server_error", false),
        (Fault::BadResponse("x"), 502, "server_error", false),
        // It would be served by the same model, and paid for.
        (Fault::ModelMismatch("q".into()), 502, "server_error", true),
    ] {
        let refusal = Refusal::from(&fault);
        let (told_status, told_kind, _, param, told_final) = told(&refusal);
        assert_eq!(
            (told_status, told_kind.as_str()),
            (status, kind),
            "{fault:?}"
        );
        assert_eq!((param, told_final), (None, is_final), "{fault:?}");
        assert_eq!(refusal.decision, None);
    }
}

#[test]
fn fields_say_what_the_status_and_the_shape_want() {
    let fields = |refusal: &Refusal, errors, upgrade| {
        let to = RefusalContext {
            errors,
            id: "r-1",
            policy: "hash",
            upgrade,
            ..RefusalContext::default()
        };
        let fields = refusal.fields(&to).into_iter();
        let lines = fields.map(|(name, value)| [name, ": ", &value].concat());
        lines.collect::<Vec<String>>()
    };
    let client = Refusal::from(&Rejection::whole(Reason::UnknownClient, ""));
    let told = fields(&client, ErrorShape::Anthropic, false);
    let want = [
        "content-type: application/json",
        "x-request-id: r-1",
        "request-id: r-1",
        "x-model-lock-policy: hash",
        "x-model-lock-decision: rejected",
        "www-authenticate: Bearer",
        "x-should-retry: false",
    ];
    assert_eq!(told, want);
    let websocket = Refusal::from(&Fault::WebSocketUnsupported);
    let told = fields(&websocket, ErrorShape::Openai, false);
    assert!(told.contains(&"upgrade: HTTP/1.1".to_string()));
    assert!(told.contains(&"connection: close".to_string()));
    let model = Refusal::from(&Rejection::whole(Reason::ModelLocked, ""));
    for (upgrade, closes) in [(false, false), (true, true)] {
        let told = fields(&model, ErrorShape::Openai, upgrade);
        assert_eq!(told.contains(&"connection: close".to_string()), closes);
        assert!(!told.iter().any(|line| line.starts_with("retry-after")));
    }
}

#[test]
fn exhausted_resource_is_told_with_the_time_to_wait() {
    let refusal = Refusal::from(&Fault::Exhausted(Resource::Connections));
    let to = RefusalContext::default();
    let fields = refusal.fields(&to);
    assert!(fields.contains(&("retry-after", RETRY_AFTER.to_string())));
    assert!(!fields.iter().any(|(name, _)| *name == "x-should-retry"));
    let anthropic = RefusalContext {
        errors: ErrorShape::Anthropic,
        ..to
    };
    let body: serde_json::Value = serde_json::from_str(&refusal.body(&anthropic)).unwrap();
    let message = body["error"]["message"].as_str().unwrap();
    assert!(
        message.starts_with("the proxy has too many connections; try again in "),
        "{message}"
    );
    assert_eq!(
        (refusal.status, &body["error"]["type"]),
        (503, &"overloaded_error".into())
    );
}

#[test]
fn error_object_has_the_shape_of_the_api() {
    let refusal = Refusal::from(&Rejection::whole(Reason::ModelLocked, "/model"));
    let body = |errors| {
        let to = RefusalContext {
            errors,
            id: "r-1",
            ..RefusalContext::default()
        };
        let text = refusal.body(&to);
        serde_json::from_str::<serde_json::Value>(&text).unwrap()
    };
    let message = body(ErrorShape::Openai)["error"]["message"].clone();
    let anthropic = serde_json::json!({
        "type": "error",
        "error": {"type": "invalid_request_error", "message": message},
        "request_id": "r-1",
    });
    assert_eq!(body(ErrorShape::Anthropic), anthropic);
    assert_eq!(
        body(ErrorShape::Aws),
        serde_json::json!({"message": message})
    );
    let google = serde_json::json!({
        "error": {"code": 400, "message": message, "status": "INVALID_ARGUMENT"},
    });
    assert_eq!(body(ErrorShape::Google), google);
    let mistral = serde_json::json!({
        "object": "error",
        "message": message,
        "type": "invalid_request_error",
        "param": "model",
        "code": "model_locked",
    });
    assert_eq!(body(ErrorShape::Mistral), mistral);
    assert_eq!(
        body(ErrorShape::Plain),
        serde_json::json!({"error": message})
    );
    // codex hangs where `status_code` stands beside `status`.
    let WebSocketRefusal::Message(frame) = refusal.on_websocket(ErrorShape::Openai, "r-1") else {
        panic!("the connection stays open");
    };
    let frame: serde_json::Value = serde_json::from_str(&frame).unwrap();
    let error = serde_json::json!({
        "type": "invalid_request_error",
        "code": "model_locked",
        "message": message,
        "param": "model",
    });
    let want = serde_json::json!({"type": "error", "status": 400, "error": error});
    assert_eq!(frame, want);
}

#[test]
fn websocket_of_google_is_closed_with_a_reason_that_a_close_frame_holds() {
    for (requested, cut) in [("q", false), (&*"ü".repeat(100), true)] {
        let rejection = Rejection {
            requested: requested.to_string(),
            ..Rejection::whole(Reason::ModelLocked, "/setup/model")
        };
        let refusal = Refusal::from(&rejection).on_websocket(ErrorShape::Google, "r-1");
        let WebSocketRefusal::Close(reason) = refusal else {
            panic!("{refusal:?}");
        };
        let begin = if cut { "model `ü" } else { "model `q`" };
        assert!(reason.starts_with(begin), "{reason}");
        assert!(
            reason.ends_with(" (request r-1)") && reason.len() <= 123,
            "{reason}"
        );
        assert_eq!(reason.contains("locked by policy"), !cut, "{reason}");
    }
}

#[test]
fn words_of_aws_and_google_follow_the_status() {
    for (refusal, aws, google) in [
        (
            Refusal::from(&Rejection::whole(Reason::ModelLocked, "")),
            "ValidationException",
            "INVALID_ARGUMENT",
        ),
        (
            Refusal::from(&Rejection::whole(Reason::UnknownClient, "")),
            "UnrecognizedClientException",
            "UNAUTHENTICATED",
        ),
        (
            Refusal::from(&Rejection::whole(Reason::UnknownHost, "")),
            "AccessDeniedException",
            "PERMISSION_DENIED",
        ),
        (
            Refusal::from(&Fault::UpstreamFailed),
            "ServiceUnavailableException",
            "UNAVAILABLE",
        ),
    ] {
        let to = |errors| RefusalContext {
            errors,
            ..RefusalContext::default()
        };
        let fields = refusal.fields(&to(ErrorShape::Aws));
        assert!(
            fields.contains(&("x-amzn-errortype", aws.to_string())),
            "{aws}"
        );
        let body = refusal.body(&to(ErrorShape::Google));
        let body: serde_json::Value = serde_json::from_str(&body).unwrap();
        assert_eq!(body["error"]["status"], google);
    }
}

#[test]
fn rejection_of_a_known_client_has_the_status_at_which_it_calls_least() {
    let client = |calls| HttpClient {
        name: "n",
        version: "1",
        user_agents: &["n/"],
        calls,
    };
    let rejection = Rejection::whole(Reason::ModelLocked, "here");
    for (calls, status, kind) in [
        (&[(400, 3), (403, 1)][..], 403, "permission_error"),
        (&[(400, 1), (403, 1)], 400, "invalid_request_error"),
        (&[(400, 1), (403, 3)], 400, "invalid_request_error"),
        (&[(403, 1)], 400, "invalid_request_error"),
    ] {
        let refusal = Refusal::from(&rejection).for_client(Some(&client(calls)));
        let (told_status, told_kind, ..) = told(&refusal);
        assert_eq!((told_status, told_kind.as_str()), (status, kind));
    }
}
