//! Responses that come before a request was sent to its end arrive all the same (RFC 9112, section 9.6).

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Instant;

use fake_provider::fixture;
use fake_provider::fixture::Fixture;

use crate::SOON;

/// A rejection of a request whose head is known, and the flags of the proxy that makes it.
struct Case {
    status: u16,
    start: &'static str,
    fields: &'static str,
    flags: &'static [&'static str],
}

const JSON: &str = "content-type: application/json\r\n";

const CASES: [Case; 6] = [
    // As the JDK's client sends it.
    Case {
        status: 404,
        start: "POST /v1/unlisted HTTP/1.1",
        fields: "connection: Upgrade, HTTP2-Settings\r\nupgrade: h2c\r\nhttp2-settings: AAEAAEAA\r\n",
        flags: &[],
    },
    Case {
        status: 404,
        start: "POST /v1/unlisted HTTP/1.1",
        fields: JSON,
        flags: &[],
    },
    Case {
        status: 413,
        start: "POST /v1/responses HTTP/1.1",
        fields: JSON,
        flags: &["--max-body", "64KiB"],
    },
    Case {
        status: 400,
        start: "POST /v1/responses HTTP/1.1",
        fields: "content-type: application/json\r\ncontent-type: application/json\r\n",
        flags: &[],
    },
    Case {
        status: 400,
        start: "POST /v1/responses?model=x HTTP/1.1",
        fields: JSON,
        flags: &[],
    },
    Case {
        status: 403,
        start: "POST /v1/responses HTTP/1.1",
        fields: "content-type: application/json\r\norigin: https://elsewhere.example\r\n",
        flags: &[],
    },
];

/// Sends a whole request before it reads a byte of the response, as many clients do.
fn upload(fixture: &Fixture, case: &Case, mebibytes: usize) {
    let mut client = fixture.client();
    let (start, fields) = (case.start, case.fields);
    let length = mebibytes << 20;
    let head = format!("{start}\r\nhost: localhost\r\n{fields}content-length: {length}\r\n\r\n");
    client.send(head.as_bytes());
    let piece = vec![b' '; 1 << 20];
    for _ in 0..mebibytes {
        client.send(&piece);
    }
    let response = client.response();
    assert_eq!(response.status, case.status, "{start} {response:?}");
    assert_eq!(response.field("connection"), Some("close"), "{start}");
    assert_eq!(client.rest(), b"", "{start}");
}

#[test]
fn rejection_of_a_large_upload_arrives_after_the_whole_upload() {
    for (case, mebibytes) in CASES.iter().zip([70, 70, 4, 4, 4, 4]) {
        let fixture = fixture!("reject", case.flags);
        upload(&fixture, case, 2);
        upload(&fixture, case, mebibytes);
        fixture.assert_nothing_arrived(case.start);
    }
}

#[test]
fn rejection_of_an_upload_in_chunks_arrives_after_the_whole_upload() {
    let fixture = fixture!("reject", &["--max-body", "64KiB"]);
    let mut client = fixture.client();
    client.send(
        b"POST /v1/responses HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n",
    );
    client.send(b"transfer-encoding: chunked\r\n\r\n");
    for _ in 0..8 {
        client.send(&fake_provider::chunk(&vec![b' '; 1 << 20]));
    }
    client.send(b"0\r\n\r\n");
    let response = client.response();
    assert_eq!(response.status, 413, "{response:?}");
    assert_eq!(response.field("connection"), Some("close"));
    assert_eq!(client.rest(), b"");
}

#[test]
fn client_that_goes_on_sending_is_cut_off_in_time() {
    let fixture = fixture!("reject", &["--linger-timeout", "300ms"]);
    let mut client = TcpStream::connect(fixture.address()).unwrap();
    client.set_read_timeout(Some(SOON)).unwrap();
    let began = Instant::now();
    let head =
        "POST /v1/unlisted HTTP/1.1\r\nhost: localhost\r\ncontent-length: 900000000000\r\n\r\n";
    client.write_all(head.as_bytes()).unwrap();
    let mut response = Vec::new();
    client.read_to_end(&mut response).unwrap();
    assert!(
        response.starts_with(b"HTTP/1.1 404 "),
        "it ends for writing at once"
    );
    while client.write_all(&[b' '; 1 << 10]).is_ok() {
        assert!(began.elapsed() < SOON, "it is read for ever");
    }
    assert!(began.elapsed().as_millis() >= 300, "{:?}", began.elapsed());
}

#[test]
fn requests_that_wait_behind_another_one_are_served() {
    let fixture = fixture!("force", &[]);
    let request = fake_provider::http_client::post("/v1/responses", "", br#"{"model":"gpt-5.5"}"#);
    let mut client = fixture.client();
    client.send(&request.repeat(5));
    for _ in 0..5 {
        let response = client.response();
        assert_eq!((response.status, response.field("connection")), (200, None));
    }
}
