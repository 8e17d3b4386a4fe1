//! The real codex as a server, behind the shim: whatever its client asks for, the approved model runs.
//!
//! What reached the provider is what the stand-in recorded. A second stand-in is a provider that nobody
//! approved; nothing may reach it.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on fails"
)]

use std::fs;
use std::time::Duration;

use fake_provider::fixture::{Codex, Fixture, Transport};
use fake_provider::json::Json;
use fake_provider::rpc::Server;
use fake_provider::{FakeProvider, fixture};

/// The versions with both servers, the oldest and the newest.
const VERSIONS: [&str; 3] = ["0.125.0", "0.169.0", "0.171.0"];
const PIN: &str = "gpt-5.5";
/// How long the real codex may take for one thing; it takes less than a second.
const LONG: Duration = Duration::from_mins(1);

/// A codex behind the shim whose home has a provider that is approved and one that is not.
struct TwoProviders {
    fixture: Fixture,
    rogue: FakeProvider,
    codex: Codex,
}

impl TwoProviders {
    fn new(version: &str, mode: &str) -> Self {
        let (fixture, rogue) = (fixture!(mode), FakeProvider::start().unwrap());
        let base = format!("{}/v1", fixture.provider.url());
        let codex = fixture.codex(&fake_provider::codex(version), &base, Transport::Http);
        let codex = codex.behind_shim(&fixture.lock).unwrap();
        let config = fs::read_to_string(codex.config()).unwrap();
        let more = format!(
            "model = \"configured\"\n{config}\n[model_providers.rogue]\nname = \"rogue\"\nbase_url = \"{}/v1\"\nwire_api = \"responses\"\nenv_key = \"CODEX_API_KEY\"\n",
            rogue.url()
        );
        fs::write(codex.config(), more).unwrap();
        Self {
            fixture,
            rogue,
            codex,
        }
    }

    fn serve(&self) -> Server {
        Server::start(self.codex.command(&["app-server"]))
    }

    /// Starts the same server in the same home, without the shim.
    fn unlocked(&self) -> Server {
        Server::start(self.codex.past_the_shim(&["app-server"]))
    }

    fn wait_for_count(&self, tag: &str) {
        let fits = |line: &str| line.contains("surface:jsonrpc") && line.contains(tag);
        let line = self.fixture.statsd.wait_for(fits, LONG);
        assert!(line.is_some(), "{tag}");
    }
}

fn error(answer: &Json) -> &str {
    let message = answer.text_at(&["error", "message"]);
    message.unwrap_or_else(|| panic!("{answer:?}"))
}

const MODE: &str = r#","collaborationMode":{"mode":"default","settings":{"model":"evil","reasoning_effort":null,"developer_instructions":null}}"#;

