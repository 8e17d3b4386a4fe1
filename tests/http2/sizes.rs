//! Lengths, padding, packed fields and windows.

use crate::connection::{FLOW, GONE, SIZE, setting, window};
use crate::frame::{
    DATA, END_HEADERS, END_STREAM, GOAWAY, HEADERS, PADDED, PING, PRIORITY, RST_STREAM, SETTINGS,
    WINDOW_UPDATE, frame,
};
use crate::peer::{BODY, End, ORDINARY, block, post};
use fake_provider::fixture::Fixture;

use crate::{
    COMPRESSION_ERROR, FLOW_CONTROL_ERROR, FRAME_SIZE_ERROR, PROTOCOL_ERROR, case, connect, locked,
    play,
};

/// Sections 4.2, 6.1 to 6.4, 6.9: lengths.
#[test]
fn frame_sizes_that_are_wrong_are_refused() {
    let fixture = locked();
    let fields = block(&ORDINARY);
    let open = || frame(HEADERS, END_HEADERS, 1, &fields);
    let cases = [
        case(
            "HEADERS of 16385",
            [frame(HEADERS, END_HEADERS, 1, &vec![0; 16_385])],
            &[SIZE],
        ),
        case(
            "DATA of 16385",
            [open(), frame(DATA, 0, 1, &vec![0; 16_385])],
            &[SIZE, End::Reset(FRAME_SIZE_ERROR)],
        ),
        case(
            "SETTINGS of 16386",
            [frame(SETTINGS, 0, 0, &vec![0; 16_386])],
            &[SIZE],
        ),
        case(
            "a kind that is unknown of 16385",
            [frame(0xbe, 0, 0, &vec![0; 16_385])],
            &[SIZE],
        ),
        case(
            "RST_STREAM of 3",
            [open(), frame(RST_STREAM, 0, 1, b"123")],
            &[SIZE],
        )
        .but(GONE),
        case(
            "WINDOW_UPDATE of 3",
            [frame(WINDOW_UPDATE, 0, 0, b"123")],
            &[SIZE],
        )
        .but(GONE),
        case(
            "WINDOW_UPDATE of 5",
            [open(), frame(WINDOW_UPDATE, 0, 1, b"12345")],
            &[SIZE],
        )
        .but(GONE),
        case("GOAWAY of 7", [frame(GOAWAY, 0, 0, &[0; 7])], &[SIZE]).but(GONE),
        case(
            "PRIORITY of 4",
            [open(), frame(PRIORITY, 0, 1, b"1234")],
            &[SIZE, End::Reset(FRAME_SIZE_ERROR)],
        )
        .but(GONE),
    ];
    play(&fixture, &cases);
}

/// Sections 6.1 and 6.2: padding.
#[test]
fn padding_that_is_wrong_is_refused() {
    let fixture = locked();
    let fields = block(&ORDINARY);
    let open = || frame(HEADERS, END_HEADERS, 1, &fields);
    let cases = [
        case(
            "padding longer than DATA",
            [open(), frame(DATA, PADDED | END_STREAM, 1, &[9, b'x'])],
            &[GONE],
        ),
        case(
            "padding that DATA has no room for",
            [open(), frame(DATA, PADDED | END_STREAM, 1, b"")],
            &[SIZE, GONE],
        ),
        case(
            "padding longer than HEADERS",
            [frame(HEADERS, PADDED | END_HEADERS, 1, &[9, 0])],
            &[GONE],
        ),
        case(
            "padding as it should be",
            [
                frame(
                    HEADERS,
                    PADDED | END_HEADERS,
                    1,
                    &[&[2][..], &fields, &[0, 0]].concat(),
                ),
                frame(
                    DATA,
                    PADDED | END_STREAM,
                    1,
                    &[&[3][..], BODY, &[0; 3]].concat(),
                ),
            ],
            &[End::Answer(200)],
        ),
        case(
            "DATA of 16384",
            [open(), frame(DATA, END_STREAM, 1, &largest())],
            &[End::Answer(200)],
        ),
    ];
    play(&fixture, &cases);
}

/// The largest frame that may come unasked.
fn largest() -> Vec<u8> {
    let mut body = BODY.to_vec();
    body.resize(16_384, b' ');
    body
}

/// Section 4.3.
#[test]
fn header_block_that_cannot_be_decoded_ends_the_connection() {
    let fixture = locked();
    let packed = End::Gone(COMPRESSION_ERROR);
    let whole = END_HEADERS | END_STREAM;
    let cases = [
        case("entry 0", [frame(HEADERS, whole, 1, &[0x80])], &[packed]).but(GONE),
        case(
            "an entry that is not there",
            [frame(HEADERS, whole, 1, &[0xff, 0x7f])],
            &[packed],
        )
        .but(GONE),
        case(
            "a text that ends early",
            [frame(HEADERS, whole, 1, &[0, 9, b'a'])],
            &[packed],
        )
        .but(GONE),
        case(
            "a number without end",
            [frame(HEADERS, whole, 1, &[0xff; 12])],
            &[packed],
        )
        .but(GONE),
        case(
            "padding of a packed text that is none",
            [frame(HEADERS, whole, 1, &[0, 1, b'a', 0x81, 0])],
            &[packed],
        )
        .but(GONE),
        case(
            "a table larger than allowed",
            [frame(HEADERS, whole, 1, &[0x3f, 0xff, 0xff, 3])],
            &[packed],
        )
        .but(GONE),
        case(
            "a new size of the table after a field",
            [frame(HEADERS, whole, 1, &[0x83, 0x20])],
            &[packed],
        )
        .but(GONE),
    ];
    play(&fixture, &cases);
}

/// Section 6.9.
#[test]
fn flow_control_windows_are_respected() {
    let fixture = locked();
    let open = || frame(HEADERS, END_HEADERS, 1, &block(&ORDINARY));
    let most = (1 << 31) - 1;
    let cases = [
        case("by nothing", [window(0, 0)], &[GONE]),
        case(
            "by nothing on a stream",
            [open(), window(1, 0)],
            &[End::Reset(PROTOCOL_ERROR), GONE],
        ),
        case("too far", [window(0, most)], &[FLOW]),
        case(
            "too far on a stream",
            [open(), window(1, most)],
            &[End::Reset(FLOW_CONTROL_ERROR)],
        ),
        case(
            "too far by a setting",
            [open(), window(1, most - 65_535), setting(4, 65_536)],
            &[FLOW],
        ),
        case("on a stream that never was", [window(3, 1)], &[GONE]),
        case(
            "on a stream that is over",
            [post(1, BODY), window(1, 1)],
            &[End::Answer(200)],
        ),
    ];
    play(&fixture, &cases);
    one_byte_at_a_time(&fixture);
}

/// No more is sent than the client has room for, and a window of a setting counts for streams that
/// are open.
fn one_byte_at_a_time(fixture: &Fixture) {
    let mut peer = connect(fixture);
    peer.send(&[setting(4, 1), post(1, BODY)].concat());
    let mut body = peer.wait(DATA);
    let mut all = Vec::new();
    assert_eq!(body.content.len(), 1);
    while body.flags & END_STREAM == 0 {
        all.append(&mut body.content);
        // All that came is answered; nothing comes until more is allowed.
        peer.send(&frame(PING, 0, 0, b"anything"));
        assert_eq!(peer.next().unwrap().kind, PING);
        if all.len() == 3 {
            peer.send(&setting(4, 1 << 20));
        } else {
            peer.send(&window(1, 1));
        }
        body = peer.wait(DATA);
    }
    assert!(all.len() > 3 || body.content.len() > 3);
}
