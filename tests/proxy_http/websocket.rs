//! `WebSocket`s from the handshake to the close.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::thread;

use fake_provider::fixture;
use fake_provider::fixture::ProxyProcess;
use fake_provider::websocket::{frame, switch};

use crate::SOON;

const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";

fn handshake() -> Vec<u8> {
    handshake_at("/v1/responses")
}

fn handshake_at(path: &str) -> Vec<u8> {
    let head =
        format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n");
    format!("{head}sec-websocket-version: 13\r\nsec-websocket-key: {KEY}\r\n\r\n").into_bytes()
}

#[test]
fn status_of_a_provider_that_declines_a_websocket_is_passed_on() {
    let fixture = fixture!("force", &[]);
    fixture.provider.take_websockets(false);
    for status in [400, 401, 403, 404, 429, 500, 503] {
        let body = format!(r#"{{"error":{{"code":"c{status}"}}}}"#);
        let response = format!(
            "HTTP/1.1 {status} Declined\r\ncontent-type: application/json\r\nretry-after: 7\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        fixture.provider.decline_websockets(response.as_bytes());
        let mut client = fixture.client();
        let response = client.call(&handshake());
        assert_eq!(response.status, status);
        assert_eq!(response.field("retry-after"), Some("7"), "{status}");
        assert_eq!(response.body, body.as_bytes(), "{status}");
        assert_eq!(response.field("connection"), Some("close"), "{status}");
        assert_eq!(client.rest(), b"", "nothing behind it is a request");
    }
}

#[test]
fn status_that_is_neither_an_agreement_nor_an_error_is_a_502() {
    let fixture = fixture!("force", &[]);
    let response = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";
    fixture.provider.decline_websockets(response);
    assert_eq!(fixture.client().call(&handshake()).status, 502);
}

/// Reads until an empty line.
fn read_head(socket: &mut TcpStream) -> Vec<u8> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        socket.read_exact(&mut byte).unwrap();
        head.push(byte[0]);
    }
    head
}

/// Opens a WebSocket through a proxy to a provider that a test speaks for.
fn open() -> (ProxyProcess, TcpStream, TcpStream) {
    open_at("/v1/responses", &[])
}

fn open_at(path: &str, flags: &[&str]) -> (ProxyProcess, TcpStream, TcpStream) {
    let fixture = fixture!("force");
    let provider = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", provider.local_addr().unwrap());
    let proxy = fixture.start_proxy_before(&url, flags, &[]);
    let mut client = TcpStream::connect(proxy.address()).unwrap();
    client.write_all(&handshake_at(path)).unwrap();
    let (mut provider, _) = provider.accept().unwrap();
    let head = String::from_utf8(read_head(&mut provider))
        .unwrap()
        .to_lowercase();
    let (_, key) = head.split_once("sec-websocket-key: ").unwrap();
    let key = key.split_once('\r').unwrap().0.len();
    assert_eq!(key, KEY.len());
    provider.write_all(&switch(KEY)).unwrap();
    for socket in [&client, &provider] {
        socket.set_read_timeout(Some(SOON)).unwrap();
        socket.set_nodelay(true).unwrap();
    }
    assert!(read_head(&mut client).starts_with(b"HTTP/1.1 101 "));
    (proxy, client, provider)
}

/// A ping with a mask of zeros.
const PING: [u8; 7] = [0x89, 0x81, 0, 0, 0, 0, b'x'];

#[test]
fn last_message_of_a_provider_that_closes_reaches_a_client_that_sends_on() {
    for _ in 0..20 {
        let (_proxy, mut client, mut provider) = open();
        let mut sending = client.try_clone().unwrap();
        let (word, told) = std::sync::mpsc::channel::<()>();
        let pings = thread::spawn(move || {
            let mut sent = Ok(());
            while sent.is_ok() && told.try_recv().is_err() {
                sent = sending.write_all(&PING);
            }
            sent
        });
        let last = frame(1, br#"{"type":"response.completed"}"#);
        provider.write_all(&last).unwrap();
        provider.shutdown(Shutdown::Write).unwrap();
        let mut all = Vec::new();
        client.read_to_end(&mut all).unwrap();
        word.send(()).unwrap();
        pings.join().unwrap().unwrap();
        assert!(all.starts_with(&last), "{all:?}");
    }
}

#[test]
fn length_that_no_message_can_have_closes_with_1009() {
    let (_proxy, mut client, _provider) = open();
    let text = [0x01, 0x81, 0, 0, 0, 0, b'{'];
    let rest = [&[0x80, 0xff][..], &[0xff; 8], &[0; 4]].concat();
    client.write_all(&[&text[..], &rest].concat()).unwrap();
    let mut all = Vec::new();
    client.read_to_end(&mut all).unwrap();
    assert!(
        all.ends_with(&[0x88, 2, 0x03, 0xf1]) || all.ends_with(&[0x88, 2, 0x03, 0xea]),
        "{all:?}"
    );
}

/// Google's server says why in the frame that closes the connection, and its clients read it there.
#[test]
fn setup_that_is_refused_closes_a_live_session_of_google_with_the_reason() {
    let path = "/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent";
    let (_proxy, mut client, mut provider) = open_at(path, &["--dialect", "gemini"]);
    let setup = br#"{"setup":{"model":"models/other"}}"#;
    let mut message = vec![0x81, 0x80 | u8::try_from(setup.len()).unwrap(), 0, 0, 0, 0];
    message.extend(setup);
    client.write_all(&message).unwrap();
    let (mut told, mut arrived) = (Vec::new(), Vec::new());
    client.read_to_end(&mut told).unwrap();
    provider.read_to_end(&mut arrived).unwrap();
    let [0x88, length, 0x03, 0xf0, reason @ ..] = &told[..] else {
        panic!("{told:?}");
    };
    assert_eq!(usize::from(*length), reason.len() + 2);
    let reason = std::str::from_utf8(reason).unwrap();
    assert!(
        reason.starts_with("model `other` is not permitted"),
        "{reason}"
    );
    let is_close = arrived.first() == Some(&0x88);
    assert!(is_close, "nothing but the close frame: {arrived:?}");
}
