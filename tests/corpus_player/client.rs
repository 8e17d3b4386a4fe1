//! Plays the client's side of a case on a raw socket, and notes all that comes back.

use std::io::{self, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::thread;

use policy_corpus::exchange::{Answers, find};

use crate::corpus_player::PATIENCE;

/// How a request is sent.
#[derive(Clone, Copy, Default)]
pub(crate) struct Manner {
    /// The writing half is closed after the last byte.
    pub(crate) half_close: bool,
    /// How many answers belong to it.
    pub(crate) answers: usize,
    /// The bytes are the case's own, so that more may be in them than one request.
    pub(crate) is_raw: bool,
    pub(crate) is_head: bool,
}

pub(crate) struct Client {
    pub(super) socket: TcpStream,
    pub(super) pending: Vec<u8>,
    pub(crate) answers: Answers,
}

/// A request that is refused and reaches nobody: its answer says that all before it was dealt with.
const LAST: &[u8] = b"GET /end-of-case HTTP/1.1\r\nHost: proxy.test\r\n\r\n";

impl Client {
    pub(crate) fn connect(address: SocketAddr) -> Self {
        let socket = TcpStream::connect(address).unwrap();
        socket.set_nodelay(true).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        socket.set_write_timeout(Some(PATIENCE)).unwrap();
        Self {
            socket,
            pending: Vec::new(),
            answers: Answers::default(),
        }
    }

    /// Writes beside the reading, since a refusal may come before the end of the content.
    pub(super) fn writing(
        &mut self,
        bytes: &[u8],
        half_close: bool,
        read: impl FnOnce(&mut Self) + Send,
    ) {
        let mut socket = self.socket.try_clone().unwrap();
        thread::scope(|scope| {
            scope.spawn(move || {
                // Where the other side wants no more, its answer says why.
                drop(socket.write_all(bytes));
                if half_close {
                    drop(socket.shutdown(Shutdown::Write));
                }
            });
            read(self);
        });
    }

    pub(crate) fn http1(&mut self, bytes: &[u8], manner: Manner) {
        self.writing(bytes, manner.half_close, |client| {
            while client.answers.statuses.len() < manner.answers && client.answer(manner.is_head) {}
        });
        if manner.half_close {
            while self.answer(manner.is_head) {}
        } else if manner.is_raw && !self.answers.is_closed {
            // Only what was asked in the case is looked at: the rest says when it is over.
            let seen = (self.answers.head.clone(), self.answers.body.clone());
            let before = self.answers.statuses.len();
            self.writing(LAST, false, |client| {
                while client.answer(false) && client.answers.statuses.last() != Some(&404) {}
            });
            if self.answers.statuses.len() > before && self.answers.statuses.last() == Some(&404) {
                self.answers.statuses.pop();
            }
            (self.answers.head, self.answers.body) = seen;
        }
    }

    /// Reads until the other side ends the connection, which a case asks for.
    pub(crate) fn closed(&mut self) {
        while !self.answers.is_closed && self.more() {}
    }

    /// Reads an answer; nothing more comes where there is none.
    pub(super) fn answer(&mut self, is_head: bool) -> bool {
        let Some(end) = self.until(b"\r\n\r\n") else {
            return false;
        };
        let head: Vec<u8> = self.pending.drain(..end + 4).collect();
        let head = String::from_utf8_lossy(&head).into_owned();
        let status = head.split(' ').nth(1).and_then(|word| word.parse().ok());
        let (true, Some(status)) = (head.starts_with("HTTP/1."), status) else {
            self.answers.problems.push(format!("answer {head:?}"));
            return false;
        };
        if status == 100 {
            return self.answer(is_head);
        }
        let of = |name: &str| {
            head.lines().find_map(|line| {
                let (key, value) = line.split_once(':')?;
                key.eq_ignore_ascii_case(name)
                    .then(|| value.trim().to_owned())
            })
        };
        let length = of("content-length").and_then(|length| length.parse::<usize>().ok());
        let body = match (length, of("transfer-encoding")) {
            _ if is_head || status == 101 || status == 204 || status == 304 => Some(Vec::new()),
            (Some(length), None) => self.take(length),
            (None, Some(_)) => self.chunks(),
            _ => {
                while self.more() {}
                Some(std::mem::take(&mut self.pending))
            }
        };
        self.answers.statuses.push(status);
        self.answers.head = head;
        if body.is_none() {
            self.answers
                .problems
                .push("an answer that breaks off".to_owned());
        }
        self.answers.body = body.unwrap_or_default();
        true
    }

    fn chunks(&mut self) -> Option<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let end = self.until(b"\r\n")?;
            let line = self.take(end + 2)?;
            let size = std::str::from_utf8(&line[..end]).ok()?;
            let size = usize::from_str_radix(size, 16).ok()?;
            let data = self.take(size + 2)?;
            if size == 0 {
                return Some(body);
            }
            body.extend_from_slice(&data[..size]);
        }
    }

    fn until(&mut self, wanted: &[u8]) -> Option<usize> {
        loop {
            if let Some(at) = find(&self.pending, wanted) {
                return Some(at);
            }
            if !self.more() {
                return None;
            }
        }
    }

    fn take(&mut self, length: usize) -> Option<Vec<u8>> {
        while self.pending.len() < length {
            if !self.more() {
                return None;
            }
        }
        Some(self.pending.drain(..length).collect())
    }

    pub(super) fn more(&mut self) -> bool {
        let mut buffer = vec![0; 1 << 14];
        match self.socket.read(&mut buffer) {
            Ok(0) => self.answers.is_closed = true,
            Ok(length) => {
                self.pending.extend_from_slice(&buffer[..length]);
                self.answers.all.extend_from_slice(&buffer[..length]);
                return true;
            }
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => {
                self.answers.is_closed = true;
            }
            // A read with a deadline ends early where the machine is busy enough.
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return true,
            Err(error) => self
                .answers
                .problems
                .push(format!("neither answered nor closed: {error}")),
        }
        false
    }
}
