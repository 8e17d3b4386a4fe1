//! One lock, one provider, and a wire of its own for each call.

use std::fs;
use std::path::Path;
use std::time::Duration;

use fake_provider::fixture::{Lock, Proxy, Scratch};
use fake_provider::json::Json;
use fake_provider::{ByteRecorder, FakeProvider, Statsd};

use crate::sdk::Sdk;
use crate::table::Capability;
use crate::{PIN, sdk};

pub(crate) struct Bench {
    pub(crate) provider: FakeProvider,
    pub(crate) taps: Vec<ByteRecorder>,
    statsd: Statsd,
    proxy: Proxy,
    _scratch: Scratch,
}

/// Whether capabilities besides generation have a model of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pins {
    All,
    GenerationAlone,
}

impl Bench {
    pub(crate) fn new(mode: &str, pins: Pins) -> Self {
        let (provider, statsd) = (FakeProvider::start().unwrap(), Statsd::start().unwrap());
        provider.take_websockets(true);
        let lock = Lock {
            program: env!("CARGO_BIN_EXE_model-lock").into(),
            model: PIN.into(),
            mode: mode.into(),
            statsd: statsd.address(),
        };
        let scratch = Scratch::new(Path::new(env!("CARGO_TARGET_TMPDIR"))).unwrap();
        let policy = scratch.path().join("policy.toml");
        let lines = match pins {
            Pins::All => Capability::ALL.map(Capability::line).concat(),
            Pins::GenerationAlone => String::new(),
        };
        fs::write(&policy, format!("[pins]\n{lines}")).unwrap();
        let flags = ["--dialect", DIALECTS, "--policy", policy.to_str().unwrap()];
        let proxy = Proxy::start(&lock, &provider.url(), &flags).unwrap();
        Self {
            provider,
            taps: Vec::new(),
            statsd,
            proxy,
            _scratch: scratch,
        }
    }

    /// Makes calls, each a kind and a model, over one wire each, and tells what came of each.
    pub(crate) fn call(&mut self, sdk: Sdk, calls: &[(&str, &str)]) -> Vec<Json> {
        let tap = |_: &_| ByteRecorder::start(self.proxy.address()).unwrap();
        self.taps = calls.iter().map(tap).collect();
        let calls: Vec<sdk::Call<'_>> = self
            .taps
            .iter()
            .zip(calls)
            .map(|(tap, (kind, model))| (format!("http://{}", tap.address()), *kind, *model))
            .collect();
        sdk.call(&calls)
    }

    /// Every tap saw one connection with one request: nothing was tried again.
    pub(crate) fn assert_no_retry(&self, sdk: Sdk) {
        for tap in &self.taps {
            assert_eq!(tap.calls().len(), 1, "{sdk:?}: {:?}", tap.calls());
            assert_eq!(tap.wires(), 1, "{sdk:?}: {:?}", tap.calls());
        }
    }

    /// The same where a request may be answered before all of it was sent.
    pub(crate) fn assert_no_retry_of_a_part(&self, sdk: Sdk) {
        for tap in &self.taps {
            assert!(tap.calls().len() <= 1, "{sdk:?}: {:?}", tap.calls());
            assert_eq!(tap.wires(), 1, "{sdk:?}: {:?}", tap.calls());
        }
    }

    /// The provider has not even been connected to.
    pub(crate) fn assert_nothing_upstream(&self, sdk: Sdk) {
        assert!(
            self.provider.connections().is_empty(),
            "{sdk:?}: {:?}",
            self.provider.requests()
        );
    }

    pub(crate) fn is_counted(&self, result: &str) -> bool {
        let is_told = |line: &str| line.contains(result) && !line.contains(":0|c");
        self.statsd
            .wait_for(is_told, Duration::from_secs(10))
            .is_some()
    }
}

const DIALECTS: &str = "openai,chatgpt,anthropic,gemini,ollama";
