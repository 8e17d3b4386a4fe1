//! A codex behind the shim with nothing set up, and providers to lead it to.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

use fake_provider::fixture;
use fake_provider::fixture::{Codex, Fixture, Transport};

/// A codex behind the shim, with an embedded proxy.
pub(crate) struct EmbeddedCodex {
    pub(crate) fixture: Fixture,
    pub(crate) codex: Codex,
}

impl EmbeddedCodex {
    /// With the real codex.
    pub(crate) fn real(version: &str, mode: &str) -> Self {
        Self::with(fixture!(mode), &fake_provider::codex(version))
    }

    /// With a script in the real one's codex.
    pub(crate) fn script(script: &str, mode: &str) -> Self {
        let fixture = fixture!(mode);
        let program = fixture.directory.path().join("script");
        // Written aside and moved: a thread that forks meanwhile would keep the file open, and busy.
        let aside = fixture.directory.path().join("aside");
        fs::write(&aside, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&aside, fs::Permissions::from_mode(0o755)).unwrap();
        fs::copy(&aside, &program).unwrap();
        Self::with(fixture, &program)
    }

    fn with(fixture: Fixture, program: &Path) -> Self {
        let base = format!("{}/v1", fixture.provider.url());
        let codex = fixture.codex(program, &base, Transport::WebSocket);
        Self {
            codex: codex.behind_shim(&fixture.lock).unwrap().embedded(),
            fixture,
        }
    }

    /// The same with another configuration file. `{A}` stands for the provider's address.
    pub(crate) fn configured(self, text: &str) -> Self {
        let usual = "check_for_update_on_startup = false\n";
        let text = text.replace("{A}", &self.fixture.provider.url());
        fs::write(self.codex.config(), [usual, &text].concat()).unwrap();
        self
    }

    /// The same with a `ChatGPT` login.
    pub(crate) fn account(mut self, transport: Transport) -> Self {
        let base = format!("{}/backend-api/codex", self.fixture.provider.url());
        self.codex = self.codex.logged_in(&base, transport).unwrap();
        self.fixture
            .provider
            .take_websockets(transport == Transport::WebSocket);
        self
    }

    /// Waits for a `StatsD` line that begins so behind the prefix.
    pub(crate) fn wait_for_count(&self, wanted: &str) {
        let wanted = format!("model_lock.{wanted}");
        let begins = |line: &str| line.starts_with(&wanted);
        let line = self
            .fixture
            .statsd
            .wait_for(begins, Duration::from_secs(10));
        assert!(
            line.is_some(),
            "no {wanted} in {:#?}",
            self.fixture.statsd.lines()
        );
    }
}
