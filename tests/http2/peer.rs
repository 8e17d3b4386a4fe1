//! A client that says every frame itself.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use crate::frame::{
    ACK, DATA, END_HEADERS, END_STREAM, Frame, GOAWAY, HEADERS, PING, PREFACE, RST_STREAM,
    SETTINGS, field, first, frame,
};

/// Long enough for a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// How a stream, or the connection with it, ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// Answered, with a status.
    Answer(u16),
    /// A stream error and its code.
    Reset(u32),
    /// A connection error and its code.
    Gone(u32),
    /// The connection was closed without a word.
    Closed,
}

pub(crate) struct Peer {
    socket: TcpStream,
    pending: Vec<u8>,
}

impl Peer {
    /// A connection on which nothing was said.
    pub(crate) fn silent(address: SocketAddr) -> Self {
        let socket = TcpStream::connect(address).unwrap();
        socket.set_nodelay(true).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        socket.set_write_timeout(Some(PATIENCE)).unwrap();
        Self {
            socket,
            pending: Vec::new(),
        }
    }

    /// A connection on which HTTP/2 is spoken.
    pub(crate) fn connect(address: SocketAddr) -> Self {
        let mut peer = Self::silent(address);
        peer.send(PREFACE);
        peer.send(&frame(SETTINGS, 0, 0, b""));
        peer
    }

    /// Where the other side has gone, what it said before tells why.
    pub(crate) fn send(&mut self, bytes: &[u8]) -> bool {
        self.socket.write_all(bytes).is_ok()
    }

    pub(crate) fn shut(&mut self) {
        drop(self.socket.shutdown(Shutdown::Write));
    }

    /// The next frame, or nothing where the connection has ended.
    pub(crate) fn next(&mut self) -> Option<Frame> {
        loop {
            if let Some((frame, length)) = first(&self.pending) {
                self.pending.drain(..length);
                return Some(frame);
            }
            let mut buffer = [0; 1 << 14];
            match self.socket.read(&mut buffer) {
                Ok(0) => return None,
                Ok(length) => self.pending.extend_from_slice(&buffer[..length]),
                Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => return None,
                // A read with a deadline ends early where the machine is busy enough.
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => panic!("nothing more comes: {error}"),
            }
        }
    }

    /// The next frame of a kind.
    pub(crate) fn wait(&mut self, kind: u8) -> Frame {
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            let frame = self.next().expect("the connection goes on");
            if frame.kind == kind {
                return frame;
            }
        }
        panic!("no frame {kind}");
    }

    /// How a stream ends.
    pub(crate) fn end(&mut self, stream: u32) -> End {
        let mut status = None;
        loop {
            let Some(frame) = self.next() else {
                return End::Closed;
            };
            match frame.kind {
                SETTINGS if frame.flags & ACK == 0 => {
                    self.send(&crate::frame::frame(SETTINGS, ACK, 0, b""));
                }
                GOAWAY if frame.code(4) != 0 => return End::Gone(frame.code(4)),
                RST_STREAM if frame.stream == stream => {
                    // After a whole answer the rest of a request may be declined.
                    return status.map_or(End::Reset(frame.code(0)), End::Answer);
                }
                HEADERS | DATA if frame.stream == stream => {
                    status = status.or(frame.status());
                    if frame.flags & END_STREAM != 0 {
                        return End::Answer(status.expect("a status that is read here"));
                    }
                }
                _ => {}
            }
        }
    }

    /// Waits for the end of each of several streams, in whatever order they end.
    pub(crate) fn end_all(&mut self, streams: &[u32]) {
        let mut open = streams.to_vec();
        while !open.is_empty() {
            let frame = self.next().expect("the connection goes on");
            assert_ne!(
                (frame.kind, open.contains(&frame.stream)),
                (RST_STREAM, true)
            );
            if frame.ends_stream() {
                open.retain(|stream| *stream != frame.stream);
            }
        }
    }

    /// All bytes that still come, whatever they are.
    pub(crate) fn rest(&mut self) -> Vec<u8> {
        let mut rest = std::mem::take(&mut self.pending);
        // A reset is an end as well.
        drop(self.socket.read_to_end(&mut rest));
        rest
    }

    /// Writes as much as is taken at once, and leaves it at that.
    pub(crate) fn never_blocks(&mut self, write: impl FnOnce(&mut Self) -> bool) {
        self.socket.set_nonblocking(true).unwrap();
        assert!(write(self), "without end");
        self.socket.set_nonblocking(false).unwrap();
    }

    /// Whether the other side ends the connection.
    pub(crate) fn is_closed(&mut self) -> bool {
        while let Some(got) = self.next() {
            assert_ne!(got.kind, HEADERS, "an answer after the end");
            // The server wants to know that its going was heard of.
            if got.kind == PING && got.flags & ACK == 0 {
                self.send(&frame(PING, ACK, 0, &got.content));
            }
        }
        true
    }

    /// Whether the connection goes on: a ping comes back, and a request on a new stream is answered.
    pub(crate) fn goes_on(&mut self, stream: u32) -> bool {
        self.send(&frame(PING, 0, 0, b"still on"));
        let pong = self.wait(PING);
        assert_eq!(
            (pong.flags & ACK, pong.content.as_slice()),
            (ACK, &b"still on"[..])
        );
        self.send(&post(stream, BODY));
        self.end(stream) == End::Answer(200)
    }
}

pub(crate) const BODY: &[u8] = br#"{"model":"other-model","input":"hi"}"#;

/// The fields of an ordinary request.
pub(crate) const ORDINARY: [(&str, &str); 5] = [
    (":method", "POST"),
    (":scheme", "http"),
    (":authority", "localhost"),
    (":path", "/v1/responses"),
    ("content-type", "application/json"),
];

pub(crate) fn block(fields: &[(&str, &str)]) -> Vec<u8> {
    fields
        .iter()
        .flat_map(|(name, value)| field(name, value))
        .collect()
}

/// The head of a request, its content to come.
pub(crate) fn head(stream: u32, fields: &[(&str, &str)]) -> Vec<u8> {
    frame(HEADERS, END_HEADERS, stream, &block(fields))
}

/// A whole request.
pub(crate) fn post(stream: u32, body: &[u8]) -> Vec<u8> {
    [
        head(stream, &ORDINARY),
        frame(DATA, END_STREAM, stream, body),
    ]
    .concat()
}
