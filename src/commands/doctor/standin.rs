//! A provider on loopback that says what arrived, and runs nothing.
//!
//! It is a forward proxy as well, so that where a client wanted to go is known without letting it: nothing that
//! comes here goes on.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// One request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Seen {
    /// Where it was to go, where it came as to a forward proxy.
    pub(crate) authority: Option<String>,
    /// The model that it names.
    pub(crate) model: Option<String>,
    /// Whether its path begins like that of the proxy that the shim brings along.
    pub(crate) below_secret: bool,
}

/// The stand-in; it stops taking connections when this is dropped.
#[derive(Debug)]
pub(crate) struct Standin {
    address: SocketAddr,
    record: Arc<Record>,
}

#[derive(Debug, Default)]
struct Record {
    seen: Mutex<Vec<Seen>>,
    news: Condvar,
}

impl Standin {
    /// Listens on a free port.
    ///
    /// # Errors
    ///
    /// Where there is none.
    pub(crate) fn start() -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let (address, record) = (listener.local_addr()?, Arc::<Record>::default());
        let taking = Arc::clone(&record);
        thread::spawn(move || accept(&listener, &taking));
        Ok(Self { address, record })
    }

    /// Host and port.
    pub(crate) fn authority(&self) -> String {
        self.address.to_string()
    }

    /// The first request so far that names a model, in any way.
    pub(crate) fn call(&self) -> Option<Seen> {
        let seen = self.record.lock();
        seen.iter().find(|seen| seen.model.is_some()).cloned()
    }

    /// Where tunnels were to lead.
    pub(crate) fn tunnels(&self) -> Vec<String> {
        let seen = self.record.lock();
        let tunnels = seen.iter().filter(|seen| seen.model.is_none());
        tunnels.filter_map(|seen| seen.authority.clone()).collect()
    }

    /// Waits until a request names a model.
    pub(crate) fn wait(&self, within: Duration) -> bool {
        let deadline = Instant::now() + within;
        let mut seen = self.record.lock();
        while !seen.iter().any(|seen| seen.model.is_some()) {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            let waited = self.record.news.wait_timeout(seen, left);
            seen = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }
}

impl Record {
    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Seen>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, seen: Seen) {
        self.lock().push(seen);
        self.news.notify_all();
    }
}

/// The thread ends with the process: doctor is short.
fn accept(listener: &TcpListener, record: &Arc<Record>) {
    while let Ok((socket, _)) = listener.accept() {
        let record = Arc::clone(record);
        // A client that breaks off is of no interest.
        thread::spawn(move || drop(converse(&socket, &record)));
    }
}

