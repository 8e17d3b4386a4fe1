//! An approved request arrives byte for byte; a forced one differs in the model's value alone.

use fake_provider::fixture::Proxy;
use fake_provider::{FakeProvider, Statsd};
use sha2::{Digest as _, Sha256};

use crate::{Bench, PIN, SOON, lock};
use fake_provider::client::{Client, post};

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
        let bench = Bench::new(mode);
        let answer = bench.post(&body);
        assert_eq!(answer.status, 200, "{mode}: {answer:?}");
        assert_eq!(digest(&bench.arrived()), digest(&body), "{mode}");
    }
}

#[test]
fn approved_chunked_body_is_forwarded_unchanged() {
    let body = mebibyte(PIN);
    let bench = Bench::new("reject");
    let mut client = bench.client();
    client.send(b"POST /v1/responses HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n");
    for piece in body.chunks(10_000) {
        client.send(&fake_provider::chunk(piece));
    }
    client.send(b"0\r\n\r\n");
    assert_eq!(client.answer().status, 200);
    assert_eq!(digest(&bench.arrived()), digest(&body));
}

#[test]
fn forced_body_differs_only_in_the_model_value() {
    let bench = Bench::new("force");
    let answer = bench.post(&mebibyte("some-other/model"));
    assert_eq!(answer.status, 200);
    let arrived = bench.arrived();
    assert_eq!(digest(&arrived), digest(&mebibyte(PIN)));
    let request = bench.provider.requests().remove(0);
    assert_eq!(
        request.field("content-length"),
        Some(arrived.len().to_string().as_str())
    );
    assert_eq!(request.field("transfer-encoding"), None);
}

#[test]
fn escaped_model_name_is_decoded_and_an_approved_one_unchanged() {
    let body = br#"{"model":"gpt\u002d5.5"}"#;
    let bench = Bench::new("reject");
    assert_eq!(bench.post(body).status, 200);
    assert_eq!(bench.arrived(), body);
}

#[test]
fn force_without_model_inserts_the_approved_model() {
    for body in [
        br#"{"input":"hi"}"#.as_slice(),
        br#"{"model":null,"input":"hi"}"#,
        b"{}",
    ] {
        let bench = Bench::new("force");
        assert_eq!(bench.post(body).status, 200);
        assert_eq!(bench.provider.requests()[0].model().as_deref(), Some(PIN));
        let arrived = String::from_utf8(bench.arrived()).unwrap();
        assert!(
            body.len() < 5 || arrived.contains(r#""input":"hi""#),
            "{arrived}"
        );
    }
}

#[test]
fn target_and_headers_are_forwarded_unchanged() {
    let bench = Bench::new("reject");
    let body = format!(r#"{{"model":"{PIN}"}}"#);
    let fields =
        "authorization: Bearer sk-secret\r\nopenai-organization: org-1\r\nuser-agent: probe/1\r\n";
    let target = "/v1/responses";
    assert_eq!(
        bench
            .client()
            .call(&post(target, fields, body.as_bytes()))
            .status,
        200
    );
    let request = bench.provider.requests().remove(0);
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
        Some(bench.provider.address().to_string().as_str())
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
        let bench = Bench::new("force");
        let answer =
            bench
                .client()
                .call(&post(&format!("/v1/{path}"), "", br#"{"model":"other"}"#));
        assert_eq!(answer.status, 200, "{path}");
        assert_eq!(bench.arrived(), br#"{"model":"gpt-5.5"}"#, "{path}");
    }
}

#[test]
fn log_holds_no_secret() {
    let mut bench = Bench::new("force");
    let body = br#"{"model":"other","input":"my-prompt"}"#;
    let fields = "authorization: Bearer sk-secret\r\ncookie: c=crumb\r\n";
    assert_eq!(
        bench
            .client()
            .call(&post("/v1/responses", fields, body))
            .status,
        200
    );
    assert_eq!(
        bench
            .client()
            .call(&post("/v1/responses?key=in-query", fields, body))
            .status,
        400
    );
    for event in [r#""event":"attempt""#, r#""event":"undecidable""#] {
        let told = bench
            .proxy
            .daemon()
            .wait_for(|line| line.contains(event), SOON);
        assert!(
            told.is_some(),
            "{event} is logged: {:?}",
            bench.proxy.daemon().lines()
        );
    }
    let log = bench.proxy.daemon().lines().join("\n");
    for secret in ["sk-secret", "crumb", "my-prompt", "in-query"] {
        assert!(!log.contains(secret), "{log}");
    }
}

/// As the clients of AWS write a model's name.
#[test]
fn escaped_colon_in_the_model_name_is_forwarded_unchanged() {
    for (mode, asked, arrives) in [
        ("reject", "claude-v2%3A0", "claude-v2%3A0"),
        ("force", "claude-v2%3a0", "claude-v2%3a0"),
        ("force", "claude-v3%3A0", "claude-v2:0"),
    ] {
        let (provider, statsd) = (FakeProvider::start().unwrap(), Statsd::start().unwrap());
        let mut lock = lock(mode, &statsd);
        lock.model = "claude-v2:0".into();
        let proxy = Proxy::start(&lock, &provider.url(), &["--dialect", "bedrock"]).unwrap();
        let target = |model: &str| format!("/model/{model}/converse");
        Client::connect(proxy.address()).call(&post(&target(asked), "", br#"{"messages":[]}"#));
        let requests = provider.wait_for(1, SOON).unwrap();
        assert_eq!(requests[0].target, target(arrives), "{mode} {asked}");
    }
}
