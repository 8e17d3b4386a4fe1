//! A server behind TLS that a test speaks for, frame by frame.

use std::io::{self, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use fake_provider::fixture;
use fake_provider::fixture::{Fixture, ProxyProcess};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::front::certify;

pub(crate) const DATA: u8 = 0;
pub(crate) const HEADERS: u8 = 1;
pub(crate) const RST_STREAM: u8 = 3;
pub(crate) const SETTINGS: u8 = 4;
pub(crate) const GOAWAY: u8 = 7;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;
const PREFACE: usize = 24;

/// The text of every response.
pub(crate) const ANSWER: &[u8] = br#"{"model":"gpt-5.5"}"#;

/// One frame of the client.
pub(crate) struct Frame {
    pub(crate) kind: u8,
    flags: u8,
    pub(crate) stream: u32,
    content: Vec<u8>,
}

/// One connection of a client.
pub(crate) struct Peer {
    /// Counts from 0.
    pub(crate) number: usize,
    tls: StreamOwned<ServerConnection, TcpStream>,
}

impl Peer {
    pub(crate) fn frame(&mut self, kind: u8, flags: u8, stream: u32, content: &[u8]) {
        let length = u32::try_from(content.len()).unwrap().to_be_bytes();
        let head = [&length[1..], &[kind, flags], &stream.to_be_bytes()].concat();
        self.tls.write_all(&[&head, content].concat()).unwrap();
    }

    fn next(&mut self) -> io::Result<Frame> {
        let mut head = [0; 9];
        self.tls.read_exact(&mut head)?;
        let [a, b, c, kind, flags, stream @ ..] = head;
        let mut content = vec![0; u32::from_be_bytes([0, a, b, c]) as usize];
        self.tls.read_exact(&mut content)?;
        let stream = u32::from_be_bytes(stream);
        Ok(Frame {
            kind,
            flags,
            stream,
            content,
        })
    }

    /// Waits for the end of the next request, and returns its stream.
    pub(crate) fn request(&mut self) -> io::Result<u32> {
        loop {
            let frame = self.next()?;
            if frame.kind == DATA && !frame.content.is_empty() {
                let length = u32::try_from(frame.content.len()).unwrap();
                self.frame(WINDOW_UPDATE, 0, 0, &length.to_be_bytes());
            }
            match frame.kind {
                SETTINGS if frame.flags & 1 == 0 => self.frame(SETTINGS, 1, 0, b""),
                PING if frame.flags & 1 == 0 => self.frame(PING, 1, 0, &frame.content),
                HEADERS | DATA if frame.flags & END_STREAM != 0 => return Ok(frame.stream),
                _ => {}
            }
        }
    }

    /// Responds with [`ANSWER`].
    pub(crate) fn respond(&mut self, stream: u32) {
        // `:status: 200`, then a literal field that is not indexed (RFC 7541, appendix A and section 6.2.2).
        let block = b"\x88\x00\x0ccontent-type\x10application/json";
        self.frame(HEADERS, END_HEADERS, stream, block);
        self.frame(DATA, END_STREAM, stream, ANSWER);
    }

    pub(crate) fn reset(&mut self, stream: u32, code: u32) {
        self.frame(RST_STREAM, 0, stream, &code.to_be_bytes());
    }

    pub(crate) fn go_away(&mut self, last: u32) {
        let content = [last.to_be_bytes(), [0; 4]].concat();
        self.frame(GOAWAY, 0, 0, &content);
    }
}

const PING: u8 = 6;
const WINDOW_UPDATE: u8 = 8;

/// A server of HTTP/2, and a proxy before it.
pub(crate) struct RawServer {
    pub(crate) fixture: Fixture,
    pub(crate) port: u16,
    requests: Arc<Mutex<Vec<(usize, u32)>>>,
}

impl RawServer {
    /// Starts it. `script` gets each request: its connection and its stream; it returns false to close.
    pub(crate) fn start(script: impl Fn(&mut Peer, u32) -> bool + Send + Sync + 'static) -> Self {
        let fixture = fixture!("force");
        let directory = fixture.directory.path();
        certify(directory, "localhost");
        let certificate = CertificateDer::from_pem_file(directory.join("cert.pem")).unwrap();
        let key = PrivateKeyDer::from_pem_file(directory.join("key.pem")).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = ServerConfig::builder_with_provider(provider);
        let builder = builder.with_safe_default_protocol_versions().unwrap();
        let mut config = builder
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .unwrap();
        config.alpn_protocols = vec![b"h2".to_vec()];
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (seen, config, script) = (Arc::clone(&requests), Arc::new(config), Arc::new(script));
        thread::spawn(move || {
            for (number, socket) in listener.incoming().enumerate() {
                let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
                let tls = StreamOwned::new(connection, socket.unwrap());
                let (mut peer, seen) = (Peer { number, tls }, Arc::clone(&seen));
                let script = Arc::clone(&script);
                thread::spawn(move || {
                    let mut preface = [0; PREFACE];
                    if peer.tls.read_exact(&mut preface).is_ok() {
                        peer.frame(SETTINGS, 0, 0, b"");
                        while let Ok(stream) = peer.request() {
                            seen.lock().unwrap().push((peer.number, stream));
                            if !script(&mut peer, stream) {
                                peer.tls.conn.send_close_notify();
                                peer.tls.flush().unwrap_or_default();
                                break;
                            }
                        }
                    }
                });
            }
        });
        Self {
            fixture,
            port,
            requests,
        }
    }

    /// Starts a proxy before a port that leads here.
    pub(crate) fn proxy(&self, port: u16, flags: &[&str]) -> ProxyProcess {
        let roots = self.fixture.directory.path().join("roots.pem");
        let trust = [("SSL_CERT_FILE", roots.to_str().unwrap())];
        let url = format!("https://localhost:{port}");
        self.fixture.start_proxy_before(&url, flags, &trust)
    }

    /// Returns connection and stream of each request so far.
    pub(crate) fn requests(&self) -> Vec<(usize, u32)> {
        self.requests.lock().unwrap().clone()
    }
}

/// A relay to a port. What it was told to swallow goes nowhere, and nobody is told.
pub(crate) struct Relay {
    pub(crate) port: u16,
    open: Arc<Mutex<Vec<Arc<Mutex<bool>>>>>,
}

impl Relay {
    pub(crate) fn start(to: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let open: Arc<Mutex<Vec<Arc<Mutex<bool>>>>> = Arc::default();
        let all = Arc::clone(&open);
        thread::spawn(move || {
            for near in listener.incoming() {
                let near = near.unwrap();
                let far = TcpStream::connect(("127.0.0.1", to)).unwrap();
                let passes = Arc::new(Mutex::new(true));
                all.lock().unwrap().push(Arc::clone(&passes));
                for (from, to) in [(&near, &far), (&far, &near)] {
                    let (from, to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
                    let passes = Arc::clone(&passes);
                    thread::spawn(move || copy(from, to, &passes));
                }
            }
        });
        Self { port, open }
    }

    /// Swallows from now on what comes over the connections that are open. New ones are served.
    pub(crate) fn swallow(&self) {
        for passes in self.open.lock().unwrap().iter() {
            *passes.lock().unwrap() = false;
        }
    }

    /// Returns the number of connections so far.
    pub(crate) fn connections(&self) -> usize {
        self.open.lock().unwrap().len()
    }
}

fn copy(mut from: TcpStream, mut to: TcpStream, passes: &Mutex<bool>) {
    let mut buffer = [0; 1 << 14];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        let bytes = buffer.get(..count).unwrap_or_default();
        if *passes.lock().unwrap() && to.write_all(bytes).is_err() {
            break;
        }
    }
    // A black hole does not tell of an end either.
    if *passes.lock().unwrap() {
        to.shutdown(std::net::Shutdown::Write).unwrap_or_default();
    }
}

/// The longest time that a test may take for what happens in seconds.
pub(crate) const SECONDS: Duration = Duration::from_secs(10);
