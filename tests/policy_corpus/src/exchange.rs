//! One exchange as both sides saw it.

use crate::case::{Case, Expect, Request};

/// One exchange as both sides saw it.
pub struct Played<'a> {
    pub case: &'a Case,
    pub request: &'a Request,
    pub expect: &'a Expect,
    pub answers: Answers,
    pub connections: Vec<Connection>,
}

/// What the client saw.
#[derive(Debug, Default)]
pub struct Answers {
    /// Final statuses, in order.
    pub statuses: Vec<u16>,
    /// The content and the head of the last answer.
    pub head: String,
    pub body: Vec<u8>,
    /// Whether the other side ended the connection.
    pub is_closed: bool,
    /// Text and binary messages of a WebSocket.
    pub messages: Vec<Vec<u8>>,
    pub close_code: Option<u16>,
    pub problems: Vec<String>,
    pub all: Vec<u8>,
}

/// All that one connection brought to the provider.
#[derive(Debug, Default)]
pub struct Connection {
    pub bytes: Vec<u8>,
    pub requests: Vec<Seen>,
    pub handshakes: Vec<Seen>,
    /// Messages of a WebSocket, whole.
    pub messages: Vec<Vec<u8>>,
    /// Frames that were a message or a part of one.
    pub pieces: usize,
    /// What went wrong on it.
    pub problems: Vec<String>,
}

/// One request as it arrived.
#[derive(Debug, Default)]
pub struct Seen {
    pub method: String,
    pub target: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// Names of the trailer's fields.
    pub trailers: Vec<String>,
    /// Why it is no well-formed request.
    pub problems: Vec<String>,
}

impl Seen {
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    }

    pub fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }
}

impl Answers {
    /// Returns the value of a field of the last answer's head.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(':'));
        let (_, value) = lines.find(|(key, _)| key.eq_ignore_ascii_case(name))?;
        Some(value.trim())
    }

    /// Returns the messages of a WebSocket that say that another one was refused.
    pub fn errors(&self) -> Vec<String> {
        let texts = self.messages.iter();
        let mut texts: Vec<_> = texts
            .map(|text| String::from_utf8_lossy(text).into_owned())
            .collect();
        texts.retain(|text| text.starts_with(r#"{"type":"error""#));
        texts
    }
}

pub fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes
        .windows(wanted.len())
        .position(|window| window == wanted)
}
