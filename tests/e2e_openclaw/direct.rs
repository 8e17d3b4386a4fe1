//! `OpenClaw` speaks to the provider itself, through the proxy: its runtime is `openclaw`.

use std::fs;
use std::time::Duration;

use fake_provider::fixture::{Lock, Proxy};
use fake_provider::json::quote;
use fake_provider::{ByteRecorder, FakeProvider, Statsd};

use crate::PIN;
use crate::openclaw::{OpenClaw, said};

#[test]
fn force_runs_the_approved_model_for_each_request() {
    let Some(bench) = Bench::new("force") else {
        return;
    };
    let finished = bench.claw.turn("openai/gpt-5.2");
    assert_eq!(finished.status.code(), Some(0), "{finished:?}");
    assert_eq!(said(&finished), ["The provider ran gpt-5.5."]);
    assert_eq!(bench.generated(), [PIN]);
    let is_forced = |line: &str| line.contains("result:forced") && !line.contains(":0|c");
    assert!(bench.statsd.wait_for(is_forced, MOMENT).is_some());
}

#[test]
fn reject_passes_the_approved_model() {
    let Some(bench) = Bench::new("reject") else {
        return;
    };
    let finished = bench.claw.turn("openai/gpt-5.5");
    assert_eq!(finished.status.code(), Some(0), "{finished:?}");
    assert_eq!(said(&finished), ["The provider ran gpt-5.5."]);
    assert_eq!(bench.generated(), [PIN]);
}

#[test]
fn reject_reports_to_the_user_after_one_call() {
    let Some(bench) = Bench::new("reject") else {
        return;
    };
    let finished = bench.claw.turn("openai/gpt-5.2");
    assert_eq!(finished.status.code(), Some(1), "{finished:?}");
    let told = "400 model `gpt-5.2` is not permitted here (/model); locked by policy";
    assert!(finished.err().contains(told), "{finished:?}");
    assert_eq!(bench.generated(), [""; 0]);
    // Neither the SDK nor `OpenClaw` tries again.
    let mut calls = bench.tap.calls();
    calls.retain(|call| call == "POST /v1/responses");
    assert_eq!(calls.len(), 1, "{:?}", bench.tap.calls());
}

#[test]
fn embeddings_are_forwarded_unchanged() {
    let Some(bench) = Bench::new("force") else {
        return;
    };
    fs::write(bench.claw.place("work/MEMORY.md"), "The word is pong.\n").unwrap();
    let finished = bench.claw.run(&["memory", "index"]);
    assert_eq!(finished.status.code(), Some(0), "{finished:?}");
    let requests = bench.provider.requests();
    let bodies: Vec<_> = requests
        .iter()
        .map(|request| (request.path(), String::from_utf8_lossy(&request.body)))
        .collect();
    let body = r#"{"model":"text-embedding-3-small","input":["The word is pong.\n"]}"#;
    assert_eq!(bodies, [("/v1/embeddings", body.into())]);
}

/// An `OpenClaw`, a lock, a provider, and the wires between them.
struct Bench {
    provider: FakeProvider,
    statsd: Statsd,
    tap: ByteRecorder,
    _proxy: Proxy,
    claw: OpenClaw,
}

impl Bench {
    /// Nothing where these tests are not wanted.
    fn new(mode: &str) -> Option<Self> {
        let claw = OpenClaw::new()?;
        let (provider, statsd) = (FakeProvider::start().unwrap(), Statsd::start().unwrap());
        let lock = Lock {
            program: env!("CARGO_BIN_EXE_model-lock").into(),
            model: PIN.into(),
            mode: mode.into(),
            statsd: statsd.address(),
        };
        let policy = claw.place("policy.toml");
        fs::write(&policy, "[pins]\nembedding = \"text-embedding-3-small\"\n").unwrap();
        let flags = ["--policy", policy.to_str().unwrap()];
        let proxy = Proxy::start(&lock, &provider.url(), &flags).unwrap();
        let bench = Self {
            tap: ByteRecorder::start(proxy.address()).unwrap(),
            provider,
            statsd,
            _proxy: proxy,
            claw,
        };
        bench.claw.configure(&bench.config());
        Some(bench)
    }

    fn config(&self) -> String {
        let url = quote(&format!("http://{}/v1", self.tap.address()));
        let work = quote(self.claw.place("work").to_str().unwrap());
        format!(
            r#"{{"models":{{"providers":{{"openai":{{"baseUrl":{url},"api":"openai-responses","apiKey":"sk-fake","agentRuntime":{{"id":"openclaw"}},"models":[]}}}}}},"agents":{{"defaults":{{"model":"openai/gpt-5.5","workspace":{work}}}}}}}"#
        )
    }

    /// The models of the model calls that arrived.
    fn generated(&self) -> Vec<String> {
        let mut requests = self.provider.requests();
        requests.retain(|request| request.path() != "/v1/embeddings");
        requests
            .iter()
            .map(|call| call.model().unwrap_or_default())
            .collect()
    }
}

const MOMENT: Duration = Duration::from_secs(10);
