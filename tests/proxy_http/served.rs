//! Who served an answer: read as it passes, counted, told in a receipt, ended where the policy says so.

use std::sync::mpsc;

use fake_provider::fixture::Fixture;
use fake_provider::http_client::post;
use fake_provider::{Reply, Step, fixture};

use crate::{PIN, SOON};

const ASK: &[u8] = br#"{"model":"gpt-5.5"}"#;
const STREAM: &[u8] = br#"{"model":"gpt-5.5","stream":true}"#;

/// Returns a fixture whose proxy has a policy file.
fn with_policy(mode: &str, policy: &str) -> Fixture {
    let dialects = ["--dialect", "openai,anthropic"];
    fixture!(mode).with_policy(policy).with_proxy(&dialects)
}

fn answer(fields: &[(&str, &str)], kind: &str, body: &[u8]) -> Reply {
    let lines = fields
        .iter()
        .map(|(name, value)| format!("{name}: {value}\r\n"));
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\n{}content-length: {}\r\n\r\n",
        lines.collect::<String>(),
        body.len()
    );
    Reply::raw([head.as_bytes(), body].concat())
}

/// Waits for the log line of a served model with these words.
fn wait_for_served(fixture: &Fixture, words: &[&str]) -> String {
    fixture.wait_for_log(&[&[r#""event":"served""#], words].concat())
}

fn wait_for_count(fixture: &Fixture, result: &str) {
    let tag = format!("result:{result},");
    let fits = |line: &str| line.contains("served:") && line.contains(&tag);
    let line = fixture.statsd.wait_for(fits, SOON);
    assert!(line.is_some(), "{result} {:#?}", fixture.statsd.lines());
}

#[test]
fn response_of_each_kind_is_reported_once_with_its_served_model() {
    let mut fixture = with_policy("force", "");
    let json = "application/json";
    let report: [(&str, Reply); 5] = [
        ("match", answer(&[], json, br#"{"model":"gpt-5.5"}"#)),
        (
            "variant",
            answer(&[], json, br#"{"model":"gpt-5.5-2026-04-01"}"#),
        ),
        (
            "mismatch",
            answer(&[], json, br#"{"model":"gpt-5.5-mini"}"#),
        ),
        ("undeclared", answer(&[], json, br#"{"id":"r"}"#)),
        (
            "mismatch",
            answer(&[("x-openai-model", "q")], "text/plain", b"hi"),
        ),
    ];
    let mut wanted = Vec::new();
    for (result, reply) in report {
        fixture.provider.queue(vec![reply]);
        assert_eq!(fixture.post(ASK).status, 200);
        wanted.push(result);
        wait_for_served(&fixture, &[&format!(r#""result":"{result}""#)]);
        wait_for_count(&fixture, result);
    }
    // A request that was refused was sent to nobody.
    assert_eq!(fixture.post(b"[]").status, 400);
    fixture.proxy_mut().daemon().signal("TERM").unwrap();
    fixture.proxy_mut().daemon().wait(SOON).unwrap();
    let lines = fixture.proxy_mut().daemon().lines();
    let receipts = lines
        .iter()
        .filter(|line| line.contains(r#""event":"served""#));
    assert_eq!(receipts.count(), wanted.len());
}

#[test]
fn error_response_reports_no_served_model() {
    let fixture = with_policy("force", "on_served_mismatch = 'fail'");
    let text = br#"{"error":{"message":"no"},"model":"q"}"#;
    let head = "HTTP/1.1 404 Not Found\r\ncontent-type: application/json\r\nopenai-model: q\r\n";
    let framing = format!("content-length: {}\r\n\r\n", text.len());
    let reply = [head.as_bytes(), framing.as_bytes(), text].concat();
    fixture.provider.queue(vec![Reply::raw(reply)]);
    let got = fixture.post(ASK);
    assert_eq!((got.status, got.body.as_slice()), (404, &text[..]));
    wait_for_served(&fixture, &[r#""result":"undeclared""#, r#""status":404"#]);
}

#[test]
fn served_mismatch_with_fail_forwards_nothing_of_the_response() {
    let fixture = with_policy("force", "on_served_mismatch = 'fail'");
    for (fields, body) in [
        (vec![], &br#"{"model":"q","output":"secret"}"#[..]),
        (
            vec![("openai-model", "q")],
            br#"{"model":"gpt-5.5","output":"secret"}"#,
        ),
    ] {
        fixture
            .provider
            .queue(vec![answer(&fields, "application/json", body)]);
        let got = fixture.post(ASK);
        assert_eq!(
            (got.status, got.error("code").as_str()),
            (502, "model_mismatch")
        );
        assert_eq!(got.field("x-should-retry"), Some("false"));
        assert!(!String::from_utf8_lossy(&got.body).contains("secret"));
    }
    wait_for_served(&fixture, &[r#""result":"mismatch""#, r#""failed":true"#]);
    // And what was served as it was sent comes through as it came.
    let body = br#"{"model":"gpt-5.5-20260401","output":"x"}"#;
    fixture
        .provider
        .queue(vec![answer(&[], "application/json", body)]);
    let got = fixture.post(ASK);
    assert_eq!((got.status, got.body.as_slice()), (200, &body[..]));
}

#[test]
fn served_mismatch_with_fail_ends_a_stream_in_the_shape_of_its_api() {
    let fixture = with_policy("force", "on_served_mismatch = 'fail'");
    let cases = [
        (
            "/v1/responses",
            "data: {\"type\":\"response.completed\",\"response\":{\"model\":\"q\"}}\n\n",
            "event: response.failed\ndata: {\"type\":\"response.failed\",",
        ),
        (
            "/v1/chat/completions",
            "data: {\"model\":\"q\",\"choices\":[]}\n\n",
            "data: {\"error\":{\"message\":\"another model was served: `q`",
        ),
        (
            "/v1/messages",
            "data: {\"type\":\"message_start\",\"message\":{\"model\":\"q\"}}\n\n",
            "event: error\ndata: {\"type\":\"error\",\"error\":{",
        ),
    ];
    for (path, event, error) in cases {
        let (events, stream) = mpsc::channel();
        fixture.provider.queue(vec![Reply::stream(stream)]);
        let mut client = fixture.client();
        let ask = br#"{"model":"gpt-5.5","stream":true,"messages":[],"max_tokens":1}"#;
        client.send(&post(path, "", ask));
        assert_eq!(client.head().0, 200, "{path}");
        events.send(b"data: first\n\n".to_vec()).unwrap();
        assert_eq!(client.chunk(), b"data: first\n\n", "{path}");
        events.send(event.as_bytes().to_vec()).unwrap();
        let last = String::from_utf8(client.chunk()).unwrap();
        assert!(
            last.starts_with(error) && last.ends_with("}\n\n"),
            "{path} {last}"
        );
        assert_eq!(client.chunk(), b"", "{path}");
        // The provider is left: nobody pays for the rest.
        let left = std::time::Instant::now();
        while events.send(b"data: more\n\n".to_vec()).is_ok() {
            assert!(left.elapsed() < SOON, "{path}: the provider goes on");
            std::thread::yield_now();
        }
    }
}

/// A stream whose events are cut anywhere is passed byte by byte, as it comes, and read all the same.
#[test]
fn stream_is_not_delayed_by_reading_the_served_model() {
    let fixture = with_policy("force", "");
    let (events, stream) = mpsc::channel();
    fixture.provider.queue(vec![Reply::stream(stream)]);
    let mut client = fixture.client();
    client.send(&post("/v1/responses", "", STREAM));
    assert_eq!(client.head().0, 200);
    let event = b"data: {\"type\":\"response.created\",\"response\":{\"model\":\"q\"}}\n\n";
    for byte in event {
        events.send(vec![*byte]).unwrap();
        assert_eq!(client.chunk(), [*byte]);
    }
    drop(events);
    assert_eq!(client.chunk(), b"");
    wait_for_served(
        &fixture,
        &[r#""result":"mismatch""#, r#""served_model":"q""#],
    );
}

/// An event that is too long to be read is passed on; what follows is read again.
#[test]
fn event_over_the_limit_is_forwarded_unread() {
    for policy in ["", "on_served_mismatch = 'fail'"] {
        let fixture = with_policy("force", policy);
        let long = [
            b"data: {\"model\":\"q\",\"x\":\"".to_vec(),
            vec![b'x'; 20 << 20],
            b"\"}\n\n".to_vec(),
        ]
        .concat();
        let rest = b"data: {\"model\":\"gpt-5.5-2026-04-01\"}\n\n";
        let body = [&long[..], rest].concat();
        fixture
            .provider
            .queue(vec![answer(&[], "text/event-stream", &body)]);
        let got = fixture.post(STREAM);
        assert_eq!(got.status, 200);
        assert!(got.body == body, "{policy}: {} bytes", got.body.len());
        wait_for_served(&fixture, &[r#""result":"variant""#]);
    }
}

/// A client that leaves in the middle leaves a receipt too.
#[test]
fn interrupted_response_is_reported_too() {
    let fixture = with_policy("force", "");
    let (events, stream) = mpsc::channel();
    let (go, wait) = mpsc::channel();
    let Reply::Steps(mut steps) = Reply::stream(stream) else {
        panic!("steps")
    };
    steps.insert(0, Step::Wait(wait));
    fixture.provider.queue(vec![Reply::Steps(steps)]);
    let mut client = fixture.client();
    client.send(&post("/v1/responses", "", STREAM));
    go.send(()).unwrap();
    assert_eq!(client.head().0, 200);
    events
        .send(format!("data: {{\"model\":\"{PIN}\"}}\n\n").into_bytes())
        .unwrap();
    client.chunk();
    drop(client);
    wait_for_served(&fixture, &[r#""result":"match""#]);
}
