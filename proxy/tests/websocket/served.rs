//! A provider that serves another model over a WebSocket.

use proxy::Limits;

use crate::peer::{BINARY, FIN, Frame, Stack, TEXT};

const FAIL: &str = "model = 'pin'\non_served_mismatch = 'fail'";
const ASK: &[u8] = br#"{"type":"response.create","model":"pin"}"#;
const CONTINUE: u8 = 0;

fn is_error(frame: Option<Frame>) -> bool {
    let Some(Frame(first, text)) = frame else {
        return false;
    };
    let text = String::from_utf8(text).unwrap();
    first == FIN | TEXT
        && text.starts_with(r#"{"type":"error","status":400,"#)
        && text.contains("another model was served: `q`")
}

#[test]
fn message_served_by_another_model_is_not_relayed() {
    let stack = Stack::start(FAIL, Limits::default());
    let (mut client, mut provider) = stack.open();
    client.send(FIN | TEXT, ASK);
    assert_eq!(provider.next(), Some(Frame(FIN | TEXT, ASK.to_vec())));
    let right = br#"{"type":"response.created","response":{"model":"pin"}}"#;
    provider.send(FIN | TEXT, right);
    assert_eq!(client.next(), Some(Frame(FIN | TEXT, right.to_vec())));
    let wrong = br#"{"type":"response.completed","response":{"model":"q"}}"#;
    provider.send(FIN | TEXT, wrong);
    assert!(is_error(client.next()));
    assert!(client.closed().is_some());
    assert_eq!(provider.closed(), Some(1008));
}

#[test]
fn fragmented_response_is_reassembled_before_the_served_model_is_read() {
    let stack = Stack::start(FAIL, Limits::default());
    let (mut client, mut provider) = stack.open();
    client.send(FIN | TEXT, ASK);
    provider.next().unwrap();
    provider.send(TEXT, br#"{"type":"response.created","response":{"mo"#);
    provider.send(FIN | CONTINUE, br#"del":"q"}}"#);
    while let Some(frame) = client.next() {
        if is_error(Some(frame)) {
            assert_eq!(provider.closed(), Some(1008));
            return;
        }
    }
    panic!("nothing told");
}

#[test]
fn message_that_is_no_response_does_not_end_the_connection() {
    let stack = Stack::start(FAIL, Limits::default());
    let (mut client, mut provider) = stack.open();
    // Nothing was asked yet; then the answer was over; then what comes is no text.
    let other = br#"{"type":"response.created","response":{"model":"q"}}"#;
    provider.send(FIN | TEXT, other);
    assert_eq!(client.next(), Some(Frame(FIN | TEXT, other.to_vec())));
    client.send(FIN | TEXT, ASK);
    provider.next().unwrap();
    let done = br#"{"type":"response.completed","response":{"model":"pin-2026-04-01"}}"#;
    for (kind, text) in [(TEXT, &done[..]), (TEXT, other), (BINARY, &[0xff, 0])] {
        provider.send(FIN | kind, text);
        assert_eq!(client.next(), Some(Frame(FIN | kind, text.to_vec())));
    }
}

#[test]
fn handshake_served_by_another_model_is_refused_with_on_mismatch_fail() {
    for (policy, status) in [(FAIL, "502"), ("model = 'pin'", "101")] {
        let stack = Stack::start(policy, Limits::default());
        let (_client, _provider, head) = stack.answered("openai-model: q\r\n");
        assert!(head.starts_with(&format!("HTTP/1.1 {status}")), "{head}");
        assert_eq!(head.contains("openai-model: q"), status == "101", "{head}");
    }
}
