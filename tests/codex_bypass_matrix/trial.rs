//! One trial: a codex with a home of its own, the lock, and two providers.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use fake_provider::fixture::{Codex, Fixture, Transport};
use fake_provider::{FakeProvider, Reply, Request, call, fixture};

use crate::run::Mode;
use crate::way::{Base, Call, Way, words};

/// One way, gone with one version of codex in one mode.
pub(crate) struct Trial {
    /// The lock, and the provider A that the configuration selects.
    pub(crate) fixture: Fixture,
    /// The provider B, which nobody approved.
    b: Arc<FakeProvider>,
    codex: Codex,
    mode: Mode,
    words: Vec<(&'static str, String)>,
    env: BTreeMap<String, String>,
    /// How many requests arrived at each before the way was gone.
    before: [usize; 2],
}

impl Trial {
    pub(crate) fn new(way: &Way, version: &str, mode: Mode) -> Self {
        let fixture = fixture!(mode.name()).approving(way.pin());
        let codex = fixture.codex(&real(version), &fixture.provider.url(), Transport::Http);
        let codex = match mode {
            Mode::Unlocked => codex,
            Mode::Force | Mode::Reject => codex.behind_shim(&fixture.lock).unwrap().embedded(),
        };
        let mut trial = Self {
            words: Vec::new(),
            env: BTreeMap::new(),
            before: [0; 2],
            b: Arc::new(FakeProvider::start().unwrap()),
            fixture,
            codex,
            mode,
        };
        trial.words = trial.placeholders(version);
        trial.prepare(way, version);
        trial
    }

    fn placeholders(&self, version: &str) -> Vec<(&'static str, String)> {
        let shown = |path: PathBuf| path.to_str().unwrap().to_owned();
        vec![
            ("@A@", self.fixture.provider.url()),
            ("@B@", self.b.url()),
            ("@PORT@", self.b.address().port().to_string()),
            ("@ROOT@", shown(self.root())),
            ("@WORK@", shown(self.root().join("work"))),
            ("@HOME@", shown(self.root().join("home/.codex"))),
            ("@CHILD@", child(version).into()),
        ]
    }

    fn root(&self) -> PathBuf {
        self.codex.config().ancestors().nth(3).unwrap().into()
    }

    /// A text with what this run has in place of the placeholders.
    pub(crate) fn filled(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (name, value) in &self.words {
            text = text.replace(name, value);
        }
        if text.contains("@SID@") {
            text = text.replace("@SID@", &self.session());
        }
        text
    }

    fn prepare(&mut self, way: &Way, version: &str) {
        fs::write(self.codex.config(), self.filled(&config(way))).unwrap();
        let root = self.root();
        let git = Command::new("git")
            .args(["init", "--quiet"])
            .current_dir(root.join("work"))
            .status();
        assert!(git.unwrap().success());
        // Something to review.
        fs::write(root.join("work/changed.txt"), "changed\n").unwrap();
        for (place, text) in &way.files {
            let place = root.join(place);
            fs::create_dir_all(place.parent().unwrap()).unwrap();
            fs::write(place, self.filled(text)).unwrap();
        }
        for (place, target) in &way.links {
            symlink(self.filled(target), root.join(place)).unwrap();
        }
        if way.account {
            fs::write(root.join("home/.codex/auth.json"), ACCOUNT).unwrap();
        }
        for line in &way.before {
            let mut command = self.bare(&words(&self.filled(line)));
            let finished = fake_provider::process::run(&mut command, LONG).unwrap();
            assert!(finished.status.success(), "{line}: {}", finished.err());
        }
        self.before = [&self.fixture.provider, &*self.b].map(|provider| provider.requests().len());
        let env = &way.env;
        let filled = env
            .iter()
            .map(|(name, value)| (name.clone(), self.filled(value)));
        self.env = filled.collect();
        if way.account {
            self.env.insert("CODEX_API_KEY".into(), String::new());
        }
        if let Some(call) = &way.call {
            self.script(call, version);
        }
    }

    /// Returns a command line of the real codex in the same home, without the lock.
    fn bare(&self, words: &[String]) -> Command {
        let arguments: Vec<&str> = words.iter().map(String::as_str).collect();
        let mut command = self.codex.past_the_shim(&arguments);
        command.env("NO_PROXY", "127.0.0.1");
        command
    }

    /// The command line of the way.
    pub(crate) fn command(&self, way: &Way) -> Command {
        let words = words(&self.filled(&way.run));
        let mut command = match self.mode {
            Mode::Unlocked => self.bare(&words),
            Mode::Force | Mode::Reject => {
                let arguments: Vec<&str> = words.iter().map(String::as_str).collect();
                self.codex.command(&arguments)
            }
        };
        for (name, value) in &self.env {
            if value.is_empty() {
                command.env_remove(name);
            } else {
                command.env(name, value);
            }
        }
        command
    }

    /// What arrived at each while the way was gone.
    pub(crate) fn arrived(&self) -> [Vec<Request>; 2] {
        let [a, b] = self.before;
        let after = |provider: &FakeProvider, before| provider.requests().split_off(before);
        [after(&self.fixture.provider, a), after(&self.b, b)]
    }

    /// What a file in the working directory says.
    pub(crate) fn shown(&self, name: &str) -> Option<String> {
        let text = fs::read_to_string(self.root().join("work").join(name)).ok()?;
        Some(text.trim_end().to_owned())
    }