fn converse(socket: &TcpStream, record: &Record) -> io::Result<()> {
    socket.set_read_timeout(Some(PATIENCE))?;
    let mut from = BufReader::new(socket);
    let mut tunnel = None;
    while let Some(head) = Head::read(&mut from)? {
        let mut to = socket;
        let authority = head.authority().or_else(|| tunnel.clone());
        if head.method == "CONNECT" {
            tunnel.clone_from(&authority);
            record.push(Seen {
                authority,
                ..Seen::default()
            });
            to.write_all(b"HTTP/1.1 200 OK\r\n\r\n")?;
            continue;
        }
        let mut content = vec![0; head.length.min(CAP)];
        from.read_exact(&mut content)?;
        if head.method == "POST" {
            let model = Some(model(&content));
            record.push(Seen {
                authority,
                model,
                below_secret: head.is_below_secret(),
            });
        }
        let (status, body) = match head.method.as_str() {
            "GET" if head.upgrade => ("426 Upgrade Required", ""),
            "GET" => ("200 OK", r#"{"object":"list","data":[],"models":[]}"#),
            _ => ("400 Bad Request", REFUSAL),
        };
        let length = body.len();
        write!(
            to,
            "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
        )?;
    }
    Ok(())
}

/// The model that a content names; what cannot be read is told as that.
fn model(content: &[u8]) -> String {
    #[derive(serde::Deserialize)]
    struct Named {
        model: Option<String>,
    }
    match serde_json::from_slice::<Named>(content) {
        Ok(Named { model: Some(model) }) => lockpolicy::escape_for_log(&model),
        Ok(Named { model: None }) => "(none)".to_owned(),
        Err(_) => "(unreadable)".to_owned(),
    }
}

struct Head {
    method: String,
    target: String,
    length: usize,
    upgrade: bool,
}

impl Head {
    fn read(from: &mut impl io::BufRead) -> io::Result<Option<Self>> {
        let mut lines = Vec::new();
        for line in from.take(CAP as u64).lines() {
            let line = line?;
            if line.is_empty() {
                break;
            }
            lines.push(line);
        }
        let Some((first, fields)) = lines.split_first() else {
            return Ok(None);
        };
        let mut words = first.split(' ').map(str::to_owned);
        let (method, target) = (
            words.next().unwrap_or_default(),
            words.next().unwrap_or_default(),
        );
        let field = |name: &str| {
            let mut pairs = fields.iter().filter_map(|line| line.split_once(':'));
            pairs
                .find(|(found, _)| found.eq_ignore_ascii_case(name))
                .map(|(_, value)| value.trim())
        };
        let length = field("content-length").and_then(|length| length.parse().ok());
        Ok(Some(Self {
            method,
            target,
            length: length.unwrap_or_default(),
            upgrade: field("upgrade").is_some(),
        }))
    }

    /// 32 hexadecimal digits come first.
    fn is_below_secret(&self) -> bool {
        let path = self
            .target
            .split_once("://")
            .map_or(&*self.target, |(_, rest)| rest);
        let first = path.split('/').nth(1).unwrap_or_default();
        first.len() == 32 && first.bytes().all(|byte| byte.is_ascii_hexdigit())
    }

    /// Where a forward proxy would have to go.
    fn authority(&self) -> Option<String> {
        if self.method == "CONNECT" {
            return Some(self.target.clone());
        }
        let (_, rest) = self.target.split_once("://")?;
        rest.split('/').next().map(str::to_owned)
    }
}

/// How long a client may be silent.
const PATIENCE: Duration = Duration::from_secs(30);
/// No request of a trial is larger.
const CAP: usize = 8 << 20;
/// codex tries no second time after a 400.
const REFUSAL: &str = r#"{"error":{"message":"this is model-lock doctor: nothing runs here","type":"invalid_request_error","param":null,"code":"doctor"}}"#;

#[cfg(test)]
mod tests {
    use super::*;

    fn say(standin: &Standin, text: &str) -> String {
        let mut socket = TcpStream::connect(standin.authority()).unwrap();
        socket.write_all(text.as_bytes()).unwrap();
        socket.shutdown(std::net::Shutdown::Write).unwrap();
        let mut answer = String::new();
        socket.read_to_string(&mut answer).unwrap();
        answer
    }

    fn post(target: &str, content: &str) -> String {
        let length = content.len();
        format!("POST {target} HTTP/1.1\r\nContent-Length: {length}\r\n\r\n{content}")
    }

    #[test]
    fn what_arrives_is_told_with_where_it_was_to_go() {
        let secret = "0123456789abcdef".repeat(2);
        for (said, authority, model) in [
            (
                post(&format!("http://h:1/{secret}/v1"), "{}"),
                Some("h:1"),
                "(none)",
            ),
            (post("/v1/responses", r#"{"model":"a"}"#), None, "a"),
            (
                post("http://h:1/v1/x", r#"{"model":"a\n"}"#),
                Some("h:1"),
                "a\\n",
            ),
            (
                format!("CONNECT h:2 HTTP/1.1\r\n\r\n{}", post("/v1/x", "{}")),
                Some("h:2"),
                "(none)",
            ),
            (
                post("/", r#"{"model":"a","model":"b"}"#),
                None,
                "(unreadable)",
            ),
        ] {
            let standin = Standin::start().unwrap();
            let answer = say(&standin, &said);
            assert!(answer.contains(" 400 Bad Request\r\n"), "{answer}");
            assert!(standin.wait(PATIENCE));
            let expected = Seen {
                authority: authority.map(str::to_owned),
                model: Some(model.to_owned()),
                below_secret: said.contains("0123456789abcdef"),
            };
            assert_eq!(standin.call(), Some(expected));
        }
    }

    #[test]
    fn a_tunnel_that_nothing_can_be_read_from_still_says_where_it_led() {
        let standin = Standin::start().unwrap();
        say(
            &standin,
            "CONNECT api.openai.com:443 HTTP/1.1\r\n\r\n\u{16}\u{3}",
        );
        assert_eq!(standin.tunnels(), ["api.openai.com:443"]);
        assert_eq!(standin.call(), None);
        assert!(!standin.wait(Duration::ZERO));
    }
}
