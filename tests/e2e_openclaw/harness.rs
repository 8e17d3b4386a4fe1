//! `OpenClaw` speaks through codex: its runtime is `codex`, and the app-server that it starts is the shim.

use std::fs;
use std::os::unix::fs::symlink;

use fake_provider::fixture;
use fake_provider::fixture::Fixture;
use fake_provider::json::quote;
use fake_provider::process::Finished;

use crate::PIN;
use crate::openclaw::{OpenClaw, replies};

#[test]
fn force_runs_the_approved_model_in_both_turns_of_a_session() {
    let Some(shim) = OpenClawWithShim::new("force") else {
        return;
    };
    shim.lead_by_configuration();
    shim.answered(&shim.claw.turn("openai/gpt-5.4"));
    shim.answered(&shim.claw.turn("openai/gpt-5.4"));
    assert_eq!(shim.fixture.models(), [PIN, PIN]);
    let requests = shim.fixture.provider.requests();
    let last = String::from_utf8_lossy(&requests.last().unwrap().body);
    assert!(last.contains(ANSWER), "not the same session: {last}");
    shim.assert_counted("forced");
}

#[test]
fn reject_reports_to_the_user_and_lets_the_next_turn_run() {
    let Some(shim) = OpenClawWithShim::new("reject") else {
        return;
    };
    shim.lead_by_configuration();
    let refused = shim.claw.turn("openai/gpt-5.4");
    let output = "model_lock_rejected: model `gpt-5.4` is not permitted here";
    assert!(refused.out().contains(output), "{refused:?}");
    assert_eq!(shim.fixture.models(), [""; 0]);
    shim.assert_counted("rejected");
    shim.answered(&shim.claw.turn("openai/gpt-5.5"));
    assert_eq!(shim.fixture.models(), [PIN]);
}

#[test]
fn configured_proxy_replaces_the_embedded_proxy() {
    let Some(mut shim) = OpenClawWithShim::new("force") else {
        return;
    };
    let proxy = shim.fixture.start_proxy(&[], &[]);
    let url = format!("http://{}", proxy.address());
    shim.claw.set("MODEL_LOCK_PROXY", &url);
    shim.answered(&shim.claw.turn("openai/gpt-5.4"));
    assert_eq!(shim.fixture.models(), [PIN]);
}

/// An `OpenClaw` whose codex is the shim.
struct OpenClawWithShim {
    fixture: Fixture,
    claw: OpenClaw,
}

impl OpenClawWithShim {
    /// Returns nothing where these tests are not wanted.
    fn new(mode: &str) -> Option<Self> {
        let mut claw = OpenClaw::with_codex()?;
        let fixture = fixture!(mode);
        for (name, value) in fixture.lock.environment() {
            claw.set(name, &value);
        }
        let real = fake_provider::tool("codex", &[PINNED_BY_THE_PLUGIN]);
        claw.set("MODEL_LOCK_REAL_CODEX", real.to_str().unwrap());
        fs::create_dir(claw.place("shim")).unwrap();
        symlink(&fixture.lock.program, claw.place("shim/codex")).unwrap();
        claw.configure(&config(&claw));
        Some(Self { fixture, claw })
    }

    /// Where codex's own configuration says that the provider is.
    fn lead_by_configuration(&self) {
        let home = self.claw.place("state/agents/main/agent/codex-home");
        fs::create_dir_all(&home).unwrap();
        let base = format!("openai_base_url = \"{}/v1\"\n", self.fixture.provider.url());
        fs::write(home.join("config.toml"), base).unwrap();
    }

    /// A turn has come to its end, and nothing that it started is left.
    fn answered(&self, turn: &Finished) {
        assert_eq!(turn.status.code(), Some(0), "{turn:?}");
        assert_eq!(replies(turn), [ANSWER], "{turn:?}");
        assert_eq!(self.claw.left(), [""; 0], "{turn:?}");
    }

    /// The attempt was counted where it was met: between `OpenClaw` and codex.
    fn assert_counted(&self, result: &str) {
        self.fixture.wait_for_attempt(&["surface:jsonrpc", result]);
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
