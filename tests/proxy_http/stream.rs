//! Event streams: each event as it comes, and both directions end when either side goes.

use std::sync::mpsc;
use std::time::{Duration, Instant};

use fake_provider::http_client::post;
use fake_provider::{Reply, Step, fixture};

use crate::SOON;

const ASK: &[u8] = br#"{"model":"gpt-5.5","stream":true}"#;

#[test]
fn stream_event_arrives_before_the_next_is_sent() {
    let fixture = fixture!("reject", &[]);
    let (events, stream) = mpsc::channel();
    fixture.provider.queue(vec![Reply::stream(stream)]);
    let mut client = fixture.client();
    client.send(&post("/v1/responses", "", ASK));
    let (status, fields) = client.head();
    assert_eq!(status, 200);
    assert!(fields.contains(&("content-type".into(), "text/event-stream".into())));
    for number in 0..50 {
        let event = format!("event: e\ndata: {number}\n\n").into_bytes();
        events.send(event.clone()).unwrap();
        assert_eq!(client.chunk(), event);
    }
    drop(events);
    assert_eq!(client.chunk(), b"");
}

#[test]
fn response_head_is_forwarded_before_the_first_event() {
    let fixture = fixture!("reject", &[]);
    let (events, stream) = mpsc::channel::<Vec<u8>>();
    fixture.provider.queue(vec![Reply::stream(stream)]);
    let mut client = fixture.client();
    client.send(&post("/v1/responses", "", ASK));
    assert_eq!(client.head().0, 200);
    drop(events);
    assert_eq!(client.chunk(), b"");
}

#[test]
fn event_in_several_writes_is_forwarded_whole() {
    let fixture = fixture!("force", &[]);
    let (events, stream) = mpsc::channel();
    fixture.provider.queue(vec![Reply::stream(stream)]);
    let mut client = fixture.client();
    client.send(&post("/v1/responses", "", ASK));
    assert_eq!(client.head().0, 200);
    let whole = b"data: {\"type\":\"x\",\"text\":\"\xf0\x9f\x98\x80\"}\r\n\r\ndata: 2\n\n";
    for byte in whole {
        events.send(vec![*byte]).unwrap();
    }
    drop(events);
    let mut all = Vec::new();
    loop {
        match client.chunk().as_slice() {
            [] => break,
            piece => all.extend_from_slice(piece),
        }
    }
    assert_eq!(all, whole);
}

#[test]
fn client_that_leaves_a_stream_ends_the_upstream_call() {
    let fixture = fixture!("force", &[]);
    let (events, stream) = mpsc::channel();
    fixture.provider.queue(vec![Reply::stream(stream)]);
    let mut client = fixture.client();
    client.send(&post("/v1/responses", "", ASK));
    assert_eq!(client.head().0, 200);
    events.send(b"data: 1\n\n".to_vec()).unwrap();
    client.chunk();
    let left = Instant::now();
    drop(client);
    assert!(
        fixture
            .provider
            .record()
            .wait_for_connection(|connection| connection.closed, SOON)
    );
    assert!(
        left.elapsed() < Duration::from_secs(1),
        "{:?}",
        left.elapsed()
    );
}

#[test]
fn client_that_leaves_before_the_response_ends_the_upstream_call() {
    let fixture = fixture!("force", &[]);
    let (_word, wait) = mpsc::channel();
    fixture
        .provider
        .queue(vec![Reply::Steps(vec![Step::Wait(wait)])]);
    let mut client = fixture.client();
    client.send(&post("/v1/responses", "", ASK));
    fixture.provider.wait_for(1, SOON).unwrap();
    let left = Instant::now();
    drop(client);
    assert!(
        fixture
            .provider
            .record()
            .wait_for_connection(|connection| connection.closed, SOON)
    );
    assert!(
        left.elapsed() < Duration::from_secs(1),
        "{:?}",
        left.elapsed()
    );
}

#[test]
fn upstream_that_dies_in_a_stream_ends_the_client_connection() {
    let fixture = fixture!("force", &[]);
    let head =
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
    let start = [head.as_bytes(), &fake_provider::chunk(b"data: 1\n\n")].concat();
    let (word, wait) = mpsc::channel();
    let steps = vec![Step::Send(start), Step::Wait(wait), Step::Close];
    fixture.provider.queue(vec![Reply::Steps(steps)]);
    let mut client = fixture.client();
    client.send(&post("/v1/responses", "", ASK));
    assert_eq!(client.head().0, 200);
    assert_eq!(client.chunk(), b"data: 1\n\n");
    word.send(()).unwrap();
    assert_eq!(
        client.rest(),
        b"",
        "no last chunk: the client sees that it was cut off"
    );
}

#[test]
fn upstream_that_closes_before_the_response_is_a_502() {
    let fixture = fixture!("force", &[]);
    fixture
        .provider
        .queue(vec![Reply::Steps(vec![Step::Close])]);
    assert_eq!(fixture.post(ASK).status, 502);
    assert_eq!(
        fixture.provider.requests().len(),
        1,
        "a generation is never sent twice"
    );
}

#[test]
fn upstream_that_sends_no_http_is_a_502() {
    let fixture = fixture!("force", &[]);
    fixture.provider.queue(vec![Reply::Steps(vec![
        Step::Send(b"SSH-2.0-nope\r\n\r\n".to_vec()),
        Step::Close,
    ])]);
    assert_eq!(fixture.post(ASK).status, 502);
}

#[test]
fn error_of_the_provider_is_forwarded() {
    for status in [400, 401, 429, 500, 503] {
        let fixture = fixture!("force", &[]);
        let body =
            r#"{"error":{"message":"from the provider","type":"x","param":null,"code":"y"}}"#;
        fixture.provider.queue(vec![Reply::json(status, body)]);
        let answer = fixture.post(ASK);
        assert_eq!(
            (answer.status, answer.body.as_slice()),
            (status, body.as_bytes())
        );
    }
}
