//! Clients that close their writing side after a request, as `nc -N` does, and read on.

use std::sync::mpsc;

use fake_provider::http_client::post;
use fake_provider::{Reply, Step, fixture};

use crate::SOON;

const ASK: &[u8] = br#"{"model":"gpt-5.5"}"#;
const ANSWER: &[u8] =
    b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}";

#[test]
fn client_that_has_closed_its_writing_side_gets_its_response() {
    let fixture = fixture!("force", &[]);
    for _ in 0..50 {
        let mut client = fixture.client();
        client.send(&post("/v1/responses", "", ASK));
        client.half_close();
        assert_eq!(client.response().status, 200);
        assert_eq!(client.rest(), b"");
    }
}

#[test]
fn client_that_has_closed_its_writing_side_gets_a_response_that_comes_late() {
    let fixture = fixture!("force", &[]);
    let (word, wait) = mpsc::channel();
    let steps = vec![Step::Wait(wait), Step::Send(ANSWER.to_vec())];
    fixture.provider.queue(vec![Reply::Steps(steps)]);
    let mut client = fixture.client();
    client.send(&post("/v1/responses", "", ASK));
    client.half_close();
    // It is asked whether it is still there.
    assert_eq!(client.head().0, 100);
    word.send(()).unwrap();
    let response = client.response();
    assert_eq!(
        (response.status, response.body.as_slice()),
        (200, &b"{}"[..])
    );
    assert_eq!(client.rest(), b"");
}

#[test]
fn client_of_http_1_0_that_has_closed_its_writing_side_gets_its_response() {
    let fixture = fixture!("force", &[]);
    for _ in 0..20 {
        let mut client = fixture.client();
        let request = String::from_utf8(post("/v1/responses", "", ASK)).unwrap();
        client.send(request.replace("HTTP/1.1", "HTTP/1.0").as_bytes());
        client.half_close();
        assert_eq!(client.response().status, 200);
    }
}

/// No question stands between two responses either.
#[test]
fn client_that_has_closed_its_writing_side_gets_the_response_to_each_of_its_requests() {
    let fixture = fixture!("force", &[]);
    for _ in 0..20 {
        let mut client = fixture.client();
        client.send(&post("/v1/responses", "", ASK).repeat(3));
        client.half_close();
        for number in 1..=3 {
            assert_eq!(client.response().status, 200, "{number}");
        }
        assert_eq!(client.rest(), b"");
    }
}

#[test]
fn client_that_leaves_later_ends_the_upstream_call() {
    let fixture = fixture!("force", &[]);
    let (_word, wait) = mpsc::channel();
    let steps = vec![Step::Wait(wait)];
    fixture.provider.queue(vec![Reply::Steps(steps)]);
    let mut client = fixture.client();
    client.send(&post("/v1/responses", "", ASK));
    client.half_close();
    assert_eq!(client.head().0, 100);
    drop(client);
    let record = fixture.provider.record();
    assert!(record.wait_for_connection(|connection| connection.closed, SOON));
}