    /// The number of the session that was recorded last.
    fn session(&self) -> String {
        let mut found = Vec::new();
        sessions(&self.root().join("home/.codex/sessions"), &mut found);
        found.sort();
        let name = found.last().unwrap().trim_end_matches(".jsonl");
        name.get(name.len() - 36..).unwrap().to_owned()
    }

    /// Lets A answer with a call of a tool once. A parent's second answer waits until it is known what
    /// became of its child, so that its end cuts nothing.
    fn script(&self, wanted: &Call, version: &str) {
        let spawns = wanted.name == "spawn_agent" && version != "0.125.0";
        let space = spawns.then_some("multi_agent_v1");
        let item = call(&wanted.name, space, &self.filled(&wanted.arguments));
        let (rogue, statsd) = (Arc::downgrade(&self.b), Arc::clone(&self.fixture.statsd));
        let holds = wanted.child;
        let item = Mutex::new(Some(item));
        self.fixture.provider.script(move |request, record| {
            if request.method != "POST" || is_child(request) {
                return None;
            }
            let item = item.lock().unwrap_or_else(PoisonError::into_inner).take();
            if let Some(item) = item {
                return Some(Reply::Output(vec![item]));
            }
            if holds {
                let came = |requests: &[Request]| requests.iter().any(is_child);
                let elsewhere = || rogue.upgrade().is_some_and(|b| came(&b.requests()));
                let refused = || statsd.lines().iter().any(|line| is_refusal(line));
                let known = || record.wait_until(came, HELD / 100) || elsewhere() || refused();
                // A child that never comes leaves no trace in the table either.
                (0..100).any(|_| known());
            }
            None
        });
    }
}

fn is_refusal(line: &str) -> bool {
    line.contains("result:rejected") && !line.contains(":0|c")
}

fn is_child(request: &Request) -> bool {
    request.method == "POST" && request.field("x-openai-subagent").is_some()
}

fn sessions(place: &Path, found: &mut Vec<String>) {
    for entry in fs::read_dir(place).unwrap() {
        let entry = entry.unwrap();
        if entry.path().is_dir() {
            sessions(&entry.path(), found);
        } else {
            found.push(entry.file_name().into_string().unwrap());
        }
    }
}

fn config(way: &Way) -> String {
    let mut text = String::from("check_for_update_on_startup = false\n");
    if matches!(way.base, Base::Usual | Base::Openai | Base::Unselected) {
        text.push_str("model = \"configured\"\n");
    }
    text.push_str(match way.base {
        Base::Usual | Base::Unnamed => "model_provider = \"a\"\n",
        Base::Openai | Base::OpenaiUnnamed => "openai_base_url = \"@A@/v1\"\n",
        Base::Unselected | Base::Nothing => "",
    });
    text.push_str(&way.keys);
    text.push_str("\n[analytics]\nenabled = false\n");
    if way.base != Base::Nothing {
        for name in ["a", "b"] {
            let url = name.to_uppercase();
            writeln!(
                text,
                "[model_providers.{name}]\nname = \"{name}\"\nbase_url = \"@{url}@/v1\"\nwire_api = \"responses\"\nenv_key = \"CODEX_API_KEY\""
            )
            .unwrap();
        }
    }
    if way.trusted {
        text.push_str("[projects.\"@WORK@\"]\ntrust_level = \"trusted\"\n");
    }
    text.push_str(&way.tables);
    text
}

/// Another model of a version's catalog, which a sub-agent may name.
fn child(version: &str) -> &'static str {
    match version {
        "0.125.0" => "gpt-5.4-mini",
        "0.154.0" => "gpt-5.6-luna",
        _ => "gpt-6-luna",
    }
}

/// The real codex of a version, installed where it is not there yet.
fn real(version: &str) -> PathBuf {
    static FOUND: Mutex<BTreeMap<String, PathBuf>> = Mutex::new(BTreeMap::new());
    let mut found = FOUND.lock().unwrap_or_else(PoisonError::into_inner);
    let install = || fake_provider::codex(version);
    found
        .entry(version.to_owned())
        .or_insert_with(install)
        .clone()
}

/// How long one codex may take. It takes a second, and ten where it tries again.
pub(crate) const LONG: Duration = Duration::from_mins(1);
/// How long a parent is held at most.
const HELD: Duration = Duration::from_secs(5);

/// A login with an account, unsigned: the fake provider does not check it.
const ACCOUNT: &str = r#"{"auth_mode":"chatgpt","OPENAI_API_KEY":null,"tokens":{"id_token":"eyJhbGciOiJub25lIn0.eyJlbWFpbCI6ImFAYi5jIiwiaHR0cHM6Ly9hcGkub3BlbmFpLmNvbS9hdXRoIjp7ImNoYXRncHRfcGxhbl90eXBlIjoicHJvIiwiY2hhdGdwdF9hY2NvdW50X2lkIjoiYWNjIn0sImV4cCI6NDEwMjQ0NDgwMH0.c2ln","access_token":"eyJhbGciOiJub25lIn0.eyJlbWFpbCI6ImFAYi5jIiwiaHR0cHM6Ly9hcGkub3BlbmFpLmNvbS9hdXRoIjp7ImNoYXRncHRfcGxhbl90eXBlIjoicHJvIiwiY2hhdGdwdF9hY2NvdW50X2lkIjoiYWNjIn0sImV4cCI6NDEwMjQ0NDgwMH0.c2ln","refresh_token":"r","account_id":"acc"},"last_refresh":"2026-11-21T00:00:00Z"}"#;
