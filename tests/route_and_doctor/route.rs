//! The route: a real codex, started by its own path, with everything set to lead it elsewhere.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use fake_provider::fixture::Fixture;
use fake_provider::json::Json;
use fake_provider::{FakeProvider, fixture};

use crate::machine::Machine;
use crate::{PIN, VERSIONS};

/// A provider behind the proxy, one that nobody approved, and a machine whose user prefers the second.
struct RoguePreferred {
    fixture: Fixture,
    rogue: FakeProvider,
    machine: Machine,
}

impl RoguePreferred {
    fn new() -> Self {
        let (fixture, rogue) = (fixture!("force", &[]), FakeProvider::start().unwrap());
        let machine = Machine::new();
        let config = format!(
            "model = \"evil\"\nreview_model = \"evil\"\nmodel_provider = \"rogue\"\nopenai_base_url = \"{0}/v1\"\n\
             [model_providers.rogue]\nname = \"rogue\"\nbase_url = \"{0}/v1\"\nwire_api = \"responses\"\nenv_key = \"CODEX_API_KEY\"\n\
             [analytics]\nenabled = false\n",
            rogue.url()
        );
        machine.write("home/.codex/config.toml", &config);
        Self {
            fixture,
            rogue,
            machine,
        }
    }

    fn route(&self, flags: &[&str]) {
        let (proxy, root) = (
            format!("http://{}", self.fixture.address()),
            self.machine.root(),
        );
        let root = ["--yes", "--root", root.to_str().unwrap()];
        let all = [&["route", "codex", "--proxy", &proxy][..], &root, flags].concat();
        let finished = self.machine.model_lock(&all);
        assert!(finished.status.success(), "{}", finished.err());
    }

    /// Runs `codex exec`; gives the models that reached the provider and those that reached the rogue.
    fn exec(&self, codex: &Path, arguments: &[&str]) -> [Vec<String>; 2] {
        let seen = [
            self.fixture.provider.models().len(),
            self.rogue.models().len(),
        ];
        let all = [&["exec", "--skip-git-repo-check"], arguments, &["hi"]].concat();
        let finished = self.machine.run(codex, &all);
        let at = |provider: &FakeProvider, from: usize| provider.models().split_off(from);
        let reached = [
            at(&self.fixture.provider, seen[0]),
            at(&self.rogue, seen[1]),
        ];
        assert!(
            finished.status.success(),
            "{arguments:?} {reached:?} {}",
            finished.err()
        );
        reached
    }
}

fn through(model: &str) -> [Vec<String>; 2] {
    [vec![model.to_owned()], Vec::new()]
}

fn around(model: &str) -> [Vec<String>; 2] {
    [Vec::new(), vec![model.to_owned()]]
}

#[test]
fn codex_by_its_own_path_calls_the_proxy() {
    for version in VERSIONS {
        let (setup, codex) = (RoguePreferred::new(), fake_provider::codex(version));
        let base = format!("openai_base_url=\"{}/v1\"", setup.rogue.url());
        assert_eq!(
            setup.exec(&codex, &[]),
            around("evil"),
            "{version} without the route"
        );
        setup.route(&[]);
        for arguments in [
            &[][..],
            &["-c", &base],
            &["-c", "model_provider=rogue", "-c", "model=evil"],
            &["-m", "evil", "-c", &base],
            &["--ignore-user-config", "-c", &base],
        ] {
            let case = format!("{version} {arguments:?}");
            assert_eq!(setup.exec(&codex, arguments), through(PIN), "{case}");
        }
        let root = setup.machine.root();
        let removed = [
            "route",
            "codex",
            "--remove",
            "--yes",
            "--root",
            root.to_str().unwrap(),
        ];
        assert!(setup.machine.model_lock(&removed).status.success());
        assert_eq!(
            setup.exec(&codex, &[]),
            around("evil"),
            "{version} after the route"
        );
        assert_eq!(fs::read_dir(root.join("etc/codex")).unwrap().count(), 0);
    }
}

/// From 0.169 on, `requirements.toml` holds what a client names itself; before, nothing in it is heeded.
#[test]
fn app_server_client_provider_is_overridden_from_0_169_on() {
    for (version, expected) in [
        ("0.125.0", around(PIN)),
        ("0.154.0", around(PIN)),
        ("0.169.0", through(PIN)),
        ("0.171.0", through(PIN)),
    ] {
        let setup = RoguePreferred::new();
        setup.route(&[]);
        setup.app_server(
            &fake_provider::codex(version),
            r#"{"modelProvider":"rogue"}"#,
        );
        assert_eq!(
            [setup.fixture.provider.models(), setup.rogue.models()],
            expected,
            "{version}"
        );
    }
}

