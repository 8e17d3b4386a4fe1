//! One codex behind the enforcement points of one lock, and a recorder of its calls.

use std::time::Duration;

use fake_provider::fixture::{Codex, Fixture, Transport};
use fake_provider::process::Finished;
use fake_provider::{ByteRecorder, fixture};

use crate::PIN;

/// How codex reaches the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EnforcementPoints {
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

impl EnforcementPoints {
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

pub(crate) struct LockedCodex {
    pub(crate) fixture: Fixture,
    pub(crate) codex: Codex,
    pub(crate) recorder: ByteRecorder,
}

impl LockedCodex {
    pub(crate) fn new(version: &str, points: EnforcementPoints, mode: &str) -> Self {
        Self::build(version, points, mode, PIN, Transport::WebSocket)
    }

    /// With a codex that expects no WebSocket of its provider.
    pub(crate) fn over_http(version: &str, points: EnforcementPoints, mode: &str) -> Self {
        Self::build(version, points, mode, PIN, Transport::Http)
    }

    /// With a provider that takes a `WebSocket`.
    pub(crate) fn over_websocket(version: &str, points: EnforcementPoints, mode: &str) -> Self {
        let codex = Self::new(version, points, mode);
        codex.fixture.provider.take_websockets(true);
        codex
    }

    /// Behind the proxy with a `ChatGPT` login.
    pub(crate) fn chatgpt(version: &str, mode: &str, transport: Transport) -> Self {
        let mut codex = Self::new(version, EnforcementPoints::Proxy, mode);
        let base = format!("http://{}/backend-api/codex", codex.recorder.address());
        codex.codex = codex.codex.logged_in(&base, transport).unwrap();
        let websocket = transport == Transport::WebSocket;
        codex.fixture.provider.take_websockets(websocket);
        codex
    }

    pub(crate) fn build(
        version: &str,
        points: EnforcementPoints,
        mode: &str,
        pin: &str,
        transport: Transport,
    ) -> Self {
        let fixture = fixture!(mode).approving(pin);
        let fixture = match points {
            EnforcementPoints::Proxy | EnforcementPoints::Both => fixture.with_proxy(&[]),
            EnforcementPoints::None | EnforcementPoints::Shim | EnforcementPoints::Embedded => {
                fixture
            }
        };
        let codex = Self::with(version, fixture, transport);
        match points {
            EnforcementPoints::None | EnforcementPoints::Proxy => codex,
            EnforcementPoints::Shim | EnforcementPoints::Both => codex.behind_shim(),
            EnforcementPoints::Embedded => {
                let mut codex = codex.behind_shim();
                codex.codex = codex.codex.embedded();
                codex
            }
        }
    }

    /// Makes a codex whose calls go through a recorder to the proxy of a fixture, or to its provider.
    pub(crate) fn with(version: &str, fixture: Fixture, transport: Transport) -> Self {
        let recorder = ByteRecorder::start(fixture.address()).unwrap();
        let base = format!("http://{}/v1", recorder.address());
        let codex = fixture.codex(&fake_provider::codex(version), &base, transport);
        Self {
            fixture,
            codex,
            recorder,
        }
    }

    fn behind_shim(mut self) -> Self {
        self.codex = self.codex.behind_shim(&self.fixture.lock).unwrap();
        self
    }

    /// Runs `codex exec` with these arguments.
    pub(crate) fn exec(&self, arguments: &[&str]) -> Finished {
        let mut all = vec!["exec", "--skip-git-repo-check"];
        all.extend(arguments);
        self.codex.run(&all).unwrap()
    }

    /// How often codex did something on its connections, wherever that ended: `POST `, `GET `, `MESSAGE`.
    pub(crate) fn calls(&self, kind: &str) -> usize {
        self.recorder
            .calls()
            .iter()
            .filter(|call| call.starts_with(kind))
            .count()
    }

    /// Whether all that reached the provider is the handshake of a `WebSocket` and its end: no message, no
    /// content.
    pub(crate) fn only_handshakes_arrived(&self) -> bool {
        let messages = self
            .fixture
            .provider
            .connections()
            .iter()
            .map(|seen| seen.messages.len())
            .sum::<usize>();
        let requests = self.fixture.provider.requests();
        let bare = requests
            .iter()
            .all(|request| request.method == "GET" && request.body.is_empty());
        messages == 0 && bare
    }

    /// How many attempts were counted in all, told at the proxy's end.
    pub(crate) fn attempts(&mut self) -> u64 {
        let proxy = self.fixture.proxy_mut().daemon();
        proxy.signal("TERM").unwrap();
        assert!(proxy.wait(Duration::from_secs(20)).is_some());
        let count = |line: &String| {
            let (_, rest) = line.split_once("override_attempts:")?;
            rest.split('|').next()?.parse::<u64>().ok()
        };
        self.fixture.statsd.lines().iter().filter_map(count).sum()
    }
}
