//! A request that the provider has not taken is sent once more, and no other (RFC 9113, sections 6.8 and 8.7).

use fake_provider::http_client::{HttpClient, post};

use crate::raw_server::{ANSWER, Peer, RawServer};

const REFUSED_STREAM: u32 = 7;
const INTERNAL_ERROR: u32 = 2;

/// Sends one request, and returns its status and what the server saw of it: connection and stream.
fn sent(
    script: impl Fn(&mut Peer, u32) -> bool + Send + Sync + 'static,
    content: usize,
) -> (u16, Vec<(usize, u32)>) {
    let server = RawServer::start(script);
    let proxy = server.proxy(server.port, &[]);
    let text = "x".repeat(content);
    let body = format!(r#"{{"model":"gpt-5.5","input":"{text}"}}"#);
    let response =
        HttpClient::connect(proxy.address()).call(&post("/v1/responses", "", body.as_bytes()));
    if response.status == 200 {
        assert_eq!(response.body, ANSWER);
    }
    (response.status, server.requests())
}

#[test]
fn refused_stream_is_sent_again_once() {
    let refuse_first = |peer: &mut Peer, stream| {
        if stream == 1 {
            peer.reset(stream, REFUSED_STREAM);
        } else {
            peer.respond(stream);
        }
        true
    };
    for content in [1, 6 << 10, 60 << 10] {
        assert_eq!(sent(refuse_first, content), (200, vec![(0, 1), (0, 3)]));
    }
    let refuse_all = |peer: &mut Peer, stream| {
        peer.reset(stream, REFUSED_STREAM);
        true
    };
    assert_eq!(sent(refuse_all, 1), (502, vec![(0, 1), (0, 3)]));
}

#[test]
fn stream_that_was_reset_for_another_reason_is_not_sent_again() {
    let reset = |peer: &mut Peer, stream| {
        peer.reset(stream, INTERNAL_ERROR);
        true
    };
    assert_eq!(sent(reset, 1), (502, vec![(0, 1)]));
}

#[test]
fn stream_above_the_last_one_of_a_goaway_is_sent_over_another_connection() {
    let go = |peer: &mut Peer, stream| {
        if peer.number > 0 {
            peer.respond(stream);
            return true;
        }
        peer.go_away(0);
        false
    };
    assert_eq!(sent(go, 1), (200, vec![(0, 1), (1, 1)]));
}

#[test]
fn stream_that_a_goaway_includes_is_not_sent_again() {
    let go = |peer: &mut Peer, stream| {
        peer.go_away(stream);
        false
    };
    assert_eq!(sent(go, 1), (502, vec![(0, 1)]));
}
