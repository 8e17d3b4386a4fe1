//! The numbers of a known run, exact at both ends: as Prometheus text and at the `StatsD` daemon.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::mpsc;
use std::time::Instant;

use fake_provider::fixture::Fixture;
use fake_provider::http_client::{HttpClient, post};
use fake_provider::{Declare, Reply, fixture};

use crate::SOON;

/// A model's name that would forge a tag, a line or a label, were it in one.
const FORGED: &str = "x\\\"} 1\\nevil_total 7\\n|#a:b";

fn with_admin_port() -> (Fixture, SocketAddr) {
    let fixture = fixture!("force", &["--admin", "127.0.0.1:0"]);
    let admin = fixture.proxy().admin().unwrap();
    (fixture, admin)
}

/// The page, by series.
fn page(admin: SocketAddr) -> BTreeMap<String, f64> {
    let mut client = HttpClient::connect(admin);
    let answer = client.call(b"GET /metrics HTTP/1.1\r\nhost: a\r\n\r\n");
    assert_eq!(answer.status, 200);
    let kind = answer.field("content-type").unwrap();
    assert!(kind.starts_with("text/plain; version=0.0.4"), "{kind}");
    let text = String::from_utf8(answer.body).unwrap();
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let series = lines.map(|line| {
        let (name, value) = line.rsplit_once(' ').unwrap();
        (name.to_owned(), value.parse().unwrap())
    });
    series.collect()
}

/// The page once nothing is carried any more: an answer has arrived a moment before it has ended.
fn settled(admin: SocketAddr) -> BTreeMap<String, f64> {
    let deadline = Instant::now() + SOON;
    loop {
        let output = page(admin);
        if output["model_lock_in_flight"] < 0.5 {
            return output;
        }
        assert!(Instant::now() < deadline, "still in flight");
    }
}

const EXACT: &[u8] = br#"{"model":"gpt-5.5"}"#;
const OTHER: &[u8] = br#"{"model":"other"}"#;

/// What two hundred rounds come to, as Prometheus text and as `StatsD` sends it.
const WANTED: [(&str, &str, u64); 8] = [
    (
        "model_lock_requests_total{mode=\"force\",surface=\"http\",model_match=\"exact\"}",
        "model_lock.requests:|#mode:force,surface:http,model_match:exact",
        400,
    ),
    (
        "model_lock_requests_total{mode=\"force\",surface=\"http\",model_match=\"other\"}",
        "model_lock.requests:|#mode:force,surface:http,model_match:other",
        400,
    ),
    (
        "model_lock_override_attempts_total{mode=\"force\",result=\"forced\",surface=\"http\",source=\"user\",capability=\"generation\"}",
        "model_lock.override_attempts:|#mode:force,result:forced,surface:http,source:user,capability:generation",
        200,
    ),
    (
        "model_lock_override_attempts_total{mode=\"force\",result=\"forced\",surface=\"http\",source=\"subagent\",capability=\"generation\"}",
        "model_lock.override_attempts:|#mode:force,result:forced,surface:http,source:subagent,capability:generation",
        200,
    ),
    (
        "model_lock_undecidable_total{reason=\"not_json\",surface=\"http\"}",
        "model_lock.undecidable:|#reason:not_json,surface:http",
        200,
    ),
    (
        "model_lock_served_total{result=\"variant\",surface=\"http\"}",
        "model_lock.served:|#result:variant,surface:http",
        800,
    ),
    (
        "model_lock_served_total{result=\"mismatch\",surface=\"http\"}",
        "model_lock.served:|#result:mismatch,surface:http",
        0,
    ),
    (
        "model_lock_overhead_seconds_bucket{le=\"+Inf\"}",
        "model_lock.overhead_seconds_bucket:|#le:+Inf",
        800,
    ),
];

#[test]
fn counters_after_a_thousand_mixed_calls_are_exact() {
    let (mut fixture, admin) = with_admin_port();
    let forged = format!(r#"{{"model":"{FORGED}"}}"#);
    call(&fixture, forged.as_bytes());
    let output = settled(admin);
    for (series, _, want) in WANTED {
        let have = output.get(series).map(ToString::to_string);
        assert_eq!(have, Some(want.to_string()), "{series} {output:#?}");
    }
    let sent = 200 * (2 * EXACT.len() + forged.len() + 2 + OTHER.len());
    let bytes = output["model_lock_content_bytes_total{direction=\"request\"}"];
    assert_eq!(bytes.to_string(), sent.to_string());
    assert!(
        output.keys().all(|series| !series.contains("evil")),
        "{output:#?}"
    );
    // The daemon was sent the same, in portions.
    fixture.proxy_mut().daemon().signal("TERM").unwrap();
    fixture.proxy_mut().daemon().wait(SOON).unwrap();
    for (_, series, want) in WANTED {
        let sum = || counted(&fixture.statsd.lines(), series);
        let deadline = Instant::now() + SOON;
        while sum() < want && Instant::now() < deadline {
            std::thread::yield_now();
        }
        assert_eq!(sum(), want, "{series} {:#?}", fixture.statsd.lines());
    }
    let lines = fixture.statsd.lines();
    assert!(
        lines.iter().all(|line| !line.contains("evil")),
        "{lines:#?}"
    );
}

/// Two hundred rounds of five calls.
fn call(fixture: &Fixture, forged: &[u8]) {
    let snapshot = Declare::Content("gpt-5.5-2026-04-01".to_owned());
    fixture.provider.declare(snapshot);
    let mut client = fixture.client();
    for _ in 0..200 {
        for (path, fields, body, status) in [
            ("/v1/responses", "", EXACT, 200),
            ("/v1/chat/completions", "", EXACT, 200),
            ("/v1/responses", "", forged, 200),
            ("/v1/responses", "", &b"[]"[..], 400),
            ("/v1/responses", "x-openai-subagent: review\r\n", OTHER, 200),
        ] {
            assert_eq!(client.call(&post(path, fields, body)).status, status);
        }
    }
}

/// What the lines of one series add up to.
fn counted(lines: &[String], series: &str) -> u64 {
    let (name, tags) = series.split_once(":|").unwrap();
    let own = lines.iter().filter_map(|line| {
        let (have, rest) = line.split_once(':')?;
        let (count, have_tags) = rest.split_once("|c|")?;
        (have == name && have_tags == tags).then(|| count.parse::<u64>().unwrap())
    });
    own.sum()
}

#[test]
fn stream_counts_as_in_flight_until_it_ends() {
    let (fixture, admin) = with_admin_port();
    let (events, stream) = mpsc::channel();
    fixture.provider.queue(vec![Reply::stream(stream)]);
    let mut client = fixture.client();
    client.send(&post(
        "/v1/responses",
        "",
        br#"{"model":"gpt-5.5","stream":true}"#,
    ));
    assert_eq!(client.head().0, 200);
    events.send(b"data: 12345\n\n".to_vec()).unwrap();
    client.chunk();
    let output = page(admin);
    assert_eq!(output["model_lock_in_flight"].to_string(), "1");
    let passed = output["model_lock_content_bytes_total{direction=\"answer\"}"];
    assert_eq!(passed.to_string(), "13");
    drop(events);
    assert_eq!(client.chunk(), b"");
    settled(admin);
}
