//! An HTTP/1.1 client on a raw socket, so that a test says every byte and sees every byte.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    clippy::missing_errors_doc,
    reason = "a test that cannot go on fails"
)]

use std::fmt;
use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use crate::json::Json;

/// Long enough for a slow machine, short enough for a person.
const SOON: Duration = Duration::from_secs(20);

/// A connection to a server.
#[derive(Debug)]
pub struct Client {
    socket: TcpStream,
    pending: Vec<u8>,
}

/// A whole answer.
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The fields, their names in lower case.
    pub fields: Vec<(String, String)>,
    /// The content, without its framing.
    pub body: Vec<u8>,
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} {:?} {}",
            self.status,
            self.fields,
            String::from_utf8_lossy(&self.body)
        )
    }
}

impl Answer {
    /// The value of the first field of this name.
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// A member of the error object.
    pub fn error(&self, member: &str) -> String {
        let json = Json::parse(&self.body).unwrap_or_else(|| panic!("no JSON: {self:?}"));
        json.text_at(&["error", member])
            .unwrap_or_else(|| panic!("no {member}: {self:?}"))
            .to_owned()
    }
}

/// A request with a JSON content of known length. `fields` are whole lines.
pub fn post(target: &str, fields: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "POST {target} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n{fields}content-length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

impl Client {
    /// Connects at once, or fails the test.
    pub fn connect(address: SocketAddr) -> Self {
        let socket = TcpStream::connect(address).unwrap();
        socket.set_nodelay(true).unwrap();
        socket.set_read_timeout(Some(SOON)).unwrap();
        Self {
            socket,
            pending: Vec::new(),
        }
    }

    /// Sends bytes.
    pub fn send(&mut self, bytes: &[u8]) {
        self.socket.write_all(bytes).unwrap();
    }

    /// Sends what the other side may not want to hear to the end.
    pub fn try_send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.socket.write_all(bytes)
    }

    /// Sends a request and reads its answer.
    pub fn call(&mut self, request: &[u8]) -> Answer {
        self.send(request);
        self.answer()
    }

    /// Reads one whole answer.
    pub fn answer(&mut self) -> Answer {
        let (status, fields) = self.head();
        let of = |name: &str| {
            fields
                .iter()
                .find(|(key, _)| key == name)
                .map(|(_, value)| value.clone())
        };
        let body = match (of("content-length"), of("transfer-encoding").as_deref()) {
            (Some(length), None) => self.take(length.parse().unwrap()),
            (None, Some("chunked")) => self.chunks(),
            other => panic!("framing {other:?}"),
        };
        Answer {
            status,
            fields,
            body,
        }
    }

    /// Reads the head of an answer.
    pub fn head(&mut self) -> (u16, Vec<(String, String)>) {
        let text = self.until(b"\r\n\r\n");
        let text = String::from_utf8(text).unwrap();
        let mut lines = text.trim_end().split("\r\n");
        let status = lines
            .next()
            .unwrap()
            .split(' ')
            .nth(1)
            .unwrap()
            .parse()
            .unwrap();
        let fields = lines.map(|line| line.split_once(':').unwrap());
        (
            status,
            fields
                .map(|(name, value)| (name.to_lowercase(), value.trim().to_owned()))
                .collect(),
        )
    }

    /// Reads one chunk; an empty one is the last.
    pub fn chunk(&mut self) -> Vec<u8> {
        let line = String::from_utf8(self.until(b"\r\n")).unwrap();
        let size = usize::from_str_radix(line.trim_end(), 16).unwrap();
        let mut data = self.take(size + 2);
        assert_eq!(data.split_off(size), b"\r\n");
        data
    }

    fn chunks(&mut self) -> Vec<u8> {
        let mut all = Vec::new();
        loop {
            match self.chunk().as_slice() {
                [] => return all,
                data => all.extend_from_slice(data),
            }
        }
    }

    /// Whatever still comes until the other side ends the connection, in order or not.
    pub fn rest(&mut self) -> Vec<u8> {
        while self.fill().is_some() {}
        std::mem::take(&mut self.pending)
    }

    /// Reads this many bytes.
    pub fn take(&mut self, length: usize) -> Vec<u8> {
        while self.pending.len() < length {
            self.fill()
                .unwrap_or_else(|| panic!("ended after {:?}", self.shown()));
        }
        self.pending.drain(..length).collect()
    }

    fn until(&mut self, end: &[u8]) -> Vec<u8> {
        loop {
            if let Some(at) = self
                .pending
                .windows(end.len())
                .position(|window| window == end)
            {
                return self.pending.drain(..at + end.len()).collect();
            }
            self.fill()
                .unwrap_or_else(|| panic!("ended after {:?}", self.shown()));
        }
    }

    fn shown(&self) -> String {
        String::from_utf8_lossy(&self.pending).into_owned()
    }

    /// Reads more; nothing where the connection has ended. Waiting too long fails the test.
    fn fill(&mut self) -> Option<()> {
        let mut buffer = [0; 1 << 14];
        match self.socket.read(&mut buffer) {
            Ok(0) => None,
            Ok(length) => {
                self.pending.extend_from_slice(&buffer[..length]);
                Some(())
            }
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => None,
            Err(error) => panic!("{error} after {:?}", self.shown()),
        }
    }
}
