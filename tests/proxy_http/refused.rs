//! What is refused: the status, the error object, and that nothing went upstream.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use fake_provider::fixture;
use fake_provider::http_client::{HttpClient, post};
use fake_provider::json::Json;

use crate::PIN;

#[test]
fn reject_of_another_model_sends_nothing_upstream() {
    let fixture = fixture!("reject", &[]);
    let answer = fixture.post(br#"{"model":"other","stream":true}"#);
    assert_eq!(answer.status, 400);
    assert_eq!(answer.field("x-should-retry"), Some("false"));
    assert_eq!(answer.field("content-type"), Some("application/json"));
    let id = answer.field("x-request-id").unwrap().to_owned();
    assert!(!id.is_empty());
    assert_eq!(answer.error("type"), "invalid_request_error");
    assert_eq!(
        (
            answer.error("param").as_str(),
            answer.error("code").as_str()
        ),
        ("model", "model_locked")
    );
    assert!(
        answer
            .error("message")
            .contains("model `other` is not permitted here"),
        "{answer:?}"
    );
    assert!(
        !answer.error("message").contains(PIN),
        "the pin is told only where disclosed"
    );
    fixture.assert_nothing_arrived("another model");
    let output = fixture.statsd.wait_for(
        |line| line.contains("result:rejected") && !line.contains(":0|c"),
        crate::SOON,
    );
    assert!(output.unwrap().contains("override_attempts"));
}

#[test]
fn body_with_more_than_one_reading_is_refused() {
    for body in [
        &b"not json"[..],
        b"",
        b"[]",
        b"\"gpt-5.5\"",
        b"{\"model\":\"gpt-5.5\"",
        b"{\"model\":\"gpt-5.5\"}{}",
        b"\xef\xbb\xbf{\"model\":\"gpt-5.5\"}",
        b"{\"model\":\"gpt-5.5\",\"model\":\"gpt-5.5\"}",
        b"{\"model\":\"gpt-5.5\",\"x\":{\"a\":1,\"a\":2}}",
        b"{\"Model\":\"other\",\"model\":\"gpt-5.5\"}",
        b"{\"mod\\u0065l\":\"gpt-5.5\"}",
        b"{\"model\":\"gpt-5.5\\ud800\"}",
        b"{\"model\":\"gpt-5.5\xff\"}",
        b"{\"model\":\"gpt-5.5\",\"model \":\"other\"}",
    ] {
        for mode in ["force", "reject"] {
            let case = format!("{mode} {}", String::from_utf8_lossy(body));
            let fixture = fixture!(mode, &[]);
            let answer = fixture.post(body);
            assert_eq!(answer.status, 400, "{case}: {answer:?}");
            assert_eq!(answer.error("type"), "invalid_request_error", "{case}");
            fixture.assert_nothing_arrived(&case);
        }
    }
}

#[test]
fn model_that_is_not_text_is_refused() {
    for body in [
        &br#"{"model":["gpt-5.5"]}"#[..],
        br#"{"model":5}"#,
        br#"{"model":{"a":"gpt-5.5"}}"#,
    ] {
        let fixture = fixture!("reject", &[]);
        assert_eq!(fixture.post(body).status, 400);
        fixture.assert_nothing_arrived("no text");
        let fixture = fixture!("force", &[]);
        assert_eq!(fixture.post(body).status, 200);
        assert_eq!(fixture.arrived(), br#"{"model":"gpt-5.5"}"#);
    }
}

#[test]
fn unlisted_query_parameter_is_refused() {
    let fixture = fixture!("force", &[]);
    for query in ["model=gpt-5.5", "x=1", "api-version=1"] {
        let target = format!("/v1/responses?{query}");
        let answer = fixture
            .client()
            .call(&post(&target, "", br#"{"model":"gpt-5.5"}"#));
        assert_eq!(answer.status, 400, "{query}: {answer:?}");
    }
    fixture.assert_nothing_arrived("query");
}

#[test]
fn unlisted_operation_is_refused() {
    let body = br#"{"model":"gpt-5.5"}"#;
    let fixture = fixture!("force", &[]);
    for target in [
        "/v1/unheard-of",
        "/v1/responses/",
        "/v1//responses",
        "/v1/%72esponses",
        "/v1/x/../responses",
        "/",
    ] {
        let answer = fixture.client().call(&post(target, "", body));
        assert_eq!(answer.status, 404, "{target}: {answer:?}");
        assert!(!answer.error("message").is_empty(), "{target}");
    }
    fixture.assert_nothing_arrived("unlisted");
}

#[test]
fn unknown_content_type_is_refused() {
    let body = "--b\r\ncontent-disposition: form-data; name=\"model\"\r\n\r\nother\r\n--b--\r\n";
    let head = format!(
        "POST /v1/responses HTTP/1.1\r\nhost: x\r\ncontent-type: multipart/form-data; boundary=b\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let fixture = fixture!("force", &[]);
    assert_eq!(fixture.client().call(head.as_bytes()).status, 415);
    fixture.assert_nothing_arrived("multipart");
}

#[test]
fn websocket_that_the_provider_refuses_is_answered_426() {
    for mode in ["force", "reject"] {
        let fixture = fixture!(mode, &[]);
        let answer = fixture.client().call(
            b"GET /v1/responses HTTP/1.1\r\nhost: x\r\nupgrade: websocket\r\nconnection: Upgrade\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
        );
        // On this answer codex goes on over HTTP at once.
        assert_eq!(answer.status, 426, "{mode}");
    }
}

#[test]
fn upgrade_to_another_protocol_is_refused() {
    let fixture = fixture!("force", &[]);
    for (target, to) in [
        ("/v1/responses", "h2c"),
        ("/v1/models", "websocket"),
        ("/v1/x", "websocket"),
    ] {
        let ask = format!(
            "GET {target} HTTP/1.1\r\nhost: x\r\nupgrade: {to}\r\nconnection: Upgrade\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        );
        let answer = fixture.client().call(ask.as_bytes());
        assert!(
            (400..500).contains(&answer.status),
            "{target} {to}: {answer:?}"
        );
    }
    fixture.assert_nothing_arrived("upgrade");
}

#[test]
fn body_over_the_limit_by_length_is_refused_unread() {
    let fixture = fixture!("force", &["--max-body", "64KiB"]);
    let mut client = fixture.client();
    client.send(b"POST /v1/responses HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 1000000000\r\n\r\n{");
    let answer = client.response();
    assert_eq!(answer.status, 413, "{answer:?}");
    assert_eq!(answer.error("type"), "invalid_request_error");
    assert_eq!(client.rest(), b"", "the connection ends");
    fixture.assert_nothing_arrived("too large");
}

#[test]
fn chunked_body_over_the_limit_is_refused() {
    let fixture = fixture!("force", &["--max-body", "64KiB"]);
    let mut client = fixture.client();
    client.send(b"POST /v1/responses HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n");
    // The proxy may have answered and gone before all of it is written.
    let written = client.try_send(&fake_provider::chunk(&vec![b' '; 128 << 10]));
    assert!(written.is_ok() || written.is_err());
    assert_eq!(client.response().status, 413);
    assert_eq!(client.rest(), b"", "the connection ends");
    fixture.assert_nothing_arrived("too large");
}

#[test]
fn incomplete_body_times_out() {
    let fixture = fixture!("force", &["--body-timeout", "300ms"]);
    let mut client = fixture.client();
    let request = post("/v1/responses", "", br#"{"model":"gpt-5.5"}"#);
    client.send(&request[..request.len() - 5]);
    let answer = client.response();
    assert_eq!(answer.status, 408, "{answer:?}");
    assert_eq!(client.rest(), b"", "the connection ends");
    fixture.assert_nothing_arrived("half sent");
}

#[test]
fn incomplete_head_times_out() {
    let fixture = fixture!("force", &["--header-timeout", "300ms"]);
    let mut client = fixture.client();
    let began = Instant::now();
    client.send(b"POST /v1/responses HTTP/1.1\r\nhost: x\r\n");
    let answer = client.response();
    assert_eq!(answer.status, 408, "{answer:?}");
    assert_eq!(answer.error("code"), "request_timeout");
    assert_eq!(client.rest(), b"", "the connection ends");
    assert!(began.elapsed() < Duration::from_secs(10));
    fixture.assert_nothing_arrived("half a head");
}

#[test]
fn head_over_the_limit_is_refused() {
    let fixture = fixture!("force", &["--max-header-bytes", "8KiB"]);
    let mut client = fixture.client();
    let head = format!(
        "GET /v1/models HTTP/1.1\r\nhost: x\r\nx-filler: {}\r\n\r\n",
        "x".repeat(16 << 10)
    );
    client.send(head.as_bytes());
    let rest = String::from_utf8(client.rest()).unwrap();
    assert!(
        rest.starts_with("HTTP/1.1 413 ") || rest.is_empty(),
        "{rest}"
    );
    fixture.assert_nothing_arrived("head");
}

#[test]
fn connection_after_a_refusal_serves_the_next_request() {
    let fixture = fixture!("reject", &[]);
    let mut client = fixture.client();
    assert_eq!(
        client
            .call(&post("/v1/responses", "", br#"{"model":"other"}"#))
            .status,
        400
    );
    assert_eq!(
        client
            .call(&post("/v1/responses", "", br#"{"model":"gpt-5.5"}"#))
            .status,
        200
    );
    assert_eq!(fixture.arrived(), br#"{"model":"gpt-5.5"}"#);
}

#[test]
fn unreachable_upstream_is_a_502() {
    let fixture = fixture!("force");
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let gone = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let mut proxy = fixture.start_proxy_before(&gone, &[], &[]);
    let answer = HttpClient::connect(proxy.address()).call(&post(
        "/v1/responses",
        "",
        br#"{"model":"other"}"#,
    ));
    assert_eq!(answer.status, 502, "{answer:?}");
    assert!(Json::parse(&answer.body).unwrap().get("error").is_some());
    assert!(!answer.error("message").is_empty());
    let reason = proxy
        .daemon()
        .wait_for(|line| line.to_lowercase().contains("refused"), crate::SOON);
    assert!(
        reason.is_some(),
        "the reason is in the log: {:?}",
        proxy.daemon().lines()
    );
}

/// The clients of AWS read the kind of an error from a header and its text from `message`.
#[test]
fn bedrock_refusal_has_the_shape_of_aws() {
    let fixture = fixture!("reject", &["--dialect", "bedrock"]);
    let requested = post("/model/other/converse", "", br#"{"messages":[]}"#);
    let answer = fixture.client().call(&requested);
    assert_eq!(answer.status, 400, "{answer:?}");
    let kind = ("x-amzn-errortype".into(), "ValidationException".into());
    assert!(answer.fields.contains(&kind), "{answer:?}");
    let reply = Json::parse(&answer.body).unwrap();
    let message = reply.text_at(&["message"]).unwrap();
    assert!(
        message.starts_with("model `other` is not permitted here"),
        "{message}"
    );
    fixture.assert_nothing_arrived("bedrock");
}
