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
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

use crate::json::Json;

/// Long enough for a slow machine, short enough for a person.
const SOON: Duration = Duration::from_secs(20);

/// A connection to a server.
#[derive(Debug)]
pub struct HttpClient {
    socket: TcpStream,
    pending: Vec<u8>,
}

/// A whole response.
pub struct Response {
    /// The status code.
    pub status: u16,
    /// The fields, their names in lower case.
    pub fields: Vec<(String, String)>,
    /// The content, without its framing.
    pub body: Vec<u8>,
}

impl fmt::Debug for Response {
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

impl Response {
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

/// Posts a JSON content to a URL, on a connection of its own.
pub fn post_to(url: &str, body: &[u8]) -> Response {
    let (address, path) = url
        .strip_prefix("http://")
        .unwrap()
        .split_once('/')
        .unwrap();
    HttpClient::connect(address.parse().unwrap()).call(&post(&format!("/{path}"), "", body))
}

impl HttpClient {
    /// Connects at once, or fails the test.
    pub fn connect(address: SocketAddr) -> Self {
        Self::try_connect(address).unwrap()
    }

    /// Connects where somebody listens.
    pub fn try_connect(address: SocketAddr) -> io::Result<Self> {
        let socket = TcpStream::connect(address)?;
        socket.set_nodelay(true)?;
        socket.set_read_timeout(Some(SOON))?;
        Ok(Self {
            socket,
            pending: Vec::new(),
        })
    }

    /// Sends bytes.
    pub fn send(&mut self, bytes: &[u8]) {
        self.socket.write_all(bytes).unwrap();
    }

    /// Sends bytes that the other side may refuse to read to the end.
    pub fn try_send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.socket.write_all(bytes)
    }

    /// Closes the writing side; the response can still be read.
    pub fn half_close(&self) {
        self.socket.shutdown(Shutdown::Write).unwrap();
    }

    /// Sends a request and reads its response.
    pub fn call(&mut self, request: &[u8]) -> Response {
        self.send(request);
        self.response()
    }

    /// Sends a request and reads its response, where the connection does not end before it.
    pub fn try_call(&mut self, request: &[u8]) -> io::Result<Response> {
        self.try_send(request)?;
        self.try_response()
    }

    /// Reads one whole response.
    pub fn response(&mut self) -> Response {
        let response = self.try_response();
        response.unwrap_or_else(|error| self.fail(&error))
    }

    fn try_response(&mut self) -> io::Result<Response> {
        let (mut status, mut fields) = self.try_head()?;
        // What comes before the response says nothing about it.
        while status == 100 {
            (status, fields) = self.try_head()?;
        }
        let of = |name: &str| {
            fields
                .iter()
                .find(|(key, _)| key == name)
                .map(|(_, value)| value.as_str())
        };
        let body = match (of("content-length"), of("transfer-encoding")) {
            (None, None) if matches!(status, 204 | 304) => Vec::new(),
            (Some(length), None) => self.try_take(length.parse().unwrap())?,
            (None, Some("chunked")) => self.chunks()?,
            other => panic!("framing {other:?}"),
        };
        Ok(Response {
            status,
            fields,
            body,
        })
    }

    /// Reads the head of a response: the status and the fields.
    pub fn head(&mut self) -> (u16, Vec<(String, String)>) {
        let head = self.try_head();
        head.unwrap_or_else(|error| self.fail(&error))
    }

    fn try_head(&mut self) -> io::Result<(u16, Vec<(String, String)>)> {
        let text = String::from_utf8(self.until(b"\r\n\r\n")?).unwrap();
        let mut lines = text.trim_end().split("\r\n");
        let status = lines.next().unwrap().split(' ').nth(1).unwrap();
        let fields = lines.map(|line| line.split_once(':').unwrap());
        let fields = fields.map(|(name, value)| (name.to_lowercase(), value.trim().to_owned()));
        Ok((status.parse().unwrap(), fields.collect()))
    }

    /// Reads one chunk; an empty one is the last.
    pub fn chunk(&mut self) -> Vec<u8> {
        let chunk = self.try_chunk();
        chunk.unwrap_or_else(|error| self.fail(&error))
    }

    fn try_chunk(&mut self) -> io::Result<Vec<u8>> {
        let line = String::from_utf8(self.until(b"\r\n")?).unwrap();
        let size = usize::from_str_radix(line.trim_end(), 16).unwrap();
        let mut data = self.try_take(size + 2)?;
        assert_eq!(data.split_off(size), b"\r\n");
        Ok(data)
    }

    fn chunks(&mut self) -> io::Result<Vec<u8>> {
        let mut all = Vec::new();
        loop {
            match self.try_chunk()?.as_slice() {
                [] => return Ok(all),
                data => all.extend_from_slice(data),
            }
        }
    }

    /// Returns whatever still comes until the other side ends the connection, in order or not.
    pub fn rest(&mut self) -> Vec<u8> {
        loop {
            match self.fill() {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                    return std::mem::take(&mut self.pending);
                }
                Err(error) => self.fail(&error),
            }
        }
    }

    /// Reads this many bytes.
    pub fn take(&mut self, length: usize) -> Vec<u8> {
        let bytes = self.try_take(length);
        bytes.unwrap_or_else(|error| self.fail(&error))
    }

    fn try_take(&mut self, length: usize) -> io::Result<Vec<u8>> {
        while self.pending.len() < length {
            self.fill()?;
        }
        Ok(self.pending.drain(..length).collect())
    }

    fn until(&mut self, end: &[u8]) -> io::Result<Vec<u8>> {
        loop {
            let mut windows = self.pending.windows(end.len());
            if let Some(at) = windows.position(|window| window == end) {
                return Ok(self.pending.drain(..at + end.len()).collect());
            }
            self.fill()?;
        }
    }

    /// Reads more; the end of the connection is an error.
    fn fill(&mut self) -> io::Result<()> {
        let mut buffer = [0; 1 << 14];
        let ended = io::ErrorKind::UnexpectedEof;
        match self.socket.read(&mut buffer) {
            Ok(0) => Err(ended.into()),
            Ok(length) => {
                self.pending.extend_from_slice(&buffer[..length]);
                Ok(())
            }
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => Err(ended.into()),
            // A read with a deadline ends early where the machine is busy enough.
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(()),
            Err(error) => Err(error),
        }
    }

    fn fail(&self, error: &io::Error) -> ! {
        panic!("{error} after {:?}", String::from_utf8_lossy(&self.pending))
    }
}
