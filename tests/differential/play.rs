//! One case, played without the shim and behind it, in the same directory.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use fake_provider::fixture::Fixture;
use fake_provider::{FakeProvider, fixture, process};

use crate::case::Case;
use crate::seen::{Request, plain, requests};

/// What was seen of a case.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) name: String,
    pub(crate) version: &'static str,
    /// Why the two have to differ.
    expected: Option<String>,
    bare: Seen,
    shimmed: Seen,
}

/// What was seen of one run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    /// The exit status.
    pub(crate) status: Option<i32>,
    /// What it printed.
    output: String,
    /// What each provider got.
    pub(crate) arrived: [Vec<Request>; 2],
    /// What it said, for the person who looks for the fault.
    errors: String,
}

impl Seen {
    fn is_like(&self, other: &Self) -> bool {
        self.status == other.status && self.output == other.output && self.arrived == other.arrived
    }

    fn status(&self) -> String {
        self.status
            .map_or("no end".to_owned(), |status| status.to_string())
    }

    /// What arrived where, in short.
    fn route(&self) -> String {
        let side = |name: &str, requests: &[Request]| {
            let all = requests.iter();
            let targets: Vec<String> = all
                .map(|request| format!("{name} `{}`", request.line))
                .collect();
            (!targets.is_empty()).then(|| targets.join(", "))
        };
        let [a, b] = &self.arrived;
        let sides: Vec<String> = [side("A:", a), side("B:", b)]
            .into_iter()
            .flatten()
            .collect();
        if sides.is_empty() {
            "nothing".to_owned()
        } else {
            sides.join("; ")
        }
    }
}

impl Outcome {
    /// What is wrong with it.
    pub(crate) fn wrong(&self) -> Option<String> {
        let is_like = self.bare.is_like(&self.shimmed);
        (is_like != self.expected.is_none()).then(|| {
            format!(
                "{} {}: expected to differ: {:?}\nbare: {:#?}\nbehind the shim: {:#?}",
                self.version, self.name, self.expected, self.bare, self.shimmed
            )
        })
    }

    /// The cells of the page.
    pub(crate) fn cells(&self) -> [String; 5] {
        let same = self.bare.is_like(&self.shimmed);
        [
            self.name.clone(),
            self.version.to_owned(),
            format!("{}; {}", self.bare.status(), self.bare.route()),
            if same {
                "the same".to_owned()
            } else {
                format!("{}; {}", self.shimmed.status(), self.shimmed.route())
            },
            self.expected.clone().unwrap_or_default(),
        ]
    }
}

/// Plays a case with a version.
pub(crate) fn play(case: &Case, version: &'static str) -> Outcome {
    let trial = Trial::new(version);
    Outcome {
        bare: trial.run(case, false),
        shimmed: trial.run(case, true),
        name: case.name.clone(),
        version,
        expected: case.differs.clone(),
    }
}

struct Trial {
    fixture: Fixture,
    b: FakeProvider,
    real: PathBuf,
}

impl Trial {
    fn new(version: &str) -> Self {
        Self {
            fixture: fixture!("force"),
            b: FakeProvider::start().unwrap(),
            real: fake_provider::codex(version),
        }
    }

    fn root(&self) -> PathBuf {
        self.fixture.directory.path().join("run")
    }

    /// Makes the directory anew, so that nothing is left of another run.
    fn prepare(&self, case: &Case) {
        let root = self.root();
        fs::remove_dir_all(&root).unwrap_or_default();
        for name in ["home/.codex", "work", "tmp", "real"] {
            fs::create_dir_all(root.join(name)).unwrap();
        }
        symlink(&self.real, root.join("real/codex")).unwrap();
        let config = self.filled(&case.config());
        fs::write(root.join("home/.codex/config.toml"), config).unwrap();
        for (place, text) in &case.files {
            let place = root.join(place);
            fs::create_dir_all(place.parent().unwrap()).unwrap();
            fs::write(place, self.filled(text)).unwrap();
        }
    }

    /// The directories on `PATH` before the real codex.
    fn shims(&self, case: &Case) -> Vec<PathBuf> {
        let program = &self.fixture.lock.program;
        let install = |index: usize| {
            let place = self.root().join(format!("shim{index}"));
            fs::create_dir_all(&place).unwrap();
            if index == 0 {
                symlink(program, place.join("codex")).unwrap();
            } else {
                fs::copy(program, place.join("codex")).unwrap();
            }
            place
        };
        (0..=case.installs).map(install).collect()
    }

    fn run(&self, case: &Case, shim: bool) -> Seen {
        self.prepare(case);
        let root = self.root();
        let mut path = if shim { self.shims(case) } else { Vec::new() };
        path.extend([root.join("real"), "/usr/bin".into(), "/bin".into()]);
        let program = path.first().unwrap().join("codex");
        let mut command = Command::new(program);
        let words = case.words().into_iter().map(|word| self.filled(&word));
        command
            .args(words)
            .env_clear()
            .current_dir(root.join("work"))
            .env("PATH", std::env::join_paths(&path).unwrap())
            .env("HOME", root.join("home"))
            .env("CODEX_HOME", root.join("home/.codex"))
            .env("TMPDIR", root.join("tmp"))
            .env("CODEX_API_KEY", "sk-fake")
            .env("NO_PROXY", "127.0.0.1")
            .env("HTTPS_PROXY", "http://127.0.0.1:9");
        if shim {
            command.envs(self.fixture.lock.environment());
        }
        for (name, value) in &case.env {
            command.env(name, self.filled(value));
        }
        for name in &case.unset {
            command.env_remove(name);
        }
        self.seen(&mut command)
    }

    fn seen(&self, command: &mut Command) -> Seen {
        let providers = [&self.fixture.provider, &self.b];
        let before = providers.map(|provider| provider.requests().len());
        let finished = process::run(command, LONG);
        let after =
            |(provider, before): (&FakeProvider, usize)| provider.requests().split_off(before);
        let [a, b] = providers
            .into_iter()
            .zip(before)
            .map(after)
            .collect::<Vec<_>>()
            .try_into()
            .unwrap();
        let output = |text: String| plain(&self.named(&text));
        Seen {
            status: finished
                .as_ref()
                .ok()
                .and_then(|finished| finished.status.code()),
            output: finished
                .as_ref()
                .map(|finished| output(finished.out()))
                .unwrap_or_default(),
            errors: finished.map_or_else(|error| error.to_string(), |finished| finished.err()),
            arrived: [
                requests(&a, |text| self.named(text)),
                requests(&b, |text| self.named(text)),
            ],
        }
    }

    /// A text with what this run has in place of the placeholders.
    fn filled(&self, text: &str) -> String {
        self.words()
            .iter()
            .fold(text.to_owned(), |text, (name, value)| {
                text.replace(name, value)
            })
    }

    /// A text with the placeholders in place of what this run has.
    fn named(&self, text: &str) -> String {
        self.words()
            .iter()
            .fold(text.to_owned(), |text, (name, value)| {
                text.replace(value, name)
            })
    }

    fn words(&self) -> [(&'static str, String); 5] {
        let shown = |path: &Path| path.to_str().unwrap().to_owned();
        [
            ("@REAL@", shown(self.real.parent().unwrap())),
            ("@ROOT@", shown(&self.root())),
            ("@A@", self.fixture.provider.url()),
            ("@B@", self.b.url()),
            ("@HOSTA@", self.fixture.provider.address().to_string()),
        ]
    }
}

/// How long one codex may take. It takes a second, and more where it tries again.
const LONG: Duration = Duration::from_secs(50);