/// What opens a thread, and what starts its turn.
fn cases(rogue: &str) -> Vec<(String, &'static str)> {
    let map = |entry: &str| (format!(r#"{{"config":{{{entry}}}}}"#), "");
    vec![
        ("{}".into(), ""),
        (r#"{"model":"evil"}"#.into(), ""),
        ("{}".into(), r#","model":"evil""#),
        (r#"{"model":"evil"}"#.into(), MODE),
        (r#"{"modelProvider":"rogue"}"#.into(), ""),
        map(r#""model":"evil""#),
        map(r#""model_provider":"rogue""#),
        map(&format!(r#""model_providers.lab.base_url":"{rogue}/v1""#)),
        map(&format!(
            r#""model_providers":{{"lab":{{"name":"lab","base_url":"{rogue}/v1","wire_api":"responses"}}}}"#
        )),
    ]
}

#[test]
fn app_server_in_force_runs_the_approved_model_for_each_request() {
    for version in VERSIONS {
        let codex = TwoProviders::new(version, "force");
        let mut server = codex.serve();
        for (opening, more) in cases(&codex.rogue.url()) {
            let before = codex.fixture.models().len();
            let thread = server.thread("thread/start", &opening);
            server.turn(&thread, more);
            server.turn(&thread, "");
            let models = codex.fixture.models().split_off(before);
            assert!(models.len() >= 2, "{version} {opening} {more}");
            assert!(
                models.iter().all(|model| model == PIN),
                "{version} {opening} {more}: {models:?}"
            );
        }
        assert_eq!(codex.rogue.bytes_received(), 0, "{version}");
        codex.wait_for_count("result:forced");
        server.end();
    }
}

#[test]
fn app_server_resuming_a_session_does_not_restore_its_model() {
    for version in VERSIONS {
        let codex = TwoProviders::new(version, "reject");
        let mut unlocked = codex.unlocked();
        let thread = unlocked.thread("thread/start", r#"{"model":"recorded"}"#);
        unlocked.turn(&thread, "");
        unlocked.end();
        assert_eq!(codex.fixture.models(), ["recorded"], "{version}");
        let mut server = codex.serve();
        let params = format!(r#"{{"threadId":"{thread}"}}"#);
        let resumed = server.thread("thread/resume", &params);
        server.turn(&resumed, "");
        let forked = server.thread("thread/fork", &params);
        server.turn(&forked, "");
        assert_eq!(codex.fixture.models(), ["recorded", PIN, PIN], "{version}");
        server.end();
    }
}

#[test]
fn app_server_client_cannot_change_the_configuration() {
    for version in VERSIONS {
        let codex = TwoProviders::new(version, "force");
        let mut server = codex.serve();
        let write = |key: &str, value: &str| {
            format!(r#"{{"keyPath":"{key}","value":"{value}","mergeStrategy":"replace"}}"#)
        };
        assert!(
            server
                .ask("config/value/write", &write("model", "evil"))
                .get("result")
                .is_some()
        );
        let turned = server.ask("config/value/write", &write("model_provider", "rogue"));
        assert!(
            error(&turned).starts_with("model_lock_rejected: "),
            "{version}"
        );
        let thread = server.thread("thread/start", "{}");
        server.turn(&thread, "");
        assert_eq!(codex.fixture.models(), [PIN], "{version}");
        server.end();
        let config = fs::read_to_string(codex.codex.home().join("config.toml")).unwrap();
        assert!(
            config.contains("model = \"gpt-5.5\"") && !config.contains("evil"),
            "{config}"
        );
    }
}

#[test]
fn app_server_in_reject_refuses_a_request_and_runs_the_next() {
    for version in VERSIONS {
        let codex = TwoProviders::new(version, "reject");
        let mut server = codex.serve();
        for (opening, more) in cases(&codex.rogue.url()).into_iter().skip(1) {
            if more.is_empty() {
                let refused = server.ask("thread/start", &opening);
                assert!(
                    error(&refused).starts_with("model_lock_rejected: "),
                    "{version} {opening}"
                );
            }
        }
        let positional = server.ask("thread/start", r#"["evil","rogue",false]"#);
        assert!(
            error(&positional).contains("more than one way"),
            "{version}"
        );
        let thread = server.thread("thread/start", r#"{"model":"gpt-5.5"}"#);
        for more in [
            r#","model":"evil""#,
            MODE,
            r#","collaborationMode":["default",["evil",null,null]]"#,
        ] {
            let params = format!(r#"{{"threadId":"{thread}","input":[]{more}}}"#);
            assert!(error(&server.ask("turn/start", &params)).starts_with("model_lock_rejected: "));
        }
        assert_eq!(codex.fixture.provider.bytes_received(), 0, "{version}");
        server.turn(&thread, "");
        assert_eq!(codex.fixture.models(), [PIN], "{version}");
        assert_eq!(codex.rogue.bytes_received(), 0, "{version}");
        codex.wait_for_count("result:rejected");
        server.end();
    }
}

#[test]
fn mcp_server_tool_call_runs_the_approved_model() {
    let codex = TwoProviders::new("0.125.0", "force");
    let mut server = Server::start(codex.codex.command(&["mcp-server"]));
    server.say(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#);
    for more in [
        "",
        r#","model":"evil""#,
        r#","config":{"model":"evil"}"#,
        r#","config":{"model_provider":"rogue"}"#,
        r#","profile":"p""#,
    ] {
        let before = codex.fixture.models().len();
        let params = format!(r#"{{"name":"codex","arguments":{{"prompt":"hi"{more}}}}}"#);
        let answer = server.ask("tools/call", &params);
        assert!(answer.get("result").is_some(), "{more}: {answer:?}");
        let models = codex.fixture.models().split_off(before);
        assert!(
            !models.is_empty() && models.iter().all(|model| model == PIN),
            "{more} {models:?}"
        );
    }
    assert_eq!(codex.rogue.bytes_received(), 0);
    server.end();
}

#[test]
fn unsupported_transports_are_refused() {
    let codex = TwoProviders::new("0.169.0", "force");
    for arguments in [
        &["app-server", "--listen", "ws://127.0.0.1:0"][..],
        &["app-server", "--listen", "unix://"],
        &["app-server", "proxy"],
        &["app-server", "daemon", "start"],
        &["remote-control"],
    ] {
        let finished = codex.codex.run(arguments).unwrap();
        assert_eq!(
            finished.status.code(),
            Some(77),
            "{arguments:?} {}",
            finished.err()
        );
        assert!(
            finished.err().contains("its requests would not be judged"),
            "{}",
            finished.err()
        );
    }
}
