//! The two ends of a relayed WebSocket, on raw sockets.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use arc_swap::ArcSwap;
use lockpolicy::{Event, Observer, Policy, PolicyConfig, RequestContext};
use proxy::{Config, Limits, Server, Upstream};
use tokio::sync::Notify;

pub(crate) const TEXT: u8 = 1;
pub(crate) const BINARY: u8 = 2;
pub(crate) const CLOSE: u8 = 8;
pub(crate) const PING: u8 = 9;
pub(crate) const PONG: u8 = 10;
pub(crate) const FIN: u8 = 0x80;

/// One end of a WebSocket.
pub(crate) struct Peer {
    pub(crate) socket: TcpStream,
    masks: bool,
}

/// A frame as it came: its first byte and its payload, unmasked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Frame(pub(crate) u8, pub(crate) Vec<u8>);

impl Peer {
    /// Sends a frame; `first` holds FIN, the reserved bits and the opcode.
    pub(crate) fn send(&mut self, first: u8, payload: &[u8]) {
        let masks = self.masks;
        self.send_as(first, payload, masks);
    }

    pub(crate) fn send_as(&mut self, first: u8, payload: &[u8], masked: bool) {
        let mut bytes = vec![first];
        let bit = if masked { 0x80 } else { 0 };
        match payload.len() {
            short @ 0..=125 => bytes.push(bit | u8::try_from(short).unwrap()),
            middle @ 126..=0xffff => {
                bytes.push(bit | 0x7e);
                bytes.extend(u16::try_from(middle).unwrap().to_be_bytes());
            }
            long => {
                bytes.push(bit | 0x7f);
                bytes.extend((long as u64).to_be_bytes());
            }
        }
        let mask = if masked { [1, 2, 3, 4] } else { [0; 4] };
        if masked {
            bytes.extend(mask);
        }
        bytes.extend(
            payload
                .iter()
                .zip(mask.iter().cycle())
                .map(|(byte, key)| byte ^ key),
        );
        self.socket.write_all(&bytes).unwrap();
    }

    /// The next frame; `None` where the connection has ended.
    pub(crate) fn next(&mut self) -> Option<Frame> {
        let [first, second] = self.exact::<2>()?;
        let length = match second & 0x7f {
            126 => usize::from(u16::from_be_bytes(self.exact()?)),
            127 => usize::try_from(u64::from_be_bytes(self.exact()?)).unwrap(),
            short => usize::from(short),
        };
        let mask = if second & 0x80 == 0 {
            [0; 4]
        } else {
            self.exact()?
        };
        assert_eq!(
            second & 0x80 == 0,
            self.masks,
            "a client masks, a server does not"
        );
        let mut payload = vec![0; length];
        self.socket.read_exact(&mut payload).ok()?;
        Some(Frame(
            first,
            payload
                .iter()
                .zip(mask.iter().cycle())
                .map(|(byte, key)| byte ^ key)
                .collect(),
        ))
    }

    fn exact<const N: usize>(&mut self) -> Option<[u8; N]> {
        let mut bytes = [0; N];
        self.socket.read_exact(&mut bytes).ok()?;
        Some(bytes)
    }

    /// The code of the close frame that has to come next.
    pub(crate) fn closed(&mut self) -> Option<u16> {
        let Frame(first, payload) = self.next()?;
        assert_eq!(first, FIN | CLOSE, "{payload:?}");
        Some(u16::from_be_bytes(payload.get(..2)?.try_into().unwrap()))
    }
}

/// Records the hash of the policy of each attempt.
#[derive(Debug, Default)]
struct Attempts(Mutex<Vec<String>>);

impl Observer for Attempts {
    fn observe(&self, event: Event<'_>, context: &RequestContext<'_>) {
        if matches!(event, Event::Attempt(_)) {
            self.0.lock().unwrap().push(context.policy.to_owned());
        }
    }
}

fn policy(text: &str) -> Policy {
    PolicyConfig::from_toml(text).build().unwrap()
}

/// A proxy on a runtime of its own, which ends with the test.
pub(crate) struct Stack {
    listener: TcpListener,
    address: SocketAddr,
    stop: Arc<Notify>,
    policy: Arc<ArcSwap<Policy>>,
    attempts: Arc<Attempts>,
    _runtime: tokio::runtime::Runtime,
}

impl Stack {
    /// Tells the proxy to stop, as a signal does.
    pub(crate) fn stop(&self) {
        self.stop.notify_one();
    }

    /// Replaces the policy, as a reload does, and returns the hash of the new one.
    pub(crate) fn reload(&self, text: &str) -> String {
        let policy = policy(text);
        let hash = policy.hash().to_owned();
        self.policy.store(Arc::new(policy));
        hash
    }

    /// Returns the policy's hash of each attempt.
    pub(crate) fn attempts(&self) -> Vec<String> {
        self.attempts.0.lock().unwrap().clone()
    }

    pub(crate) fn start(text: &str, limits: Limits) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let upstream = format!("http://{}", listener.local_addr().unwrap());
        let config = Config {
            upstreams: vec![Upstream::parse(&upstream).unwrap()],
            limits,
            ..Config::on_loopback(vec!["openai".to_owned()])
        };
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let policy = Arc::new(ArcSwap::from_pointee(policy(text)));
        let attempts = Arc::<Attempts>::default();
        let observer = Arc::clone(&attempts);
        let binding = Server::bind(config, Arc::clone(&policy), observer);
        let server = runtime.block_on(binding).unwrap();
        let address = server.address().tcp().unwrap();
        let stop = Arc::new(Notify::new());
        let output = Arc::clone(&stop);
        runtime.spawn(server.run(async move { output.notified().await }));
        Self {
            listener,
            address,
            stop,
            policy,
            attempts,
            _runtime: runtime,
        }
    }

    /// A client and a provider with a finished handshake between them.
    pub(crate) fn open(&self) -> (Peer, Peer) {
        let (client, provider, head) = self.answered("");
        assert!(head.starts_with("HTTP/1.1 101"), "{head}");
        (client, provider)
    }

    /// The same with further fields in the provider's handshake, and what the client reads of it.
    pub(crate) fn answered(&self, fields: &str) -> (Peer, Peer, String) {
        let client = ask(self.address);
        let (mut provider, _) = self.listener.accept().unwrap();
        let requested = head(&mut provider);
        assert!(
            !requested.to_lowercase().contains("extensions"),
            "{requested}"
        );
        let key = requested
            .lines()
            .find_map(|line| line.strip_prefix("sec-websocket-key: "))
            .unwrap()
            .to_owned();
        let accept = tungstenite::handshake::derive_accept_key(key.as_bytes());
        let answer = format!(
            "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-accept: {accept}\r\n{fields}\r\n"
        );
        provider.write_all(answer.as_bytes()).unwrap();
        let mut client = client;
        let head = head(&mut client);
        for socket in [&client, &provider] {
            socket
                .set_read_timeout(Some(Duration::from_secs(20)))
                .unwrap();
        }
        (
            Peer {
                socket: client,
                masks: true,
            },
            Peer {
                socket: provider,
                masks: false,
            },
            head,
        )
    }
}

fn ask(address: SocketAddr) -> TcpStream {
    let mut client = TcpStream::connect(address).unwrap();
    let request = "GET /v1/responses HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
        Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
        Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n";
    client.write_all(request.as_bytes()).unwrap();
    client
}

/// A head, read byte by byte so that nothing behind it is taken.
fn head(socket: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    while !bytes.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        socket.read_exact(&mut byte).unwrap();
        bytes.extend(byte);
    }
    String::from_utf8(bytes).unwrap()
}
