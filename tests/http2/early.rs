//! Responses that come before a request was sent to its end (section 8.1).

use crate::frame::{DATA, RST_STREAM, frame};
use crate::peer::{End, ORDINARY, head};
use crate::{connect, locked};

const NO_ERROR: u32 = 0;

#[test]
fn rejection_during_an_upload_arrives_and_the_rest_is_declined_without_an_error() {
    let fixture = locked();
    let mut peer = connect(&fixture);
    let mut fields = ORDINARY.to_vec();
    fields[3].1 = "/v1/unlisted";
    fields.push(("content-length", "100000000"));
    peer.send(&head(1, &fields));
    peer.send(&frame(DATA, 0, 1, &[b' '; 16_000]));
    assert_eq!(peer.end(1), End::Answer(404));
    let reset = peer.wait(RST_STREAM);
    assert_eq!((reset.stream, reset.code(0)), (1, NO_ERROR));
    // What the client had sent before it heard of it does no harm.
    peer.send(&frame(DATA, 0, 1, b" "));
    assert!(peer.goes_on(3));
}
