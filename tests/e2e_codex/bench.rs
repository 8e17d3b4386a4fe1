//! One codex, one lock, one provider, and the wires between them.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use fake_provider::fixture::{Codex, Lock, Proxy, Transport};
use fake_provider::process::Finished;
use fake_provider::{ByteRecorder, FakeProvider, Statsd};

use crate::PIN;

/// How codex reaches the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Doors {
    /// Not locked at all.
    None,
    /// The shim alone.
    Shim,
    /// The proxy alone.
    Proxy,
    /// Both.
    Both,
    /// The shim alone, with nothing set up: it brings a proxy along.
    Embedded,
}

impl Doors {
    /// Every way that is locked.
    pub(crate) const LOCKED: [Self; 4] = [Self::Shim, Self::Proxy, Self::Both, Self::Embedded];

    /// Where an override on the command line is met first.
    pub(crate) fn first_surface(self) -> &'static str {
        if self == Self::Proxy {
            "surface:http"
        } else {
            "surface:argv"
        }
    }
}

pub(crate) struct Bench {
    pub(crate) provider: FakeProvider,
    pub(crate) codex: Codex,
    pub(crate) statsd: Arc<Statsd>,
    pub(crate) tap: ByteRecorder,
    proxy: Option<Proxy>,
}

impl Bench {
    pub(crate) fn new(version: &str, doors: Doors, mode: &str) -> Self {
        Self::build(version, doors, mode, PIN, Transport::WebSocket)
    }

    /// With a codex that expects no WebSocket of its provider.
    pub(crate) fn over_http(version: &str, doors: Doors, mode: &str) -> Self {
        Self::build(version, doors, mode, PIN, Transport::Http)
    }

    /// With a provider that takes a `WebSocket`.
    pub(crate) fn over_websocket(version: &str, doors: Doors, mode: &str) -> Self {
        let bench = Self::new(version, doors, mode);
        bench.provider.take_websockets(true);
        bench
    }

    /// Behind the proxy with a `ChatGPT` login.
    pub(crate) fn chatgpt(version: &str, mode: &str, transport: Transport) -> Self {
        let mut bench = Self::new(version, Doors::Proxy, mode);
        let base = format!("http://{}/backend-api/codex", bench.tap.address());
        bench.codex = bench.codex.logged_in(&base, transport).unwrap();
        let websocket = transport == Transport::WebSocket;
        bench.provider.take_websockets(websocket);
        bench
    }

    pub(crate) fn build(
        version: &str,
        doors: Doors,
        mode: &str,
        pin: &str,
        transport: Transport,
    ) -> Self {
        let (provider, statsd) = (
            FakeProvider::start().unwrap(),
            Arc::new(Statsd::start().unwrap()),
        );
        let lock = Lock {
            program: env!("CARGO_BIN_EXE_model-lock").into(),
            model: pin.into(),
            mode: mode.into(),
            statsd: statsd.address(),
        };
        let proxied = matches!(doors, Doors::Proxy | Doors::Both);
        let proxy = proxied.then(|| Proxy::start(&lock, &provider.url(), &[]).unwrap());
        let tap =
            ByteRecorder::start(proxy.as_ref().map_or(provider.address(), Proxy::address)).unwrap();
        let below = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let base = format!("http://{}/v1", tap.address());
        let mut codex =
            Codex::new(&fake_provider::codex(version), &base, transport, below).unwrap();
        if matches!(doors, Doors::Shim | Doors::Both | Doors::Embedded) {
            codex = codex.behind_shim(&lock).unwrap();
        }
        if doors == Doors::Embedded {
            codex = codex.embedded();
        }
        Self {
            provider,
            codex,
            statsd,
            tap,
            proxy,
        }
    }

    /// Runs `codex exec` with these arguments.
    pub(crate) fn exec(&self, arguments: &[&str]) -> Finished {
        let mut all = vec!["exec", "--skip-git-repo-check"];
        all.extend(arguments);
        self.codex.run(&all).unwrap()
    }

    /// The models of the calls that reached the provider, in order.
    pub(crate) fn models(&self) -> Vec<String> {
        let requests = self.provider.requests();
        let calls = requests.iter().filter(|request| request.method == "POST");
        calls.map(|call| call.model().unwrap()).collect()
    }

    /// The models of the WebSocket messages that reached the provider, in order.
    pub(crate) fn message_models(&self) -> Vec<String> {
        self.provider.message_models()
    }

    /// How often codex did something on its wire, wherever that ended: `POST `, `GET `, `MESSAGE`.
    pub(crate) fn calls(&self, kind: &str) -> usize {
        self.tap
            .calls()
            .iter()
            .filter(|call| call.starts_with(kind))
            .count()
    }

    /// Whether all that reached the provider is the handshake of a `WebSocket` and its end: no message, no
    /// content.
    pub(crate) fn only_handshakes_arrived(&self) -> bool {
        let messages = self
            .provider
            .connections()
            .iter()
            .map(|seen| seen.messages.len())
            .sum::<usize>();
        let requests = self.provider.requests();
        let bare = requests
            .iter()
            .all(|request| request.method == "GET" && request.body.is_empty());
        messages == 0 && bare
    }

    /// Waits for a line of the proxy's log with all these words.
    pub(crate) fn logged(&mut self, words: &[&str]) {
        let proxy = self.proxy.as_mut().unwrap().daemon();
        let all = |line: &str| words.iter().all(|word| line.contains(word));
        let line = proxy.wait_for(all, Duration::from_secs(10));
        assert!(
            line.is_some(),
            "no line with {words:?} in {:#?}",
            proxy.lines()
        );
    }

    /// How many attempts were counted in all, told at the proxy's end.
    pub(crate) fn attempts(&mut self) -> u64 {
        let proxy = self.proxy.as_mut().unwrap().daemon();
        proxy.signal("TERM").unwrap();
        assert!(proxy.wait(Duration::from_secs(20)).is_some());
        let count = |line: &String| {
            let (_, rest) = line.split_once("override_attempts:")?;
            rest.split('|').next()?.parse::<u64>().ok()
        };
        self.statsd.lines().iter().filter_map(count).sum()
    }

    /// The `StatsD` line that tells of attempts with all these tags. The proxy adds up what one second brings.
    pub(crate) fn told(&self, tags: &[&str]) -> String {
        let is_told = |line: &str| {
            let attempt = line.contains("override_attempts:") && !line.contains(":0|c");
            attempt && tags.iter().all(|tag| line.contains(tag))
        };
        let line = self.statsd.wait_for(is_told, Duration::from_secs(10));
        line.unwrap_or_else(|| panic!("no line with {tags:?} in {:#?}", self.statsd.lines()))
    }
}
