//! What one client can make the server hold or do is bounded.

use crate::frame::{
    CONTINUATION, DATA, END_HEADERS, END_STREAM, GOAWAY, HEADERS, PING, RST_STREAM, SETTINGS,
    field, frame,
};
use crate::peer::{BODY, End, ORDINARY, block, head, post};
use crate::{ENHANCE_YOUR_CALM, PROTOCOL_ERROR, REFUSED_STREAM, connect, locked};

/// Section 5.1.2: no more streams at once than the settings said.
#[test]
fn streams_over_the_limit_are_refused() {
    let fixture = locked();
    let mut peer = connect(&fixture);
    let output = peer.wait(SETTINGS);
    let most = output
        .content
        .chunks(6)
        .find(|setting| setting[..2] == [0, 3])
        .map(|setting| u32::from_be_bytes(setting[2..].try_into().unwrap()))
        .expect("a limit is said");
    assert!((1..=1000).contains(&most), "{most}");
    peer.send(&frame(SETTINGS, 1, 0, b""));
    for number in 0..most {
        peer.send(&head(2 * number + 1, &ORDINARY));
    }
    let over = 2 * most + 1;
    peer.send(&head(over, &ORDINARY));
    let end = peer.end(over);
    assert!(
        matches!(end, End::Reset(REFUSED_STREAM | PROTOCOL_ERROR)),
        "{end:?}"
    );
    // Where one ends, another may begin.
    peer.send(&frame(DATA, END_STREAM, 1, BODY));
    assert_eq!(peer.end(1), End::Answer(200));
    peer.send(&post(over + 2, BODY));
    assert_eq!(peer.end(over + 2), End::Answer(200));
}

/// Streams that are opened and reset at once, without end.
#[test]
fn rapid_resets_end_the_connection() {
    let fixture = locked();
    let mut peer = connect(&fixture);
    let fields = block(&ORDINARY);
    let mut sent = 0;
    // Long before all of them are sent, nobody takes them any more.
    while sent < 20_000 {
        let stream = 2 * sent + 1;
        let pair = [
            frame(HEADERS, END_HEADERS, stream, &fields),
            frame(RST_STREAM, 0, stream, &8_u32.to_be_bytes()),
        ];
        if !peer.send(&pair.concat()) {
            break;
        }
        sent += 1;
    }
    let end = peer.end(u32::MAX);
    assert!(
        matches!(end, End::Gone(ENHANCE_YOUR_CALM) | End::Closed),
        "{end:?} after {sent}"
    );
    assert!(connect(&fixture).goes_on(1), "others are served");
    assert_eq!(fixture.provider.requests().len(), 1);
}

/// A block of fields that never ends.
#[test]
fn header_block_without_end_ends_the_connection() {
    let fixture = locked();
    let mut peer = connect(&fixture);
    peer.send(&frame(HEADERS, END_STREAM, 1, &block(&ORDINARY)));
    let piece = field("x-more", &"x".repeat(16_000));
    let mut sent = 0;
    while sent < 10_000 && peer.send(&frame(CONTINUATION, 0, 1, &piece)) {
        sent += 1;
    }
    assert!(sent < 10_000, "160 MB of fields were taken");
    let end = peer.end(1);
    assert!(matches!(end, End::Gone(_) | End::Closed), "{end:?}");
    assert!(connect(&fixture).goes_on(1), "others are served");
}

/// More fields than a head may hold: refused, and the connection goes on.
#[test]
fn head_over_the_limit_is_refused() {
    let fixture = locked();
    let mut peer = connect(&fixture);
    let mut fields = block(&ORDINARY);
    for _ in 0..70 {
        fields.extend(field("x-more", &"x".repeat(1000)));
    }
    let mut pieces = fields.chunks(16_000);
    peer.send(&frame(HEADERS, 0, 1, pieces.next().unwrap()));
    for piece in pieces {
        peer.send(&frame(CONTINUATION, 0, 1, piece));
    }
    peer.send(&frame(CONTINUATION, END_HEADERS, 1, b""));
    let end = peer.end(1);
    assert!(
        matches!(end, End::Answer(431 | 413) | End::Reset(_)),
        "{end:?}"
    );
    assert!(peer.goes_on(3));
    assert_eq!(fixture.provider.requests().len(), 1);
}

/// A client that pings and reads nothing: its connection ends or waits, and others are served.
#[test]
fn unread_pings_do_not_exhaust_the_server() {
    let fixture = locked();
    let mut peer = connect(&fixture);
    let pings = frame(PING, 0, 0, b"12345678").repeat(1000);
    peer.never_blocks(|peer| {
        // Either is a bound: no more is taken, or the connection ends.
        (0..10_000).any(|_| !peer.send(&pings))
    });
    assert!(connect(&fixture).goes_on(1), "others are served");
}

/// At its end the server says which streams it has taken (section 6.8).
#[test]
fn shutdown_sends_goaway_with_the_last_stream() {
    let mut fixture = locked();
    let mut peer = connect(&fixture);
    peer.send(&post(1, BODY));
    assert_eq!(peer.end(1), End::Answer(200));
    fixture.proxy_mut().daemon().signal("TERM").unwrap();
    let goaway = peer.wait(GOAWAY);
    assert_eq!(goaway.code(4), 0, "no error");
    assert!(peer.is_closed());
}
