//! Streams: their states (section 5.1), their numbers (section 5.1.1), and blocks of fields in
//! several frames (section 6.10).

use crate::frame::{
    CONTINUATION, DATA, END_HEADERS, END_STREAM, HEADERS, PING, PRIORITY, RST_STREAM,
    WINDOW_UPDATE, frame,
};
use crate::peer::{BODY, End, ORDINARY, block, head, post};
use crate::{PROTOCOL_ERROR, STREAM_CLOSED, assert_only_ordinary, case, connect, locked, play};

const GONE: End = End::Gone(PROTOCOL_ERROR);
const CLOSED: [End; 2] = [End::Reset(STREAM_CLOSED), End::Gone(STREAM_CLOSED)];

fn reset(stream: u32) -> Vec<u8> {
    frame(RST_STREAM, 0, stream, &8_u32.to_be_bytes())
}

#[test]
fn frame_on_an_idle_stream_is_a_connection_error() {
    let fixture = locked();
    let cases = [
        case(
            "DATA before HEADERS",
            [frame(DATA, END_STREAM, 1, BODY)],
            &[GONE],
        ),
        case("RST_STREAM", [reset(1)], &[GONE]),
        case(
            "WINDOW_UPDATE",
            [frame(WINDOW_UPDATE, 0, 1, &[0, 0, 0, 1])],
            &[GONE],
        ),
        case(
            "CONTINUATION",
            [frame(CONTINUATION, END_HEADERS, 1, &block(&ORDINARY))],
            &[GONE],
        ),
        case(
            "PRIORITY",
            [frame(PRIORITY, 0, 1, &[0, 0, 0, 3, 9]), post(1, BODY)],
            &[End::Answer(200)],
        ),
    ];
    play(&fixture, &cases);
    assert_only_ordinary(&fixture);
}

#[test]
fn frame_on_a_closed_stream_is_refused_or_ignored() {
    let fixture = locked();
    // The end of the request comes first, so that nothing after it belongs to it.
    let half = || [head(1, &ORDINARY), frame(DATA, END_STREAM, 1, BODY)].concat();
    let fields = block(&ORDINARY);
    let whole = END_HEADERS | END_STREAM;
    let cases = [
        case(
            "DATA after the end",
            [half(), frame(DATA, END_STREAM, 1, b"x")],
            &CLOSED,
        )
        .but(GONE),
        case(
            "HEADERS after the end",
            [half(), frame(HEADERS, whole, 1, &fields)],
            &CLOSED,
        )
        .but(GONE),
    ];
    play(&fixture, &cases);

    let over = [End::Reset(STREAM_CLOSED), End::Gone(STREAM_CLOSED), GONE];
    let cases = [
        case(
            "HEADERS after a reset",
            [
                head(1, &ORDINARY),
                reset(1),
                frame(HEADERS, whole, 1, &fields),
            ],
            &over,
        ),
        case(
            "CONTINUATION after a reset",
            [
                head(1, &ORDINARY),
                reset(1),
                frame(CONTINUATION, END_HEADERS, 1, b""),
            ],
            &[GONE],
        ),
    ];
    play(&fixture, &cases);

    // What may come late is looked past.
    let mut peer = connect(&fixture);
    peer.send(&post(1, BODY));
    assert_eq!(peer.end(1), End::Answer(200));
    peer.send(
        &[
            frame(WINDOW_UPDATE, 0, 1, &[0, 0, 0, 1]),
            reset(1),
            frame(PRIORITY, 0, 1, &[0, 0, 0, 0, 9]),
        ]
        .concat(),
    );
    assert!(peer.goes_on(3));
    // DATA on it is not.
    peer.send(&frame(DATA, END_STREAM, 1, b"x"));
    let end = peer.end(1);
    assert!(CLOSED.contains(&end), "{end:?}");
    assert_only_ordinary(&fixture);
}

#[test]
fn stream_numbers_must_grow_and_be_odd() {
    let fixture = locked();
    let cases = [
        case("even", [post(2, BODY)], &[GONE]),
        case(
            "lower than before",
            [head(5, &ORDINARY), post(3, BODY)],
            &[GONE, End::Gone(STREAM_CLOSED)],
        ),
    ];
    play(&fixture, &cases);
    // Some may be left out, and the highest there is may be used.
    let mut peer = connect(&fixture);
    for stream in [7, 99, (1 << 31) - 1] {
        peer.send(&post(stream, BODY));
        assert_eq!(peer.end(stream), End::Answer(200), "{stream}");
    }
    assert_only_ordinary(&fixture);
}

#[test]
fn header_block_in_several_frames_is_joined() {
    let fixture = locked();
    let fields = block(&ORDINARY);
    let (one, two) = fields.split_at(20);
    let open = || frame(HEADERS, END_STREAM, 1, one);
    let rest = || frame(CONTINUATION, END_HEADERS, 1, two);
    let cases = [
        case(
            "another kind between",
            [open(), frame(PING, 0, 0, b"12345678"), rest()],
            &[GONE],
        ),
        case(
            "an unknown kind between",
            [open(), frame(0xbe, 0, 0, b""), rest()],
            &[GONE],
        ),
        case(
            "DATA between",
            [open(), frame(DATA, 0, 1, BODY), rest()],
            &[GONE],
        ),
        case("another stream between", [open(), post(3, BODY)], &[GONE]),
        case(
            "of another stream",
            [open(), frame(CONTINUATION, END_HEADERS, 3, two)],
            &[GONE],
        ),
        case(
            "of no stream",
            [open(), frame(CONTINUATION, END_HEADERS, 0, two)],
            &[GONE],
        ),
        case(
            "after the end of the block",
            [head(1, &ORDINARY), rest()],
            &[GONE],
        ),
    ];
    play(&fixture, &cases);

    let mut peer = connect(&fixture);
    peer.send(&frame(HEADERS, 0, 1, one));
    for piece in two.chunks(two.len() / 3) {
        peer.send(&frame(CONTINUATION, 0, 1, piece));
    }
    peer.send(
        &[
            frame(CONTINUATION, END_HEADERS, 1, b""),
            frame(DATA, END_STREAM, 1, BODY),
        ]
        .concat(),
    );
    assert_eq!(peer.end(1), End::Answer(200));
    assert_only_ordinary(&fixture);
}

#[test]
fn interleaved_streams_are_kept_apart() {
    let fixture = locked();
    let mut peer = connect(&fixture);
    let (one, two) = BODY.split_at(11);
    peer.send(&[head(1, &ORDINARY), head(3, &ORDINARY)].concat());
    peer.send(&[frame(DATA, 0, 3, one), frame(DATA, 0, 1, one)].concat());
    peer.send(
        &[
            frame(DATA, END_STREAM, 1, two),
            frame(DATA, END_STREAM, 3, two),
        ]
        .concat(),
    );
    peer.end_all(&[1, 3]);
    assert_only_ordinary(&fixture);
    assert_eq!(fixture.provider.requests().len(), 2);
}
