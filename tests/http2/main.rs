//! HTTP/2 as RFC 9113 asks a server to speak it, frame by frame, and its tools `nghttp` and `h2load`.
//!
//! What has to be a connection error ends the connection with `GOAWAY` and that code; what has to be a
//! stream error ends the stream, and the connection goes on. Where the RFC leaves a choice, each is
//! taken; so may a stream error be treated as a connection error (section 5.4.1). Where the library
//! below does something else that is safe, it stands beside the case: `but`.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "a test that cannot go on fails"
)]

mod connection;
mod early;
mod fields;
mod frame;
mod limits;
mod peer;
mod sizes;
mod streams;
mod tools;

use fake_provider::fixture;
use fake_provider::fixture::Fixture;

use peer::{End, Peer};

/// Error codes (section 7).
const PROTOCOL_ERROR: u32 = 1;
const FLOW_CONTROL_ERROR: u32 = 3;
const STREAM_CLOSED: u32 = 5;
const FRAME_SIZE_ERROR: u32 = 6;
const REFUSED_STREAM: u32 = 7;
const COMPRESSION_ERROR: u32 = 9;
const ENHANCE_YOUR_CALM: u32 = 11;

/// Returns a proxy that forces, before a provider.
fn locked() -> Fixture {
    fixture!("force", &["--header-timeout", "5s"])
}

fn connect(fixture: &Fixture) -> Peer {
    Peer::connect(fixture.address())
}

/// What a client sends after the preface and its settings, on stream 1 where it needs one, and how
/// that may end.
struct Case {
    name: &'static str,
    sent: Vec<Vec<u8>>,
    ends: Vec<End>,
    /// What comes instead: safe, and not what the RFC asks for.
    instead: Option<End>,
}

impl Case {
    /// A finding about the library below: it is told when it is none any more.
    fn but(mut self, instead: End) -> Self {
        self.instead = Some(instead);
        self
    }
}

fn case<const N: usize>(name: &'static str, sent: [Vec<u8>; N], ends: &[End]) -> Case {
    Case {
        name,
        sent: sent.into(),
        ends: ends.to_vec(),
        instead: None,
    }
}

/// Plays each on a connection of its own, and tells all that differ at once.
fn play(fixture: &Fixture, cases: &[Case]) {
    let mut differ = Vec::new();
    for case in cases {
        let mut peer = connect(fixture);
        peer.send(&case.sent.concat());
        let end = peer.end(1);
        let after = match end {
            End::Gone(_) | End::Closed => peer.is_closed(),
            // The streams of the cases are below this one.
            End::Answer(_) | End::Reset(_) => peer.goes_on(101),
        };
        let is_right = match case.instead {
            None => case.ends.contains(&end),
            Some(instead) => end == instead,
        };
        if !is_right || !after {
            let Case {
                name,
                ends,
                instead,
                ..
            } = case;
            differ.push(format!(
                "{name}: {end:?}, want {ends:?}, or {instead:?} as it was"
            ));
        }
    }
    assert!(differ.is_empty(), "{differ:#?}");
}

/// Nothing but the requests that show that a connection goes on reached the provider.
fn assert_only_ordinary(fixture: &Fixture) {
    for request in fixture.provider.requests() {
        assert_eq!(request.body, br#"{"model":"gpt-5.5","input":"hi"}"#);
    }
}
