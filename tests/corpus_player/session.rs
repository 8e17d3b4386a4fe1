//! The client's side of HTTP/2 and of a WebSocket: what is sent at the end overtakes nothing, and its
//! answer says that all before it was dealt with.

use std::io::Write as _;

use fake_provider::websocket;

use crate::corpus_player::client::Client;
use crate::corpus_player::frame::{self, Frame};

impl Client {
    /// A connection of HTTP/2: until every stream that the bytes open has ended, or the connection.
    pub(crate) fn http2(&mut self, bytes: &[u8], half_close: bool) {
        let mut open = streams(bytes);
        self.writing(bytes, half_close, |client| {
            let mut is_marked = false;
            while let Some(frame) = client.frame() {
                client.answers.statuses.extend(frame.status());
                if frame.ends_stream() {
                    open.retain(|stream| *stream != frame.stream);
                }
                let is_over = open.is_empty() && frame.kind != frame::PING;
                if is_over && !is_marked && !half_close {
                    is_marked = true;
                    drop(
                        client
                            .socket
                            .write_all(&frame::frame(frame::PING, 0, 0, b"the last")),
                    );
                }
                if frame.kind == frame::GOAWAY || (is_marked && frame.kind == frame::PING) {
                    return;
                }
            }
        });
    }

    fn frame(&mut self) -> Option<Frame> {
        loop {
            if let Some((frame, length)) = frame::first(&self.pending) {
                self.pending.drain(..length);
                return Some(frame);
            }
            if !self.more() {
                return None;
            }
        }
    }

    /// A WebSocket: the frames of the client, then a ping that overtakes none of them.
    pub(crate) fn websocket(&mut self, handshake: &[u8], frames: &[u8], same_segment: bool) {
        let first = if same_segment { frames } else { b"" };
        self.writing(&[handshake, first].concat(), false, |client| {
            client.answer(false);
        });
        if self.answers.statuses.last() != Some(&101) {
            return;
        }
        let rest = if same_segment { b"" } else { frames };
        let rest = [rest, masked(9, b"the last").as_slice()].concat();
        self.writing(&rest, false, |client| {
            client.messages(|last| last == (10, b"the last"));
        });
        if self.answers.close_code.is_none() && !self.answers.is_closed {
            self.writing(&masked(8, &[3, 232]), false, |client| {
                client.messages(|_| false);
            });
        }
    }

    fn messages(&mut self, is_last: impl Fn((u8, &[u8])) -> bool) {
        loop {
            let Some((frame, length)) = websocket::first(&self.pending) else {
                if !self.more() {
                    return;
                }
                continue;
            };
            self.pending.drain(..length);
            if is_last((frame.opcode, &frame.content)) {
                return;
            }
            match frame.opcode {
                8 => {
                    let code = frame
                        .content
                        .first_chunk()
                        .map(|code| u16::from_be_bytes(*code));
                    self.answers.close_code = Some(code.unwrap_or(1005));
                }
                1 | 2 => self.answers.messages.push(frame.content),
                _ => {}
            }
        }
    }
}

/// The streams that a client's bytes open.
fn streams(bytes: &[u8]) -> Vec<u32> {
    let mut left = bytes.strip_prefix(frame::PREFACE).unwrap_or_default();
    let mut streams = Vec::new();
    while let Some((frame, length)) = frame::first(left) {
        if frame.kind == frame::HEADERS && !streams.contains(&frame.stream) {
            streams.push(frame.stream);
        }
        left = &left[length..];
    }
    streams
}

/// A whole short frame as a client sends it.
fn masked(kind: u8, payload: &[u8]) -> Vec<u8> {
    let mask = [7, 6, 5, 4];
    let length = u8::try_from(payload.len()).unwrap();
    let payload = payload.iter().zip(mask.iter().cycle());
    let mut bytes = vec![0x80 | kind, 0x80 | length, 7, 6, 5, 4];
    bytes.extend(payload.map(|(byte, mask)| byte ^ mask));
    bytes
}
