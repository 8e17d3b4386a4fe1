//! `OpenClaw` speaks through codex: its runtime is `codex`, and the app-server that it starts is the shim.

use std::fs;
use std::os::unix::fs::symlink;
use std::time::Duration;

use fake_provider::fixture::{Lock, Proxy};
use fake_provider::json::quote;
use fake_provider::process::Finished;
use fake_provider::{FakeProvider, Statsd};

use crate::PIN;
use crate::openclaw::{OpenClaw, said};

#[test]
fn force_runs_the_approved_model_in_both_turns_of_a_session() {
    let Some(bench) = Bench::new("force") else {
        return;
    };
    bench.lead_by_configuration();
    bench.answered(&bench.claw.turn("openai/gpt-5.4"));
    bench.answered(&bench.claw.turn("openai/gpt-5.4"));
    assert_eq!(bench.generated(), [PIN, PIN]);
    let requests = bench.provider.requests();
    let last = String::from_utf8_lossy(&requests.last().unwrap().body);
    assert!(last.contains(ANSWER), "not the same session: {last}");
    bench.told("forced");
}

#[test]
fn reject_reports_to_the_user_and_lets_the_next_turn_run() {
    let Some(bench) = Bench::new("reject") else {
        return;
    };
    bench.lead_by_configuration();
    let refused = bench.claw.turn("openai/gpt-5.4");
    let told = "model_lock_rejected: model `gpt-5.4` is not permitted here";
    assert!(refused.out().contains(told), "{refused:?}");
    assert_eq!(bench.generated(), [""; 0]);
    bench.told("rejected");
    bench.answered(&bench.claw.turn("openai/gpt-5.5"));
    assert_eq!(bench.generated(), [PIN]);
}

#[test]
fn configured_proxy_replaces_the_embedded_proxy() {
    let Some(mut bench) = Bench::new("force") else {
        return;
    };
    let proxy = Proxy::start(&bench.lock, &bench.provider.url(), &[]).unwrap();
    let url = format!("http://{}", proxy.address());
    bench.claw.set("MODEL_LOCK_PROXY", &url);
    bench.answered(&bench.claw.turn("openai/gpt-5.4"));
    assert_eq!(bench.generated(), [PIN]);
}

/// An `OpenClaw` whose codex is the shim, a lock and a provider.
struct Bench {
    provider: FakeProvider,
    statsd: Statsd,
    lock: Lock,
    claw: OpenClaw,
}

impl Bench {
    /// Nothing where these tests are not wanted.
    fn new(mode: &str) -> Option<Self> {
        let mut claw = OpenClaw::with_codex()?;
        let (provider, statsd) = (FakeProvider::start().unwrap(), Statsd::start().unwrap());
        let lock = Lock {
            program: env!("CARGO_BIN_EXE_model-lock").into(),
            model: PIN.into(),
            mode: mode.into(),
            statsd: statsd.address(),
        };
        for (name, value) in lock.environment() {
            claw.set(name, &value);
        }
        let real = fake_provider::tool("codex", &[PINNED_BY_THE_PLUGIN]);
        claw.set("MODEL_LOCK_REAL_CODEX", real.to_str().unwrap());
        fs::create_dir(claw.place("shim")).unwrap();
        symlink(&lock.program, claw.place("shim/codex")).unwrap();
        claw.configure(&config(&claw));
        Some(Self {
            provider,
            statsd,
            lock,
            claw,
        })
    }

    /// Where codex's own configuration says that the provider is.
    fn lead_by_configuration(&self) {
        let home = self.claw.place("state/agents/main/agent/codex-home");
        fs::create_dir_all(&home).unwrap();
        let base = format!("openai_base_url = \"{}/v1\"\n", self.provider.url());
        fs::write(home.join("config.toml"), base).unwrap();
    }

    /// A turn has come to its end, and nothing that it started is left.
    fn answered(&self, turn: &Finished) {
        assert_eq!(turn.status.code(), Some(0), "{turn:?}");
        assert_eq!(said(turn), [ANSWER], "{turn:?}");
        assert_eq!(self.claw.left(), [""; 0], "{turn:?}");
    }

    /// The models of the model calls that arrived.
    fn generated(&self) -> Vec<String> {
        let mut requests = self.provider.requests();
        requests.retain(|request| request.method == "POST");
        requests
            .iter()
            .map(|call| call.model().unwrap_or_default())
            .collect()
    }

    /// The attempt was counted where it was met: between `OpenClaw` and codex.
    fn told(&self, result: &str) {
        let tags = ["override_attempts:", "surface:jsonrpc", result];
        let is_told = |line: &str| tags.iter().all(|tag| line.contains(tag));
        let told = self.statsd.wait_for(is_told, MOMENT);
        assert!(told.is_some(), "{:#?}", self.statsd.lines());
    }
}

fn config(claw: &OpenClaw) -> String {
    let place = |name: &str| quote(claw.place(name).to_str().unwrap());
    let (work, shim) = (place("work"), place("shim/codex"));
    format!(
        r#"{{"models":{{"providers":{{"openai":{{"agentRuntime":{{"id":"codex"}}}}}}}},"agents":{{"defaults":{{"model":"openai/gpt-5.5","workspace":{work}}}}},"plugins":{{"entries":{{"codex":{{"enabled":true,"config":{{"discovery":{{"timeoutMs":120000}},"appServer":{{"command":{shim},"requestTimeoutMs":300000}}}}}}}}}}}}"#
    )
}

const ANSWER: &str = "The provider ran gpt-5.5.";
/// The codex that the plugin brings along, were it not told to take the shim.
const PINNED_BY_THE_PLUGIN: &str = "0.154.0";
const MOMENT: Duration = Duration::from_secs(10);