#[test]
fn profile_of_codex_0_125_is_overridden_with_legacy_profile() {
    let (setup, codex) = (RoguePreferred::new(), fake_provider::codex("0.125.0"));
    let config = setup.machine.place("home/.codex/config.toml");
    let hostile = fs::read_to_string(&config).unwrap();
    let profile = "[profiles.p]\nmodel = \"evil\"\nmodel_provider = \"rogue\"\n";
    fs::write(&config, format!("profile = \"p\"\n{hostile}{profile}")).unwrap();
    setup.route(&[]);
    assert_eq!(setup.exec(&codex, &[]), around("evil"));
    setup.route(&["--legacy-profile"]);
    assert_eq!(setup.exec(&codex, &[]), through(PIN));
    assert_eq!(setup.exec(&codex, &["-c", "profile=p"]), through(PIN));
    // This is what the shim is for; the page of the route says it.
    assert_eq!(setup.exec(&codex, &["-p", "p"]), around("evil"));
}

impl RoguePreferred {
    /// One thread and one turn in `codex app-server`, whose client asks for this.
    fn app_server(&self, codex: &Path, request: &str) {
        let words = ["60", codex.to_str().unwrap(), "app-server"];
        let mut command = self.machine.command("timeout", &words);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut server = command.spawn().unwrap();
        let mut requests = server.stdin.take().unwrap();
        let mut answers = BufReader::new(server.stdout.take().unwrap()).lines();
        let mut call = |id: u32, method: &str, params: &str| {
            writeln!(
                requests,
                r#"{{"id":{id},"method":"{method}","params":{params}}}"#
            )
            .unwrap();
            let is_answer = |line: &Json| line.get("id") == Some(&Json::Number(id.to_string()));
            let mut lines = answers
                .by_ref()
                .map(|line| Json::parse(line.unwrap().as_bytes()).unwrap());
            lines.find(is_answer).unwrap()
        };
        call(
            1,
            "initialize",
            r#"{"clientInfo":{"name":"x","version":"1"}}"#,
        );
        let started = call(2, "thread/start", request);
        let thread = started
            .text_at(&["result", "thread", "id"])
            .unwrap_or_else(|| panic!("{started:?}"));
        let turn = format!(r#"{{"threadId":"{thread}","input":[{{"type":"text","text":"hi"}}]}}"#);
        call(3, "turn/start", &turn);
        let arrived = |provider: &FakeProvider| provider.wait_for(1, Duration::ZERO).is_some();
        for line in answers {
            if line.unwrap().contains("\"turn/completed\"") {
                break;
            }
        }
        assert!(arrived(&self.fixture.provider) || arrived(&self.rogue));
        drop(requests);
        server.wait().unwrap();
    }
}

/// What an operator had written before.
const THEIRS: &str = "# ours since 2025\nmodel = \"corp\" # why\napproval_policy = \"never\"";

#[test]
fn route_without_confirmation_writes_nothing() {
    let machine = Machine::new();
    let root = machine.root();
    machine.write("root/etc/codex/managed_config.toml", THEIRS);
    let route = [
        "route",
        "codex",
        "--proxy",
        "http://127.0.0.1:1",
        "--root",
        root.to_str().unwrap(),
    ];
    let files = || {
        let read = |name: &str| fs::read_to_string(root.join("etc/codex").join(name)).ok();
        ["managed_config.toml", "requirements.toml"].map(read)
    };
    let before = files();
    let refused = machine.model_lock(&route);
    assert_eq!(refused.status.code(), Some(1));
    assert!(refused.err().contains("say --yes"), "{}", refused.err());
    let shown = machine.model_lock(&[&route[..], &["--dry-run"]].concat());
    assert!(
        shown.status.success() && shown.out().contains("\n+model = \"gpt-5.5\"\n"),
        "{}",
        shown.out()
    );
    let policy = machine.run(crate::machine::PROGRAM, &[&route[..], &["--yes"]].concat());
    assert_eq!(policy.status.code(), Some(78));
    let url = [
        "route",
        "codex",
        "--yes",
        "--proxy",
        "file:///x",
        "--root",
        route[5],
    ];
    assert_eq!(machine.model_lock(&url).status.code(), Some(78));
    assert_eq!(files(), before);

    // At a terminal it asks: anything but yes is no.
    for (answer, written) in [("n", false), ("", false), ("y", true)] {
        let line = format!("{} {}", crate::machine::PROGRAM, route.join(" "));
        let request = format!("echo {answer} | script -qec \"{line}\" /dev/null");
        let mut command = machine.command("sh", &["-c", &request]);
        command.env("OPENCLAW_MODEL", PIN);
        let output = fake_provider::process::run(&mut command, crate::machine::LONG).unwrap();
        assert!(
            output.out().contains("write this? [y/N]"),
            "{}",
            output.out()
        );
        assert_eq!(files() != before, written, "{answer}: {}", output.out());
    }
    let remove = ["route", "codex", "--remove", "--yes", "--root", route[5]];
    assert!(machine.model_lock(&remove).status.success());
    assert_eq!(files(), before);
}
