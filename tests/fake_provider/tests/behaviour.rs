//! The stand-in can be trusted: it records what came, answers as told, and ends.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::sync::mpsc;
use std::time::Duration;

use fake_provider::{Declare, FakeProvider, Reply, Step, websocket};

const SOON: Duration = Duration::from_secs(10);

fn post(path: &str, body: &str) -> Vec<u8> {
    format!(
        "POST {path} HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

fn connect(provider: &FakeProvider) -> TcpStream {
    let socket = TcpStream::connect(provider.address()).unwrap();
    socket.set_read_timeout(Some(SOON)).unwrap();
    socket
}

fn head(reader: &mut impl std::io::BufRead) -> String {
    let mut text = String::new();
    while !text.ends_with("\r\n\r\n") {
        assert_ne!(reader.read_line(&mut text).unwrap(), 0, "{text}");
    }
    text
}

#[test]
fn received_bytes_are_recorded() {
    let provider = FakeProvider::start().unwrap();
    let mut socket = connect(&provider);
    let sent = post("/v1/responses?x=1", r#"{"model":"gpt-5.5"}"#);
    for byte in &sent {
        socket.write_all(std::slice::from_ref(byte)).unwrap();
    }
    let requests = provider.wait_for(1, SOON).unwrap();
    assert_eq!(provider.connections()[0].bytes, sent);
    assert_eq!(provider.bytes_received(), sent.len());
    assert_eq!(
        (requests[0].path(), requests[0].model()),
        ("/v1/responses", Some("gpt-5.5".into()))
    );
}

#[test]
fn responses_have_the_shape_of_the_provider() {
    let provider = FakeProvider::start().unwrap();
    provider.declare(Declare::Arrived);
    let mut socket = connect(&provider);
    socket
        .write_all(&post("/v1/responses", r#"{"model":"m","stream":true}"#))
        .unwrap();
    let mut reader = BufReader::new(socket);
    assert!(head(&mut reader).contains("openai-model: m\r\n"));
    let mut events = String::new();
    while !events.ends_with("\r\n0\r\n\r\n") {
        assert_ne!(reader.read_line(&mut events).unwrap(), 0);
    }
    for event in [
        "response.created",
        "response.output_item.done",
        "The provider ran m.",
        "response.completed",
    ] {
        assert!(events.contains(event), "{event} in {events}");
    }
}

#[test]
fn stream_advances_when_the_test_says_so() {
    let provider = FakeProvider::start().unwrap();
    let (events, stream) = mpsc::channel();
    provider.queue(vec![Reply::stream(stream)]);
    let mut socket = connect(&provider);
    socket.write_all(&post("/v1/responses", "{}")).unwrap();
    let mut reader = BufReader::new(socket);
    head(&mut reader);
    for event in ["data: 1\n\n", "data: 2\n\n"] {
        events.send(event.into()).unwrap();
        let mut got = vec![0; fake_provider::chunk(event.as_bytes()).len()];
        reader.read_exact(&mut got).unwrap();
        assert_eq!(got, fake_provider::chunk(event.as_bytes()));
    }
    drop(events);
    let mut end = [0; 5];
    reader.read_exact(&mut end).unwrap();
    assert_eq!(&end, b"0\r\n\r\n");
}

#[test]
fn steps_wait_and_close_the_connection() {
    let provider = FakeProvider::start().unwrap();
    let (word, wait) = mpsc::channel();
    let steps = vec![
        Step::Send(b"HTTP/1.1".to_vec()),
        Step::Wait(wait),
        Step::Send(b" 200".to_vec()),
        Step::Close,
    ];
    provider.queue(vec![Reply::Steps(steps)]);
    let mut socket = connect(&provider);
    socket.write_all(&post("/v1/responses", "{}")).unwrap();
    let mut first = [0; 8];
    socket.read_exact(&mut first).unwrap();
    word.send(()).unwrap();
    let mut rest = String::new();
    socket.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, " 200");
}

#[test]
fn peer_that_leaves_during_a_response_is_noticed() {
    let provider = FakeProvider::start().unwrap();
    let (_events, stream) = mpsc::channel();
    provider.queue(vec![Reply::stream(stream)]);
    let mut socket = connect(&provider);
    socket.write_all(&post("/v1/responses", "{}")).unwrap();
    assert!(provider.wait_for(1, SOON).is_some());
    assert!(!provider.connections()[0].closed);
    drop(socket);
    assert!(
        provider
            .record()
            .wait_for_connection(|connection| connection.closed, SOON)
    );
}

#[test]
fn websocket_is_accepted_only_when_enabled() {
    let provider = FakeProvider::start().unwrap();
    let ask = "GET /v1/responses HTTP/1.1\r\nhost: x\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    let mut socket = connect(&provider);
    socket.write_all(ask.as_bytes()).unwrap();
    assert!(head(&mut BufReader::new(socket)).starts_with("HTTP/1.1 426 "));

    provider.take_websockets(true);
    let mut socket = connect(&provider);
    socket.write_all(ask.as_bytes()).unwrap();
    let mut reader = BufReader::new(socket.try_clone().unwrap());
    assert!(head(&mut reader).contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
    socket
        .write_all(&websocket::frame(
            1,
            br#"{"type":"response.create","model":"m"}"#,
        ))
        .unwrap();
    let mut stream = Vec::new();
    let first = loop {
        if let Some((frame, _)) = websocket::first(&stream) {
            break frame;
        }
        let bytes = reader.fill_buf().unwrap();
        stream.extend_from_slice(bytes);
        let length = bytes.len();
        reader.consume(length);
    };
    assert!(
        String::from_utf8(first.content)
            .unwrap()
            .contains(r#""type":"response.created""#)
    );
    let connection = provider.connections().pop().unwrap();
    assert_eq!(
        connection.messages,
        [br#"{"type":"response.create","model":"m"}"#]
    );
}
