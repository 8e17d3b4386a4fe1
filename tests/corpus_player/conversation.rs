//! One connection of the provider: requests read strictly and answered, a WebSocket echoed.

use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Mutex;

use fake_provider::websocket;

use crate::corpus_player::PATIENCE;
use crate::corpus_player::case::decode;
use policy_corpus::exchange::{Connection, Seen, find};

use crate::corpus_player::upstream::{Plan, is_mark, lock};

struct Conversation<'a> {
    socket: TcpStream,
    record: &'a Mutex<Connection>,
    pending: Vec<u8>,
}

/// Talks until the other side ends, and says whether it was no case but the mark after one.
pub(crate) fn hold(socket: TcpStream, plan: &Plan, record: &Mutex<Connection>) -> bool {
    drop(socket.set_nodelay(true));
    drop(socket.set_read_timeout(Some(PATIENCE)));
    let mut conversation = Conversation {
        socket,
        record,
        pending: Vec::new(),
    };
    let problem = match conversation.talk(plan) {
        Ok(is_mark) => return is_mark,
        // The other side went: what came until then counts.
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => None,
        Err(error) if error.kind() == io::ErrorKind::ConnectionReset => None,
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => None,
        Err(error) => Some(format!("provider: {error}")),
    };
    lock(record).problems.extend(problem);
    false
}

