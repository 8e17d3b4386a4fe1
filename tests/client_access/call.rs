//! One request, sent over each protocol.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};

use fake_provider::http_client::HttpClient;

use crate::SOON;
use crate::frame::{
    ACK, DATA, END_HEADERS, END_STREAM, HEADERS, PREFACE, SETTINGS, field, first, frame,
};

/// How a request is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protocol {
    Http1,
    Http2,
    WebSocket,
}

pub(crate) const PROTOCOLS: [Protocol; 3] = [Protocol::Http1, Protocol::Http2, Protocol::WebSocket];

/// A request: what stands in it besides what its protocol needs.
#[derive(Clone, Copy)]
pub(crate) struct Call<'a> {
    pub(crate) target: &'a str,
    pub(crate) host: &'a str,
    pub(crate) fields: &'a [(&'a str, &'a str)],
    /// The content. A handshake has none.
    pub(crate) body: &'a str,
}

/// A call of the dialect `openai` that the policy approves.
pub(crate) const APPROVED: Call<'static> = Call {
    target: "/v1/responses",
    host: "localhost",
    fields: &[],
    body: r#"{"model":"gpt-5.5","input":"hi"}"#,
};

impl Call<'_> {
    /// Sends it and returns the status: 101 where a WebSocket is open.
    pub(crate) fn send(&self, address: SocketAddr, protocol: Protocol) -> u16 {
        match protocol {
            Protocol::Http1 => self.answer(address).0,
            Protocol::Http2 => self.send_http2(address),
            Protocol::WebSocket => self.open(address),
        }
    }

    /// Sends it over HTTP/1.1 and returns the status, the fields and the content.
    pub(crate) fn answer(&self, address: SocketAddr) -> (u16, Vec<(String, String)>, String) {
        let length = self.body.len();
        let request = format!(
            "POST {} HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n{}\r\n{}",
            self.target,
            self.host,
            self.lines(),
            self.body
        );
        let answer = HttpClient::connect(address).call(request.as_bytes());
        let body = String::from_utf8(answer.body).unwrap();
        (answer.status, answer.fields, body)
    }

    fn open(&self, address: SocketAddr) -> u16 {
        let mut client = HttpClient::connect(address);
        let handshake = format!(
            "GET {} HTTP/1.1\r\nhost: {}\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n{}\r\n",
            self.target,
            self.host,
            self.lines()
        );
        client.send(handshake.as_bytes());
        client.head().0
    }

    fn lines(&self) -> String {
        let line = |(name, value): &(&str, &str)| format!("{name}: {value}\r\n");
        self.fields.iter().map(line).collect()
    }

    fn send_http2(&self, address: SocketAddr) -> u16 {
        let mut socket = TcpStream::connect(address).unwrap();
        socket.set_read_timeout(Some(SOON)).unwrap();
        let own = [
            (":method", "POST"),
            (":scheme", "http"),
            (":authority", self.host),
            (":path", self.target),
            ("content-type", "application/json"),
        ];
        let fields = own.iter().chain(self.fields);
        let block: Vec<u8> = fields
            .flat_map(|(name, value)| field(name, value))
            .collect();
        let sent = [
            PREFACE.to_vec(),
            frame(SETTINGS, 0, 0, b""),
            frame(HEADERS, END_HEADERS, 1, &block),
            frame(DATA, END_STREAM, 1, self.body.as_bytes()),
            frame(SETTINGS, ACK, 0, b""),
        ];
        socket.write_all(&sent.concat()).unwrap();
        status(&mut socket)
    }
}

/// Reads frames up to the head of the response.
fn status(socket: &mut TcpStream) -> u16 {
    let (mut pending, mut buffer) = (Vec::new(), [0; 1 << 12]);
    loop {
        while let Some((frame, length)) = first(&pending) {
            pending.drain(..length);
            if let Some(status) = frame.status() {
                return status;
            }
        }
        match socket.read(&mut buffer) {
            Ok(0) => panic!("no answer"),
            Ok(length) => pending.extend_from_slice(&buffer[..length]),
            // A read with a deadline ends early where the machine is busy enough.
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => panic!("no answer: {error}"),
        }
    }
}
