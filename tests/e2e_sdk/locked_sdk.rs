//! One lock, one provider, and a recorder of its own for each call.

use std::time::Duration;

use fake_provider::fixture::Fixture;
use fake_provider::json::Json;
use fake_provider::{ByteRecorder, fixture};

use crate::sdk::{self, Sdk};
use crate::table::Capability;

/// A lock whose clients each call through a recorder of their own.
pub(crate) struct LockedSdk {
    pub(crate) fixture: Fixture,
    recorders: Vec<ByteRecorder>,
}

/// Whether capabilities besides generation have a model of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pins {
    All,
    GenerationAlone,
}

impl LockedSdk {
    pub(crate) fn new(mode: &str, pins: Pins) -> Self {
        let lines = match pins {
            Pins::All => Capability::ALL.map(Capability::line).concat(),
            Pins::GenerationAlone => String::new(),
        };
        let fixture = fixture!(mode).with_policy(&format!("[pins]\n{lines}"));
        fixture.provider.take_websockets(true);
        Self {
            fixture: fixture.with_proxy(&["--dialect", DIALECTS]),
            recorders: Vec::new(),
        }
    }

    /// Makes calls, each a kind and a model, over one wire each, and tells what came of each.
    pub(crate) fn call(&mut self, sdk: Sdk, calls: &[(&str, &str)]) -> Vec<Json> {
        let recorder = |_: &_| ByteRecorder::start(self.fixture.address()).unwrap();
        self.recorders = calls.iter().map(recorder).collect();
        let calls: Vec<sdk::Call<'_>> = self
            .recorders
            .iter()
            .zip(calls)
            .map(|(recorder, (kind, model))| {
                (format!("http://{}", recorder.address()), *kind, *model)
            })
            .collect();
        sdk.call(&calls)
    }

    /// Every recorder saw one connection with one request: nothing was tried again.
    pub(crate) fn assert_no_retry(&self, sdk: Sdk) {
        for recorder in &self.recorders {
            assert_eq!(recorder.calls().len(), 1, "{sdk:?}: {:?}", recorder.calls());
            assert_eq!(
                recorder.connection_count(),
                1,
                "{sdk:?}: {:?}",
                recorder.calls()
            );
        }
    }

    /// The same where a request may be answered before all of it was sent.
    pub(crate) fn assert_no_retry_of_a_part(&self, sdk: Sdk) {
        for recorder in &self.recorders {
            assert!(
                recorder.calls().len() <= 1,
                "{sdk:?}: {:?}",
                recorder.calls()
            );
            assert_eq!(
                recorder.connection_count(),
                1,
                "{sdk:?}: {:?}",
                recorder.calls()
            );
        }
    }

    /// The provider has not even been connected to.
    pub(crate) fn assert_nothing_upstream(&self, sdk: Sdk) {
        assert!(
            self.fixture.provider.connections().is_empty(),
            "{sdk:?}: {:?}",
            self.fixture.provider.requests()
        );
    }

    pub(crate) fn is_counted(&self, result: &str) -> bool {
        let is_error = |line: &str| line.contains(result) && !line.contains(":0|c");
        self.fixture
            .statsd
            .wait_for(is_error, Duration::from_secs(10))
            .is_some()
    }
}

const DIALECTS: &str = "openai,chatgpt,anthropic,gemini,ollama";