impl Conversation<'_> {
    fn talk(&mut self, plan: &Plan) -> io::Result<bool> {
        loop {
            while find(&self.pending, b"\r\n\r\n").is_none() {
                self.more()?;
                if is_mark(&self.pending) {
                    self.socket.write_all(b"!")?;
                    return Ok(true);
                }
            }
            let mut seen = self.head();
            let upgrade = seen.header("upgrade").unwrap_or_default();
            if upgrade.eq_ignore_ascii_case("websocket") {
                let is_refused = plan.behaviour.handshake_status == Some(200);
                let key = seen
                    .header("sec-websocket-key")
                    .unwrap_or_default()
                    .to_owned();
                lock(self.record).handshakes.push(seen);
                if is_refused {
                    self.socket
                        .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")?;
                    continue;
                }
                self.accept(&key, plan)?;
                return self.messages().map(|()| false);
            }
            self.body(&mut seen)?;
            let is_last = seen.header("connection") == Some("close");
            lock(self.record).requests.push(seen);
            self.answer(plan, is_last)?;
            if is_last {
                return Ok(false);
            }
        }
    }

    fn more(&mut self) -> io::Result<()> {
        let mut buffer = vec![0; 1 << 16];
        let length = loop {
            match self.socket.read(&mut buffer) {
                // A read with a deadline ends early where the machine is busy enough.
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => break read?,
            }
        };
        if length == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        buffer.truncate(length);
        lock(self.record).bytes.extend_from_slice(&buffer);
        self.pending.append(&mut buffer);
        Ok(())
    }

    fn take(&mut self, length: usize) -> io::Result<Vec<u8>> {
        while self.pending.len() < length {
            self.more()?;
        }
        Ok(self.pending.drain(..length).collect())
    }

    fn line(&mut self) -> io::Result<String> {
        loop {
            if let Some(at) = find(&self.pending, b"\r\n") {
                let line = self.take(at + 2)?;
                return Ok(latin(&line[..at]));
            }
            self.more()?;
        }
    }

    fn head(&mut self) -> Seen {
        let end = find(&self.pending, b"\r\n\r\n").unwrap_or_default();
        let head: Vec<u8> = self.pending.drain(..end + 4).collect();
        let text = latin(&head[..end]);
        let mut lines = text.split("\r\n");
        let mut seen = Seen::default();
        let words: Vec<&str> = lines.next().unwrap_or_default().split(' ').collect();
        match words.as_slice() {
            [method, target, "HTTP/1.1"] if target.starts_with('/') => {
                (seen.method, seen.target) = ((*method).to_owned(), (*target).to_owned());
            }
            other => seen.problems.push(format!("request line {other:?}")),
        }
        for line in lines {
            let (name, value) = line.split_once(':').unwrap_or((line, "\0"));
            let is_name = !name.is_empty()
                && name
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b));
            if !is_name || value.contains(['\r', '\n', '\0']) {
                seen.problems.push(format!("line {line:?}"));
            }
            let value = value.trim_matches([' ', '\t']).to_owned();
            seen.headers.push((name.to_ascii_lowercase(), value));
        }
        let count = |name: &str| seen.headers.iter().filter(|(key, _)| key == name).count();
        let framing = (count("content-length"), count("transfer-encoding"));
        if framing.0 + framing.1 > 1 {
            seen.problems.push(format!("framed {framing:?} times"));
        }
        if count("host") != 1 {
            seen.problems.push(format!("{} hosts", count("host")));
        }
        seen
    }

    fn body(&mut self, seen: &mut Seen) -> io::Result<()> {
        let Some(coding) = seen.header("transfer-encoding") else {
            let length = seen.header("content-length").unwrap_or("0").parse();
            let length = length.map_err(|_| io::Error::other("content-length"))?;
            seen.body = self.take(length)?;
            return Ok(());
        };
        if coding != "chunked" {
            return Err(io::Error::other(format!("transfer-encoding {coding:?}")));
        }
        loop {
            let line = self.line()?;
            let size = usize::from_str_radix(&line, 16);
            let size = size.map_err(|_| io::Error::other(format!("chunk {line:?}")))?;
            if size == 0 {
                break;
            }
            let mut data = self.take(size + 2)?;
            if data.split_off(size) != b"\r\n" {
                return Err(io::Error::other("no end of a chunk"));
            }
            seen.body.append(&mut data);
        }
        loop {
            match self.line()?.split_once(':') {
                Some((name, _)) => seen.trailers.push(name.to_ascii_lowercase()),
                None => return Ok(()),
            }
        }
    }

    fn answer(&mut self, plan: &Plan, is_last: bool) -> io::Result<()> {
        if plan.behaviour.post_status == Some(101) {
            let head =
                b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n";
            self.socket.write_all(head)?;
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let mut status = 200;
        let mut headers = vec![("Content-Type".to_owned(), "application/json".to_owned())];
        let mut body = ORDINARY.to_vec();
        if let Some(response) = &plan.response {
            if let Some(raw) = &response.raw_base64 {
                self.socket.write_all(&decode(raw))?;
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            status = response.status;
            headers.clone_from(&response.headers);
            body = response.body_base64.as_deref().map_or(body, decode);
        }
        let mut head = format!(
            "HTTP/1.1 {status} Said\r\nContent-Length: {}\r\n",
            body.len()
        );
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        if is_last {
            head.push_str("Connection: close\r\n");
        }
        head.push_str("\r\n");
        self.socket.write_all(&[head.as_bytes(), &body].concat())
    }

    fn accept(&mut self, key: &str, plan: &Plan) -> io::Result<()> {
        let accept = match plan.behaviour.accept.as_deref() {
            Some(_) => "AAAAAAAAAAAAAAAAAAAAAAAAAAA=".to_owned(),
            None => websocket::accept(key),
        };
        let head = format!(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\r\n"
        );
        self.socket.write_all(head.as_bytes())
    }

    fn messages(&mut self) -> io::Result<()> {
        let mut message = Vec::new();
        loop {
            let (frame, length) = loop {
                if let Some(found) = websocket::first(&self.pending) {
                    break found;
                }
                self.more()?;
            };
            let is_masked = self.pending[1] & 0x80 != 0;
            self.pending.drain(..length);
            if frame.reserved != 0 || !is_masked {
                return Err(io::Error::other("a frame that a client must not send"));
            }
            match frame.opcode {
                0..=2 => {
                    lock(self.record).pieces += 1;
                    message.extend_from_slice(&frame.content);
                    if frame.last {
                        lock(self.record)
                            .messages
                            .push(std::mem::take(&mut message));
                        self.socket.write_all(&websocket::frame(1, COMPLETED))?;
                    }
                }
                8 => return self.socket.write_all(&websocket::frame(8, &frame.content)),
                9 => self
                    .socket
                    .write_all(&websocket::frame(10, &frame.content))?,
                10 => {}
                other => return Err(io::Error::other(format!("opcode {other}"))),
            }
        }
    }
}

const ORDINARY: &[u8] = br#"{"id":"resp_1","object":"response","model":"gpt-5.5","output":[]}"#;
const COMPLETED: &[u8] =
    br#"{"type":"response.completed","response":{"id":"resp_1","model":"gpt-5.5"}}"#;

pub(crate) fn latin(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| char::from(*byte)).collect()
}
