//! What is answered: like a provider, or step by step as a test wants it.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::net::{Shutdown, TcpStream};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use crate::Record;

/// An answer to one request.
#[derive(Debug)]
pub enum Reply {
    /// Like the provider, with these output items (JSON texts) in place of a message.
    Output(Vec<String>),
    /// Exactly these steps; the connection stays open after them unless one closes it.
    Steps(Vec<Step>),
}

/// One step of an answer.
#[derive(Debug)]
pub enum Step {
    /// Writes these bytes.
    Send(Vec<u8>),
    /// Waits for a word from the test, or for its end of the channel to go.
    Wait(Receiver<()>),
    /// Writes each text as the test hands it over, until its end of the channel goes.
    Pour(Receiver<Vec<u8>>),
    /// Says that nothing more will be written.
    HalfClose,
    /// Closes both directions.
    Close,
}

impl Reply {
    /// Bytes and nothing else.
    pub fn raw(bytes: impl Into<Vec<u8>>) -> Self {
        Self::Steps(vec![Step::Send(bytes.into())])
    }

    /// A JSON answer with a status.
    pub fn json(status: u16, body: &str) -> Self {
        Self::raw(response(status, "application/json", &[], body.as_bytes()))
    }

    /// An event stream that the test writes: each text it sends is one chunk on the wire.
    pub fn stream(events: Receiver<Vec<u8>>) -> Self {
        let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
        Self::Steps(vec![
            Step::Send(head.into()),
            Step::Pour(events),
            Step::Send(LAST_CHUNK.into()),
        ])
    }
}

/// One chunk of a chunked body (RFC 9112 section 7.1).
pub fn chunk(bytes: &[u8]) -> Vec<u8> {
    let mut out = format!("{:x}\r\n", bytes.len()).into_bytes();
    out.extend_from_slice(bytes);
    out.extend_from_slice(b"\r\n");
    out
}

/// A whole answer with a length.
pub(crate) fn response(status: u16, kind: &str, fields: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut out = head(status, kind, fields);
    out.extend_from_slice(format!("content-length: {}\r\n\r\n", body.len()).as_bytes());
    out.extend_from_slice(body);
    out
}

/// The head of an answer without its end.
pub(crate) fn head(status: u16, kind: &str, fields: &[(&str, &str)]) -> Vec<u8> {
    let mut out =
        format!("HTTP/1.1 {status} Stand-in\r\ncontent-type: {kind}\r\nx-request-id: req_fake\r\n");
    for (name, value) in fields {
        write!(out, "{name}: {value}\r\n").unwrap_or_default();
    }
    out.into_bytes()
}

/// Takes one step after another, and says whether the connection stays open.
pub(crate) fn play(
    steps: Vec<Step>,
    socket: &mut TcpStream,
    record: &Record,
    connection: usize,
) -> io::Result<bool> {
    let gone = || record.is_closed(connection);
    for step in steps {
        match step {
            Step::Send(bytes) => socket.write_all(&bytes)?,
            Step::Wait(word) => drop(next(&word, &gone)),
            Step::Pour(texts) => {
                while let Some(text) = next(&texts, &gone) {
                    socket.write_all(&chunk(&text))?;
                }
                if gone() {
                    return Ok(false);
                }
            }
            Step::HalfClose => socket.shutdown(Shutdown::Write)?,
            Step::Close => {
                socket.shutdown(Shutdown::Both)?;
                return Ok(false);
            }
        }
    }
    Ok(true)
}

/// The next thing from a channel, unless the channel, the connection or the patience ends.
fn next<T>(channel: &Receiver<T>, gone: &dyn Fn() -> bool) -> Option<T> {
    let deadline = Instant::now() + PATIENCE;
    while Instant::now() < deadline && !gone() {
        match channel.recv_timeout(TICK) {
            Ok(thing) => return Some(thing),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return None,
        }
    }
    None
}

/// Ends a chunked body.
pub(crate) const LAST_CHUNK: &str = "0\r\n\r\n";
/// How often a waiting answer looks whether its connection is still there.
const TICK: Duration = Duration::from_millis(50);
/// No test waits longer than this for itself.
const PATIENCE: Duration = Duration::from_mins(5);
