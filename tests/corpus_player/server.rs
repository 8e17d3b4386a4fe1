//! The real binary before a provider of its own.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::process::Command;

use fake_provider::process::Daemon;

use policy_corpus::profile::{EFFORT, TIER, pinned};

use crate::corpus_player::upstream::Upstream;
use crate::corpus_player::{PATIENCE, PIN};

pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_model-lock");

/// What a profile of the corpus switches on.
pub(crate) fn settings(profile: &str) -> (Vec<String>, BTreeMap<&'static str, &'static str>) {
    let mut variables = BTreeMap::new();
    let (profile, pinned) = pinned(profile);
    if pinned {
        variables.extend([
            ("OPENCLAW_REASONING_EFFORT", EFFORT),
            ("OPENCLAW_SERVICE_TIER", TIER),
        ]);
    }
    let capabilities: &[&str] = match profile {
        "openai" | "chatgpt" => &[],
        "realtime" => &["OPENCLAW_AUDIO_MODEL"],
        "media" => &[
            "OPENCLAW_AUDIO_MODEL",
            "OPENCLAW_EMBEDDING_MODEL",
            "OPENCLAW_IMAGE_MODEL",
            "OPENCLAW_MODERATION_MODEL",
            "OPENCLAW_VIDEO_MODEL",
        ],
        dialect => return (vec!["--dialect".to_owned(), dialect.to_owned()], variables),
    };
    for name in capabilities {
        variables.insert(*name, PIN);
    }
    (Vec::new(), variables)
}

pub(crate) struct Server {
    pub(crate) daemon: Daemon,
    pub(crate) address: SocketAddr,
    pub(crate) upstream: Upstream,
}

impl Server {
    /// Starts it for a profile, or says why it does not start.
    pub(crate) fn start(profile: &str, mode: &str, on_mismatch: &str) -> Result<Self, String> {
        let (flags, variables) = settings(profile);
        let upstream = Upstream::start();
        let mut command = Command::new(PROGRAM);
        command
            .env_clear()
            .env("OPENCLAW_MODEL", PIN)
            .env("OPENCLAW_MODEL_LOCK_MODE", mode)
            .env("MODEL_LOCK_ON_SERVED_MISMATCH", on_mismatch)
            .envs(variables)
            .args(["serve", "--listen", "127.0.0.1:0", "--idle-timeout", "0s"])
            // What never comes is given up soon.
            .args(["--header-timeout", "3s", "--body-timeout", "3s"])
            .args(["--upstream", &upstream.url()])
            .args(flags);
        Self::run(&mut command, upstream)
    }

    pub(crate) fn run(command: &mut Command, upstream: Upstream) -> Result<Self, String> {
        let daemon = Daemon::start(command).map_err(|error| error.to_string())?;
        let line = daemon.wait_for(|line| address(line).is_some(), PATIENCE);
        match line.as_deref().and_then(address) {
            Some(address) => Ok(Self {
                daemon,
                address,
                upstream,
            }),
            None => Err(daemon.lines().join("\n")),
        }
    }

    /// The most memory that it ever held, in MiB.
    pub(crate) fn peak(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.daemon.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let size = line.unwrap().trim().trim_end_matches(" kB");
        size.parse::<u64>().unwrap() / 1024
    }

    /// Whether any task of it died.
    pub(crate) fn panicked(&self) -> Option<String> {
        let lines = self.daemon.lines();
        lines.into_iter().find(|line| line.contains("panicked"))
    }
}

/// The address in the line of the log that says that it listens.
fn address(line: &str) -> Option<SocketAddr> {
    let (_, rest) = line
        .contains(r#""event":"listening""#)
        .then(|| line.split_once(r#""address":""#))??;
    rest.split('"').next()?.parse().ok()
}
