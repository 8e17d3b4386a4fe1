//! Connections that a provider closes on its own, before, while and after it gets a request.

use std::io::{self, Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use fake_provider::fixture;
use fake_provider::fixture::{Fixture, ProxyProcess};
use fake_provider::http_client::{HttpClient, post};

/// Serves each connection of a port with a function, and starts a proxy before it.
fn before(serve: impl Fn(TcpStream) + Send + Sync + 'static) -> (Fixture, ProxyProcess) {
    let fixture = fixture!("force");
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let serve = Arc::new(serve);
    thread::spawn(move || {
        for socket in listener.incoming() {
            let serve = Arc::clone(&serve);
            thread::spawn(move || serve(socket.unwrap()));
        }
    });
    let proxy = fixture.start_proxy_before(&url, &[], &[]);
    (fixture, proxy)
}

/// Reads a request to the end of its head, or of its content.
fn read_request(socket: &mut TcpStream, to_the_end: bool) -> io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        socket.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap().to_lowercase();
    let length = head.split_once("content-length: ").unwrap().1;
    let length: usize = length.split_once('\r').unwrap().0.parse().unwrap();
    if to_the_end {
        socket.read_exact(&mut vec![0; length])?;
    }
    Ok(())
}

const OK: &[u8] =
    b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}";
const LATER: &[u8] = b"HTTP/1.1 429 Too Many Requests\r\ncontent-type: application/json\r\nretry-after: 7\r\ncontent-length: 2\r\n\r\n{}";

fn request(length: usize) -> Vec<u8> {
    let text = "x".repeat(length);
    post(
        "/v1/responses",
        "",
        format!(r#"{{"model":"gpt-5.5","input":"{text}"}}"#).as_bytes(),
    )
}

#[test]
fn kept_connection_that_is_closed_as_the_next_request_comes_loses_none() {
    let taken = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&taken);
    // It says nothing of the end that follows each response.
    let (_fixture, proxy) = before(move |mut socket| {
        if read_request(&mut socket, true).is_ok() {
            seen.fetch_add(1, Ordering::SeqCst);
            socket.write_all(OK).unwrap_or_default();
            socket.shutdown(Shutdown::Write).unwrap_or_default();
        }
    });
    let mut client = HttpClient::connect(proxy.address());
    for length in [10, 1000, 100_000] {
        for _ in 0..300 {
            assert_eq!(client.call(&request(length)).status, 200);
        }
    }
    assert_eq!(taken.load(Ordering::SeqCst), 900, "none was served twice");
}

#[test]
fn request_that_was_taken_whole_is_not_sent_again() {
    let taken = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&taken);
    let (_fixture, proxy) = before(move |mut socket| {
        if read_request(&mut socket, true).is_ok() {
            seen.fetch_add(1, Ordering::SeqCst);
        }
    });
    for length in [10, 100_000] {
        let response = HttpClient::connect(proxy.address()).call(&request(length));
        assert_eq!(response.status, 502);
    }
    assert_eq!(taken.load(Ordering::SeqCst), 2);
}

#[test]
fn response_to_half_an_upload_arrives_though_the_provider_closes() {
    let (_fixture, proxy) = before(|mut socket| {
        if read_request(&mut socket, false).is_ok() {
            socket.write_all(LATER).unwrap_or_default();
        }
    });
    for _ in 0..100 {
        let response = HttpClient::connect(proxy.address()).call(&request(4 << 20));
        assert_eq!(response.status, 429);
        assert_eq!(response.field("retry-after"), Some("7"));
        assert_eq!(response.body, b"{}");
    }
}
