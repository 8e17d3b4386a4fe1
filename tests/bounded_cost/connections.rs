//! Connections, and `WebSocket`s, beyond the limit get an answer, and the others go on.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::mpsc::{Sender, channel};

use fake_provider::Reply;
use fake_provider::fixture;
use fake_provider::fixture::Fixture;
use fake_provider::http_client::{HttpClient, Response, post};
use fake_provider::websocket::accept;

use crate::{SOON, small};

const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";

fn handshake() -> Vec<u8> {
    let head =
        "GET /v1/responses HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n";
    format!("{head}sec-websocket-version: 13\r\nsec-websocket-key: {KEY}\r\n\r\n").into_bytes()
}

/// Opens a WebSocket; otherwise returns the response.
pub(crate) fn open_websocket(fixture: &Fixture) -> Result<TcpStream, Response> {
    let mut socket = TcpStream::connect(fixture.address()).unwrap();
    socket.set_read_timeout(Some(SOON)).unwrap();
    socket.write_all(&handshake()).unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        socket.read_exact(&mut byte).unwrap();
        head.push(byte[0]);
    }
    if head.starts_with(b"HTTP/1.1 101 ") {
        assert!(String::from_utf8_lossy(&head).contains(&accept(KEY)));
        return Ok(socket);
    }
    Err(HttpClient::connect(fixture.address()).call(&handshake()))
}

/// Returns so many clients, each with a response that runs. Idle ones would make place for others.
fn busy(fixture: &Fixture, count: usize) -> Vec<(HttpClient, Sender<Vec<u8>>)> {
    let (events, streams): (Vec<_>, Vec<_>) = (0..count).map(|_| channel()).unzip();
    fixture
        .provider
        .queue(streams.into_iter().map(Reply::stream).collect());
    let begin = |events| {
        let mut client = fixture.client();
        client.send(&small());
        assert_eq!(client.head().0, 200);
        (client, events)
    };
    events.into_iter().map(begin).collect()
}

/// Fails where a response does not go on.
fn goes_on(client: &mut HttpClient, events: &Sender<Vec<u8>>) {
    events.send(b"data: 1\n\n".to_vec()).unwrap();
    assert_eq!(client.chunk(), b"data: 1\n\n");
}

fn assert_is_told_to_come_again(response: &Response, what: &str) {
    assert_eq!(response.status, 503);
    assert_eq!(response.field("retry-after"), Some("5"));
    assert_eq!(response.field("x-should-retry"), None);
    let message = response.error("message");
    assert!(message.contains(what), "{message}");
}

#[test]
fn websocket_beyond_the_limit_of_a_client_is_refused_and_the_others_go_on() {
    let fixture = fixture!("force", &[]);
    fixture.provider.take_websockets(true);
    let mut open = Vec::new();
    let refused = loop {
        match open_websocket(&fixture) {
            Ok(socket) => open.push(socket),
            Err(response) => break response,
        }
        assert!(open.len() < 500, "no limit met");
    };
    assert_eq!(open.len(), 256);
    assert_is_told_to_come_again(&refused, "this client has too many WebSockets");
    fixture.wait_for_log(&["exhausted", "client_websockets"]);
    // A ping goes to the provider and its pong comes back: the connection is alive.
    let socket = open.first_mut().unwrap();
    socket.write_all(&[0x89, 0x81, 0, 0, 0, 0, b'x']).unwrap();
    let mut pong = [0; 3];
    socket.read_exact(&mut pong).unwrap();
    assert_eq!(pong, [0x8a, 1, b'x']);
}

#[test]
fn connection_beyond_the_limit_of_a_client_is_answered_and_the_others_go_on() {
    let flags = [
        "--max-client-connections",
        "3",
        "--dialect",
        "openai,anthropic",
    ];
    let fixture = fixture!("force", &flags);
    let mut open = busy(&fixture, 3);
    let refused = fixture.client().call(&small());
    assert_is_told_to_come_again(&refused, "this client has too many connections");
    assert_eq!(refused.error("code"), "overloaded");
    let messages = br#"{"model":"gpt-5.5","max_tokens":1,"messages":[]}"#;
    let refused = fixture.client().call(&post("/v1/messages", "", messages));
    assert_is_told_to_come_again(&refused, "this client has too many connections");
    assert_eq!(refused.error("type"), "overloaded_error");
    for (client, events) in &mut open {
        goes_on(client, events);
    }
    open.pop();
    // The proxy learns of the end a little later than the client.
    let began = std::time::Instant::now();
    while fixture.client().call(&small()).status != 200 {
        assert!(began.elapsed() < SOON);
    }
}

#[test]
fn connection_beyond_the_limit_of_all_clients_is_answered() {
    let fixture = fixture!("force", &["--max-connections", "1"]);
    let mut open = busy(&fixture, 1);
    let refused = fixture.client().call(&small());
    assert_is_told_to_come_again(&refused, "the proxy has too many connections");
    for (client, events) in &mut open {
        goes_on(client, events);
    }
}
