//! Clients that do nothing: each is let go in time, and the idle ones first where places or descriptors run short.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;
use std::time::{Duration, Instant};

use fake_provider::fixture;
use fake_provider::fixture::Fixture;
use fake_provider::http_client::{HttpClient, post};
use fake_provider::{Reply, Step};

use crate::connections::open_websocket;
use crate::{SOON, small};

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const SETTINGS: &[u8] = b"\0\0\0\x04\0\0\0\0\0";

/// Sends bytes, and waits until the proxy ends the connection. Returns how long that took.
fn ended_after(fixture: &Fixture, bytes: &[u8]) -> Duration {
    let mut client = TcpStream::connect(fixture.address()).unwrap();
    client.set_read_timeout(Some(SOON)).unwrap();
    let began = Instant::now();
    client.write_all(bytes).unwrap();
    // A reset is an end as well.
    drop(client.read_to_end(&mut Vec::new()));
    began.elapsed()
}

#[test]
fn connection_without_a_request_is_closed_in_time() {
    let flags = ["--client-idle-timeout", "400ms", "--header-timeout", "30s"];
    let fixture = fixture!("force", &flags);
    let settled = [PREFACE, SETTINGS].concat();
    for (name, bytes) in [("HTTP/1", small()), ("HTTP/2", settled)] {
        let time = ended_after(&fixture, &bytes);
        assert!(time >= Duration::from_millis(400), "{name} {time:?}");
        assert!(time < Duration::from_secs(20), "{name} {time:?}");
    }
}

#[test]
fn head_that_never_ends_is_ended_in_each_protocol() {
    let flags = ["--client-idle-timeout", "10m", "--header-timeout", "400ms"];
    let fixture = fixture!("force", &flags);
    let half = b"\0\0\x20\x01\x04\0\0\0\x01half";
    let section = b"\0\0\x01\x01\0\0\0\0\x01\x82";
    for (name, bytes) in [
        ("nothing", Vec::new()),
        ("HTTP/1", b"GET / HTTP/1.1\r\n".to_vec()),
        ("half a preface", PREFACE[..10].to_vec()),
        ("a lone preface", PREFACE.to_vec()),
        ("half a frame", [PREFACE, SETTINGS, half].concat()),
        ("half a section", [PREFACE, SETTINGS, section].concat()),
    ] {
        let time = ended_after(&fixture, &bytes);
        assert!(time >= Duration::from_millis(400), "{name} {time:?}");
        assert!(time < Duration::from_secs(20), "{name} {time:?}");
    }
}

#[test]
fn websocket_through_which_nothing_goes_is_closed_in_time() {
    let fixture = fixture!("force", &["--websocket-idle-timeout", "400ms"]);
    fixture.provider.take_websockets(true);
    let mut socket = open_websocket(&fixture).unwrap();
    let began = Instant::now();
    let mut observed = Vec::new();
    socket.set_read_timeout(Some(SOON)).unwrap();
    socket.read_to_end(&mut observed).unwrap();
    assert!(began.elapsed() >= Duration::from_millis(300));
    assert!(observed.ends_with(b"\x88\x02\x03\xe9"), "{observed:?}");
}

#[test]
fn client_that_never_reads_is_ended_in_time() {
    let fixture = fixture!("force", &["--write-timeout", "400ms"]);
    let length = 64 << 20;
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/octet-stream\r\ncontent-length: {length}\r\n\r\n"
    );
    let steps = vec![Step::Send([head.into_bytes(), vec![b'x'; length]].concat())];
    fixture.provider.queue(vec![Reply::Steps(steps)]);
    let mut client = fixture.client();
    client.send(&small());
    let record = fixture.provider.record();
    assert!(record.wait_for_connection(|connection| connection.closed, SOON));
}

#[test]
fn new_connection_gets_the_place_of_the_one_that_was_idle_longest() {
    let fixture = fixture!("force", &["--max-connections", "3"]);
    let mut idle: Vec<HttpClient> = (0..3).map(|_| fixture.client()).collect();
    for client in &mut idle {
        assert_eq!(client.call(&small()).status, 200);
    }
    let mut new = fixture.client();
    assert_eq!(new.call(&small()).status, 200);
    let mut oldest = idle.remove(0);
    assert_eq!(oldest.rest(), b"", "it made place");
    for client in &mut idle {
        assert_eq!(client.call(&small()).status, 200);
    }
}

/// A program that runs the lock with few descriptors.
fn with_descriptors(number: usize) -> Fixture {
    let mut fixture = fixture!("force");
    let script = fixture.directory.path().join("few");
    let program = fixture.lock.program.to_str().unwrap();
    let text = format!("#!/bin/sh\nulimit -n {number}\nexec '{program}' \"$@\"\n");
    std::fs::write(&script, text).unwrap();
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o700)).unwrap();
    fixture.lock.program = script;
    fixture
}

#[test]
fn requests_and_probes_are_answered_though_idle_clients_take_all_descriptors() {
    let fixture = with_descriptors(192).with_proxy(&["--admin", "127.0.0.1:0"]);
    let admin = fixture.proxy().admin().unwrap();
    let mut clients = Vec::new();
    for _ in 0..300 {
        clients.push(TcpStream::connect(fixture.address()).unwrap());
        let mut client = fixture.client();
        assert_eq!(client.call(&small()).status, 200);
        for path in ["livez", "readyz"] {
            let probe = format!("GET /{path} HTTP/1.1\r\nhost: x\r\n\r\n");
            let response = HttpClient::connect(admin).call(probe.as_bytes());
            assert_eq!(response.status, 200, "{path}");
        }
    }
    assert_eq!(
        fixture
            .client()
            .call(&post("/v1/responses", "", br#"{"model":"gpt-5.5"}"#))
            .status,
        200
    );
}
