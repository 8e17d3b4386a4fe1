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
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use fake_provider::fixture::{Codex, Lock, Transport};
use fake_provider::json::Json;
use fake_provider::rpc::Server;
use fake_provider::{FakeProvider, Statsd};

/// The versions with both servers, the oldest and the newest.
const VERSIONS: [&str; 2] = ["0.125.0", "0.169.0"];
const PIN: &str = "gpt-5.5";
/// How long the real codex may take for one thing; it takes less than a second.
const LONG: Duration = Duration::from_mins(1);

/// A home with a provider that is approved and one that is not.
struct Bench {
    provider: FakeProvider,
    rogue: FakeProvider,
    statsd: Statsd,
    codex: Codex,
    real: PathBuf,
}

impl Bench {
    fn new(version: &str, mode: &str) -> Self {
        let (provider, rogue) = (
            FakeProvider::start().unwrap(),
            FakeProvider::start().unwrap(),
        );
        let statsd = Statsd::start().unwrap();
        let lock = Lock {
            program: env!("CARGO_BIN_EXE_model-lock").into(),
            model: PIN.into(),
            mode: mode.into(),
            statsd: statsd.address(),
        };
        let (real, below) = (
            fake_provider::codex(version),
            Path::new(env!("CARGO_TARGET_TMPDIR")),
        );
        let base = format!("{}/v1", provider.url());
        let codex = Codex::new(&real, &base, Transport::Http, below).unwrap();
        let codex = codex.behind_shim(&lock).unwrap();
        let bench = Self {
            provider,
            rogue,
            statsd,
            codex,
            real,
        };
        let config = fs::read_to_string(bench.codex.home().join("config.toml")).unwrap();
        let more = format!(
            "model = \"configured\"\n{config}\n[model_providers.rogue]\nname = \"rogue\"\nbase_url = \"{}/v1\"\nwire_api = \"responses\"\nenv_key = \"CODEX_API_KEY\"\n",
            bench.rogue.url()
        );
        fs::write(bench.codex.home().join("config.toml"), more).unwrap();
        bench
    }

    fn serve(&self) -> Server {
        Server::start(self.codex.command(&["app-server"]))
    }

    /// The same server in the same home, without the shim.
    fn unlocked(&self) -> Server {
        let locked = self.codex.command(&["app-server"]);
        let mut command = Command::new(&self.real);
        command.env_clear().args(locked.get_args());
        command.current_dir(locked.get_current_dir().unwrap());
        let set = locked.get_envs();
        command.envs(set.filter_map(|(name, value)| Some((name, value?))));
        Server::start(command)
    }

    /// The models of the calls that reached the provider so far.
    fn models(&self) -> Vec<String> {
        let requests = self.provider.requests();
        let calls = requests.iter().filter(|request| request.method == "POST");
        calls.map(|call| call.model().unwrap()).collect()
    }

    fn told(&self, tag: &str) {
        let told = |line: &str| line.contains("surface:jsonrpc") && line.contains(tag);
        assert!(self.statsd.wait_for(told, LONG).is_some(), "{tag}");
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
        let bench = Bench::new(version, "force");
        let mut server = bench.serve();
        for (opening, more) in cases(&bench.rogue.url()) {
            let before = bench.models().len();
            let thread = server.thread("thread/start", &opening);
            server.turn(&thread, more);
            server.turn(&thread, "");
            let models = bench.models().split_off(before);
            assert!(models.len() >= 2, "{version} {opening} {more}");
            assert!(
                models.iter().all(|model| model == PIN),
                "{version} {opening} {more}: {models:?}"
            );
        }
        assert_eq!(bench.rogue.bytes_received(), 0, "{version}");
        bench.told("result:forced");
        server.end();
    }
}

#[test]
fn app_server_resuming_a_session_does_not_restore_its_model() {
    for version in VERSIONS {
        let bench = Bench::new(version, "reject");
        let mut unlocked = bench.unlocked();
        let thread = unlocked.thread("thread/start", r#"{"model":"recorded"}"#);
        unlocked.turn(&thread, "");
        unlocked.end();
        assert_eq!(bench.models(), ["recorded"], "{version}");
        let mut server = bench.serve();
        let params = format!(r#"{{"threadId":"{thread}"}}"#);
        let resumed = server.thread("thread/resume", &params);
        server.turn(&resumed, "");
        let forked = server.thread("thread/fork", &params);
        server.turn(&forked, "");
        assert_eq!(bench.models(), ["recorded", PIN, PIN], "{version}");
        server.end();
    }
}

#[test]
fn app_server_client_cannot_change_the_configuration() {
    for version in VERSIONS {
        let bench = Bench::new(version, "force");
        let mut server = bench.serve();
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
        assert_eq!(bench.models(), [PIN], "{version}");
        server.end();
        let config = fs::read_to_string(bench.codex.home().join("config.toml")).unwrap();
        assert!(
            config.contains("model = \"gpt-5.5\"") && !config.contains("evil"),
            "{config}"
        );
    }
}

#[test]
fn app_server_in_reject_refuses_a_request_and_runs_the_next() {
    for version in VERSIONS {
        let bench = Bench::new(version, "reject");
        let mut server = bench.serve();
        for (opening, more) in cases(&bench.rogue.url()).into_iter().skip(1) {
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
        assert_eq!(bench.provider.bytes_received(), 0, "{version}");
        server.turn(&thread, "");
        assert_eq!(bench.models(), [PIN], "{version}");
        assert_eq!(bench.rogue.bytes_received(), 0, "{version}");
        bench.told("result:rejected");
        server.end();
    }
}

#[test]
fn mcp_server_tool_call_runs_the_approved_model() {
    let bench = Bench::new("0.125.0", "force");
    let mut server = Server::start(bench.codex.command(&["mcp-server"]));
    server.say(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#);
    for more in [
        "",
        r#","model":"evil""#,
        r#","config":{"model":"evil"}"#,
        r#","config":{"model_provider":"rogue"}"#,
        r#","profile":"p""#,
    ] {
        let before = bench.models().len();
        let params = format!(r#"{{"name":"codex","arguments":{{"prompt":"hi"{more}}}}}"#);
        let answer = server.ask("tools/call", &params);
        assert!(answer.get("result").is_some(), "{more}: {answer:?}");
        let models = bench.models().split_off(before);
        assert!(
            !models.is_empty() && models.iter().all(|model| model == PIN),
            "{more} {models:?}"
        );
    }
    assert_eq!(bench.rogue.bytes_received(), 0);
    server.end();
}

#[test]
fn unsupported_transports_are_refused() {
    let bench = Bench::new("0.169.0", "force");
    for arguments in [
        &["app-server", "--listen", "ws://127.0.0.1:0"][..],
        &["app-server", "--listen", "unix://"],
        &["app-server", "proxy"],
        &["app-server", "daemon", "start"],
        &["remote-control"],
    ] {
        let finished = bench.codex.run(arguments).unwrap();
        assert_eq!(
            finished.status.code(),
            Some(77),
            "{arguments:?} {}",
            finished.err()
        );
        assert!(
            finished.err().contains("a door that nobody watches"),
            "{}",
            finished.err()
        );
    }
}
