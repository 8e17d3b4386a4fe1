//! An approved request arrives byte for byte; a forced one differs in the model's value alone.

use fake_provider::fixture;
use fake_provider::http_client::post;
use sha2::{Digest as _, Sha256};

use crate::{PIN, SOON};

/// A mebibyte of JSON that no writer of JSON would write: order, blanks, digits and escapes have to stay.
fn mebibyte(model: &str) -> Vec<u8> {
    let filler = "lorem ipsum \\u00e9\\n\\/ ".repeat(50_000);
    format!(
        " {{ \"z\" : 1.10 ,\t\"input\":\"{filler}\",\r\n\"big\":123456789012345678901234567890,\"e\":[1E2,-0,0.10e+1],\"model\" :  \"{model}\" , \"a\":{{\"model\":\"nested\"}} }} \n"
    )
    .into_bytes()
}

fn digest(bytes: &[u8]) -> Vec<u8> {
    Sha256::digest(bytes).to_vec()
}

#[test]
fn approved_body_of_a_mebibyte_is_forwarded_unchanged() {
    let body = mebibyte(PIN);
    assert!(body.len() > 1 << 20);
    for mode in ["force", "reject", "report_only"] {
        let fixture = fixture!(mode, &[]);
        let answer = fixture.post(&body);
        assert_eq!(answer.status, 200, "{mode}: {answer:?}");
        assert_eq!(digest(&fixture.arrived()), digest(&body), "{mode}");
    }
}

#[test]
fn approved_chunked_body_is_forwarded_unchanged() {
    let body = mebibyte(PIN);
    let fixture = fixture!("reject", &[]);
    let mut client = fixture.client();
    client.send(b"POST /v1/responses HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n");
    for piece in body.chunks(10_000) {
        client.send(&fake_provider::chunk(piece));
    }
    client.send(b"0\r\n\r\n");
    assert_eq!(client.response().status, 200);
    assert_eq!(digest(&fixture.arrived()), digest(&body));
}

#[test]
fn forced_body_differs_only_in_the_model_value() {
    let fixture = fixture!("force", &[]);
    let answer = fixture.post(&mebibyte("some-other/model"));
    assert_eq!(answer.status, 200);
    let arrived = fixture.arrived();
    assert_eq!(digest(&arrived), digest(&mebibyte(PIN)));
    let request = fixture.provider.requests().remove(0);
    assert_eq!(
        request.field("content-length"),
        Some(arrived.len().to_string().as_str())
    );
    assert_eq!(request.field("transfer-encoding"), None);
}

#[test]
fn escaped_model_name_is_decoded_and_an_approved_one_unchanged() {
    let body = br#"{"model":"gpt\u002d5.5"}"#;
    let fixture = fixture!("reject", &[]);
    assert_eq!(fixture.post(body).status, 200);
    assert_eq!(fixture.arrived(), body);
}

#[test]
fn force_without_model_inserts_the_approved_model() {
    for body in [
        br#"{"input":"hi"}"#.as_slice(),
        br#"{"model":null,"input":"hi"}"#,
        b"{}",
    ] {
        let fixture = fixture!("force", &[]);
        assert_eq!(fixture.post(body).status, 200);
        assert_eq!(fixture.provider.requests()[0].model().as_deref(), Some(PIN));
        let arrived = String::from_utf8(fixture.arrived()).unwrap();
        assert!(
            body.len() < 5 || arrived.contains(r#""input":"hi""#),
            "{arrived}"
        );
    }
}

#[test]
fn target_and_headers_are_forwarded_unchanged() {
    let fixture = fixture!("reject", &[]);
    let body = format!(r#"{{"model":"{PIN}"}}"#);
    let fields =
        "authorization: Bearer sk-secret\r\nopenai-organization: org-1\r\nuser-agent: probe/1\r\n";
    let target = "/v1/responses";
    assert_eq!(
        fixture
            .client()
            .call(&post(target, fields, body.as_bytes()))
            .status,
        200
    );
    let request = fixture.provider.requests().remove(0);
    assert_eq!(request.target, target);
    for (name, value) in [
        ("authorization", "Bearer sk-secret"),
        ("openai-organization", "org-1"),
        ("user-agent", "probe/1"),
    ] {
        assert_eq!(request.field(name), Some(value));
    }
    assert_eq!(
        request.field("host"),
        Some(fixture.provider.address().to_string().as_str())
    );
}

#[test]
fn listed_operations_are_all_governed() {
    for path in [
        "responses",
        "responses/compact",
        "responses/input_tokens",
        "chat/completions",
        "completions",
    ] {
        let fixture = fixture!("force", &[]);
        let answer =
            fixture
                .client()
                .call(&post(&format!("/v1/{path}"), "", br#"{"model":"other"}"#));
        assert_eq!(answer.status, 200, "{path}");
        assert_eq!(fixture.arrived(), br#"{"model":"gpt-5.5"}"#, "{path}");
    }
}

#[test]
fn log_holds_no_secret() {
    let mut fixture = fixture!("force", &[]);
    let body = br#"{"model":"other","input":"my-prompt"}"#;
    let fields = "authorization: Bearer sk-secret\r\ncookie: c=crumb\r\n";
    assert_eq!(
        fixture
            .client()
            .call(&post("/v1/responses", fields, body))
            .status,
        200
    );
    assert_eq!(
        fixture
            .client()
            .call(&post("/v1/responses?key=in-query", fields, body))
            .status,
        400
    );
    for event in [r#""event":"attempt""#, r#""event":"undecidable""#] {
        fixture.wait_for_log(&[event]);
    }
    let log = fixture.proxy_mut().daemon().lines().join("\n");
    for secret in ["sk-secret", "crumb", "my-prompt", "in-query"] {
        assert!(!log.contains(secret), "{log}");
    }
}

/// As the clients of AWS write a model's name.
#[test]
fn escaped_colon_in_the_model_name_is_forwarded_unchanged() {
    for (mode, requested, arrives) in [
        ("reject", "claude-v2%3A0", "claude-v2%3A0"),
        ("force", "claude-v2%3a0", "claude-v2%3a0"),
        ("force", "claude-v3%3A0", "claude-v2:0"),
    ] {
        let fixture = fixture!(mode).approving("claude-v2:0");
        let fixture = fixture.with_proxy(&["--dialect", "bedrock"]);
        let target = |model: &str| format!("/model/{model}/converse");
        fixture
            .client()
            .call(&post(&target(requested), "", br#"{"messages":[]}"#));
        let requests = fixture.provider.wait_for(1, SOON).unwrap();
        assert_eq!(requests[0].target, target(arrives), "{mode} {requested}");
    }
}

#[test]
fn response_with_many_fields_is_forwarded() {
    let fixture = fixture!("force", &[]);
    let fields: Vec<String> = (0..200).map(|n| format!("x-field-{n}: {n}\r\n")).collect();
    let fields = fields.concat();
    let response = format!(
        "HTTP/1.1 200 OK\r\n{fields}content-type: application/json\r\ncontent-length: 2\r\n\r\n{{}}"
    );
    let steps = vec![fake_provider::Step::Send(response.into_bytes())];
    fixture
        .provider
        .queue(vec![fake_provider::Reply::Steps(steps)]);
    let response = fixture.post(br#"{"model":"gpt-5.5"}"#);
    assert_eq!(response.status, 200);
    assert_eq!(response.field("x-field-199"), Some("199"));
}
