//! The connection: preface, settings, ping, and frames that have no stream or the wrong one.

use crate::frame::{
    ACK, DATA, END_HEADERS, END_STREAM, Frame, GOAWAY, HEADERS, PING, PREFACE, PRIORITY,
    PUSH_PROMISE, RST_STREAM, SETTINGS, WINDOW_UPDATE, frame,
};
use crate::peer::{BODY, End, ORDINARY, Peer, block, post};
use crate::{FLOW_CONTROL_ERROR, FRAME_SIZE_ERROR, PROTOCOL_ERROR, case, connect, locked, play};

pub(crate) const GONE: End = End::Gone(PROTOCOL_ERROR);
pub(crate) const SIZE: End = End::Gone(FRAME_SIZE_ERROR);
pub(crate) const FLOW: End = End::Gone(FLOW_CONTROL_ERROR);

pub(crate) fn setting(id: u16, value: u32) -> Vec<u8> {
    let content = [&id.to_be_bytes()[..], &value.to_be_bytes()].concat();
    frame(SETTINGS, 0, 0, &content)
}

pub(crate) fn window(stream: u32, by: u32) -> Vec<u8> {
    frame(WINDOW_UPDATE, 0, stream, &by.to_be_bytes())
}

/// Section 3.4.
#[test]
fn preface_that_is_wrong_ends_the_connection() {
    let fixture = locked();
    // Settings come first, from the server as well.
    let mut peer = connect(&fixture);
    assert_eq!(peer.next().unwrap().kind, SETTINGS);
    let acknowledged = peer.wait(SETTINGS);
    assert_eq!((acknowledged.flags, acknowledged.content.len()), (ACK, 0));

    let mut peer = Peer::silent(fixture.address());
    peer.send(PREFACE);
    peer.send(&post(1, BODY));
    // A finding about the library below: the RFC asks for an error here.
    assert_eq!(peer.end(1), End::Answer(200), "no settings");

    for wrong in [
        &PREFACE[..20],
        b"PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r!",
    ] {
        let mut peer = Peer::silent(fixture.address());
        peer.send(wrong);
        peer.send(&[frame(SETTINGS, 0, 0, b""), post(1, BODY)].concat());
        peer.shut();
        let text = peer.rest();
        assert!(
            text.is_empty() || text.starts_with(b"HTTP/1.1 400 "),
            "{text:?}"
        );
    }
    assert_eq!(fixture.provider.requests().len(), 1);
}

/// Section 6.5.
#[test]
fn settings_frames_are_validated_and_acknowledged() {
    let fixture = locked();
    let cases = [
        case("on a stream", [frame(SETTINGS, 0, 1, b"")], &[GONE]),
        case(
            "an acknowledgement with content",
            [frame(SETTINGS, ACK, 0, b"123456")],
            &[SIZE],
        )
        .but(GONE),
        case("half a setting", [frame(SETTINGS, 0, 0, b"123")], &[SIZE]).but(GONE),
        case("push is 2", [setting(2, 2)], &[GONE]),
        case("a window of 2^31", [setting(4, 1 << 31)], &[FLOW]).but(GONE),
        case("frames of 16383", [setting(5, 16_383)], &[GONE]),
        case("frames of 2^24", [setting(5, 1 << 24)], &[GONE]),
        case(
            "unknown",
            [setting(0xface, 7), post(1, BODY)],
            &[End::Answer(200)],
        ),
        case(
            "a table of nothing",
            [setting(1, 0), post(1, BODY)],
            &[End::Answer(200)],
        ),
        case(
            "no table, then all of it",
            [setting(1, 0), setting(1, 4096), post(1, BODY)],
            &[End::Answer(200)],
        ),
        case(
            "twice the same",
            [setting(3, 1), setting(3, 1), post(1, BODY)],
            &[End::Answer(200)],
        ),
        case(
            "a short list of fields",
            [setting(6, 1 << 14), post(1, BODY)],
            &[End::Answer(200)],
        ),
    ];
    play(&fixture, &cases);
    // Each is acknowledged, and in turn.
    let mut peer = connect(&fixture);
    peer.send(&[setting(3, 5), setting(3, 6)].concat());
    for _ in 0..3 {
        while peer.wait(SETTINGS).flags & ACK == 0 {}
    }
}

/// Section 6.7.
#[test]
fn ping_is_acknowledged() {
    let fixture = locked();
    let cases = [
        case("on a stream", [frame(PING, 0, 1, b"12345678")], &[GONE]),
        case("seven bytes", [frame(PING, 0, 0, b"1234567")], &[SIZE]).but(GONE),
        case("nine bytes", [frame(PING, 0, 0, b"123456789")], &[SIZE]).but(GONE),
        case(
            "an answer to nothing",
            [frame(PING, ACK, 0, b"12345678"), post(1, BODY)],
            &[End::Answer(200)],
        ),
    ];
    play(&fixture, &cases);
    let mut peer = connect(&fixture);
    // A flag that means nothing, and a reserved bit, are looked past.
    let mut odd = frame(PING, 0xfe, 0, b"8 bytes!");
    odd[5] |= 0x80;
    peer.send(&odd);
    let pong = peer.wait(PING);
    let wanted = Frame {
        kind: PING,
        flags: ACK,
        stream: 0,
        content: b"8 bytes!".to_vec(),
    };
    assert_eq!(pong, wanted);
}

/// Sections 4.1, 5.5, 6.1 to 6.9: a frame with a stream where none belongs, or without.
#[test]
fn frame_on_the_wrong_stream_is_a_connection_error() {
    let fixture = locked();
    let fields = block(&ORDINARY);
    let whole = END_HEADERS | END_STREAM;
    let cases = [
        case("DATA on 0", [frame(DATA, 0, 0, b"x")], &[GONE]),
        case("HEADERS on 0", [frame(HEADERS, whole, 0, &fields)], &[GONE]),
        case("PRIORITY on 0", [frame(PRIORITY, 0, 0, b"12345")], &[GONE]),
        case(
            "RST_STREAM on 0",
            [frame(RST_STREAM, 0, 0, b"1234")],
            &[GONE],
        ),
        case(
            "PUSH_PROMISE on 0",
            [frame(PUSH_PROMISE, END_HEADERS, 0, b"\0\0\0\x02")],
            &[GONE],
        ),
        case("GOAWAY on 1", [frame(GOAWAY, 0, 1, &[0; 8])], &[GONE]),
        case(
            "push from a client",
            [
                frame(HEADERS, END_HEADERS, 1, &fields),
                frame(
                    PUSH_PROMISE,
                    END_HEADERS,
                    1,
                    &[&[0, 0, 0, 2][..], &fields].concat(),
                ),
            ],
            &[GONE],
        ),
        case(
            "an unknown kind",
            [frame(0xbe, 0xff, 0, b"?"), post(1, BODY)],
            &[End::Answer(200)],
        ),
        case(
            "an unknown kind on a stream",
            [frame(0xbe, 0, 1, b"?"), post(1, BODY)],
            &[End::Answer(200)],
        ),
    ];
    play(&fixture, &cases);
}

/// Section 6.8: a client that goes gets what it has asked for.
#[test]
fn goaway_from_the_client_finishes_open_streams() {
    let fixture = locked();
    let mut peer = connect(&fixture);
    peer.send(&[post(1, BODY), frame(GOAWAY, 0, 0, &[0; 8])].concat());
    assert_eq!(peer.end(1), End::Answer(200));
    assert!(peer.is_closed());
}
