//! A codex behind the shim with nothing set up, and providers to lead it to.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

use fake_provider::fixture::{Codex, Lock, Scratch, Transport};
use fake_provider::{FakeProvider, Statsd};

use crate::PIN;

/// The provider that the configuration selects, and everything in front of it.
pub(crate) struct Place {
    pub(crate) provider: FakeProvider,
    pub(crate) codex: Codex,
    statsd: Statsd,
    _scratch: Option<Scratch>,
}

impl Place {
    /// With the real codex.
    pub(crate) fn real(version: &str, mode: &str) -> Self {
        Self::build(&fake_provider::codex(version), mode, None)
    }

    /// With a script in the real one's place.
    pub(crate) fn script(script: &str, mode: &str) -> Self {
        let scratch = Scratch::new(below()).unwrap();
        let program = scratch.path().join("script");
        // Written aside and moved: a thread that forks meanwhile would keep the file open, and busy.
        let aside = scratch.path().join("aside");
        fs::write(&aside, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&aside, fs::Permissions::from_mode(0o755)).unwrap();
        fs::copy(&aside, &program).unwrap();
        Self::build(&program, mode, Some(scratch))
    }

    fn build(program: &Path, mode: &str, scratch: Option<Scratch>) -> Self {
        let (provider, statsd) = (FakeProvider::start().unwrap(), Statsd::start().unwrap());
        let lock = Lock {
            program: env!("CARGO_BIN_EXE_model-lock").into(),
            model: PIN.into(),
            mode: mode.into(),
            statsd: statsd.address(),
        };
        let base = format!("{}/v1", provider.url());
        let codex = Codex::new(program, &base, Transport::WebSocket, below()).unwrap();
        Self {
            codex: codex.behind_shim(&lock).unwrap().embedded(),
            provider,
            statsd,
            _scratch: scratch,
        }
    }

    /// The same with another configuration file. `{A}` stands for the provider's address.
    pub(crate) fn configured(self, text: &str) -> Self {
        let usual = "check_for_update_on_startup = false\n";
        let text = text.replace("{A}", &self.provider.url());
        fs::write(self.codex.config(), [usual, &text].concat()).unwrap();
        self
    }

    /// The same with a `ChatGPT` login.
    pub(crate) fn account(mut self, transport: Transport) -> Self {
        let base = format!("{}/backend-api/codex", self.provider.url());
        self.codex = self.codex.logged_in(&base, transport).unwrap();
        self.provider
            .take_websockets(transport == Transport::WebSocket);
        self
    }

    /// Waits for the `StatsD` line that tells of an attempt with all these tags.
    pub(crate) fn told(&self, tags: &[&str]) {
        let is_told = |line: &str| {
            let attempt = line.contains("override_attempts:") && !line.contains(":0|c");
            attempt && tags.iter().all(|tag| line.contains(tag))
        };
        let line = self.statsd.wait_for(is_told, Duration::from_secs(10));
        assert!(line.is_some(), "no {tags:?} in {:#?}", self.statsd.lines());
    }

    /// Waits for a `StatsD` line that begins so behind the prefix.
    pub(crate) fn counted(&self, wanted: &str) {
        let wanted = format!("model_lock.{wanted}");
        let begins = |line: &str| line.starts_with(&wanted);
        let line = self.statsd.wait_for(begins, Duration::from_secs(10));
        assert!(line.is_some(), "no {wanted} in {:#?}", self.counts());
    }

    /// Every `StatsD` line so far.
    pub(crate) fn counts(&self) -> Vec<String> {
        self.statsd.lines()
    }

    /// The models of the calls that reached the provider, in order.
    pub(crate) fn models(&self) -> Vec<String> {
        models(&self.provider)
    }
}

impl Place {
    /// The models of the `WebSocket` messages that reached the provider, in order.
    pub(crate) fn messages(&self) -> Vec<String> {
        self.provider.message_models()
    }
}

/// The models of the calls that reached a provider, in order.
pub(crate) fn models(provider: &FakeProvider) -> Vec<String> {
    let requests = provider.requests();
    let calls = requests.iter().filter(|request| request.method == "POST");
    calls.map(|call| call.model().unwrap_or_default()).collect()
}

fn below() -> &'static Path {
    Path::new(env!("CARGO_TARGET_TMPDIR"))
}
