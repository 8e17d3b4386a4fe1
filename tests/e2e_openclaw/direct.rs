//! `OpenClaw` speaks to the provider itself, through the proxy: its runtime is `openclaw`.

use std::time::Duration;

use fake_provider::fixture::Fixture;
use fake_provider::json::quote;
use fake_provider::{ByteRecorder, fixture};

use crate::PIN;
use crate::openclaw::{OpenClaw, replies};

#[test]
fn force_runs_the_approved_model_for_each_request() {
    let Some(direct) = DirectOpenClaw::new("force") else {
        return;
    };
    let finished = direct.claw.turn("openai/gpt-5.2");
    assert_eq!(finished.status.code(), Some(0), "{finished:?}");
    assert_eq!(replies(&finished), ["The provider ran gpt-5.5."]);
    assert_eq!(direct.generated(), [PIN]);
    let is_forced = |line: &str| line.contains("result:forced") && !line.contains(":0|c");
    assert!(direct.fixture.statsd.wait_for(is_forced, MOMENT).is_some());
}

#[test]
fn reject_passes_the_approved_model() {
    let Some(direct) = DirectOpenClaw::new("reject") else {
        return;
    };
    let finished = direct.claw.turn("openai/gpt-5.5");
    assert_eq!(finished.status.code(), Some(0), "{finished:?}");
    assert_eq!(replies(&finished), ["The provider ran gpt-5.5."]);
    assert_eq!(direct.generated(), [PIN]);
}

#[test]
fn reject_reports_to_the_user_after_one_call() {
    let Some(direct) = DirectOpenClaw::new("reject") else {
        return;
    };
    let finished = direct.claw.turn("openai/gpt-5.2");
    assert_eq!(finished.status.code(), Some(1), "{finished:?}");
    let output = "400 model `gpt-5.2` is not permitted here (/model); locked by policy";
    assert!(finished.err().contains(output), "{finished:?}");
    assert_eq!(direct.generated(), [""; 0]);
    // Neither the SDK nor `OpenClaw` tries again.
    let mut calls = direct.recorder.calls();
    calls.retain(|call| call == "POST /v1/responses");
    assert_eq!(calls.len(), 1, "{:?}", direct.recorder.calls());
}

#[test]
fn embeddings_are_forwarded_unchanged() {
    let Some(direct) = DirectOpenClaw::new("force") else {
        return;
    };
    std::fs::write(direct.claw.place("work/MEMORY.md"), "The word is pong.\n").unwrap();
    let finished = direct.claw.run(&["memory", "index"]);
    assert_eq!(finished.status.code(), Some(0), "{finished:?}");
    let requests = direct.fixture.provider.requests();
    let bodies: Vec<_> = requests
        .iter()
        .map(|request| (request.path(), String::from_utf8_lossy(&request.body)))
        .collect();
    let body = r#"{"model":"text-embedding-3-small","input":["The word is pong.\n"]}"#;
    assert_eq!(bodies, [("/v1/embeddings", body.into())]);
}

/// An `OpenClaw` whose calls go through a recorder to the proxy.
struct DirectOpenClaw {
    fixture: Fixture,
    recorder: ByteRecorder,
    claw: OpenClaw,
}

impl DirectOpenClaw {
    /// Returns nothing where these tests are not wanted.
    fn new(mode: &str) -> Option<Self> {
        let claw = OpenClaw::new()?;
        let policy = "[pins]\nembedding = \"text-embedding-3-small\"\n";
        let fixture = fixture!(mode).with_policy(policy).with_proxy(&[]);
        let direct = Self {
            recorder: ByteRecorder::start(fixture.address()).unwrap(),
            fixture,
            claw,
        };
        direct.claw.configure(&direct.config());
        Some(direct)
    }

    fn config(&self) -> String {
        let url = quote(&format!("http://{}/v1", self.recorder.address()));
        let work = quote(self.claw.place("work").to_str().unwrap());
        format!(
            r#"{{"models":{{"providers":{{"openai":{{"baseUrl":{url},"api":"openai-responses","apiKey":"sk-fake","agentRuntime":{{"id":"openclaw"}},"models":[]}}}}}},"agents":{{"defaults":{{"model":"openai/gpt-5.5","workspace":{work}}}}}}}"#
        )
    }

    /// The models of the model calls that arrived.
    fn generated(&self) -> Vec<String> {
        let mut requests = self.fixture.provider.requests();
        requests.retain(|request| request.path() != "/v1/embeddings");
        requests
            .iter()
            .map(|call| call.model().unwrap_or_default())
            .collect()
    }
}

const MOMENT: Duration = Duration::from_secs(10);
