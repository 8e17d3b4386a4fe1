//! Running a program against the capture server, with nothing real within its reach.

use std::ffi::{OsStr, OsString};
use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};
use shim::Process;

use super::capture_server::CaptureServer;
use crate::commands::route::PROVIDER;
use crate::shell_quote::shell;

/// A model that nobody approves.
pub(crate) const FORBIDDEN: &str = "model-lock-doctor";

/// The end of a program.
#[derive(Debug)]
pub(crate) struct Ended {
    /// Its status; `None` where it was ended from outside.
    pub(crate) status: Option<ExitStatus>,
    /// The last line that it wrote, escaped and cut.
    pub(crate) last_line: String,
}

/// A home for one trial; it goes when this does.
#[derive(Debug)]
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    /// Makes a home that nobody else can read, whose configuration leads to `base_url`: by codex's own
    /// provider, or by one of another name.
    pub(crate) fn new(base_url: &str, provider: &str) -> io::Result<Self> {
        use std::sync::atomic::{AtomicUsize, Ordering};
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("model-lock-doctor.{}.{number}", std::process::id());
        let place = std::env::temp_dir().join(name);
        let mut private = DirBuilder::new();
        private.mode(0o700).create(&place)?;
        let scratch = Self(place.canonicalize()?);
        for name in ["home", "work", "tmp"] {
            private.create(scratch.0.join(name))?;
        }
        // Named in any case: what the machine's own configuration prefers must not be called.
        let mut config = format!(
            "check_for_update_on_startup = false\nmodel_provider = \"{provider}\"\nopenai_base_url = \"{base_url}\"\n[analytics]\nenabled = false\n"
        );
        if provider != PROVIDER {
            config.extend([format!(
                "[model_providers.{provider}]\nname = \"{provider}\"\nbase_url = \"{base_url}\"\nwire_api = \"responses\"\nenv_key = \"CODEX_API_KEY\"\n"
            )]);
        }
        fs::write(scratch.0.join("home/config.toml"), config)?;
        Ok(scratch)
    }

    /// A program that becomes another, but lets no call out past the capture server.
    pub(crate) fn wrapper(&self, program: &Path) -> io::Result<PathBuf> {
        let place = self.0.join("codex");
        let line = shell([OsStr::new("exec"), program.as_os_str()]);
        fs::write(
            &place,
            format!("#!/bin/sh\nunset NO_PROXY no_proxy\n{line} \"$@\"\n"),
        )?;
        fs::set_permissions(&place, fs::Permissions::from_mode(0o700))?;
        Ok(place)
    }

    /// A codex in this home. Whatever it calls, the capture server gets; no credential of this place goes along.
    pub(crate) fn codex(
        &self,
        program: &Path,
        process: &Process,
        server: &CaptureServer,
    ) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .envs(&process.env)
            .current_dir(self.0.join("work"));
        let proxy = format!("http://{}", server.authority());
        for name in PROXIES {
            command.env(name, &proxy);
        }
        for name in ["NO_PROXY", "no_proxy", shim::DEPTH]
            .iter()
            .chain(&CREDENTIALS)
        {
            command.env_remove(name);
        }
        // A trial is no attempt: nothing is counted.
        command.env("STATSD_HOST", "").env("DD_AGENT_HOST", "");
        command
            .env("CODEX_HOME", self.0.join("home"))
            .env("TMPDIR", self.0.join("tmp"))
            .env("CODEX_API_KEY", FORBIDDEN)
            .args(["exec", "--skip-git-repo-check"]);
        command
    }

    /// Runs a program until it ends, a call has arrived, or has gone to `tunnel_to`, or the time is over.
    pub(crate) fn run(
        &self,
        mut command: Command,
        server: &CaptureServer,
        tunnel_to: Option<&str>,
    ) -> io::Result<Ended> {
        let errors = self.0.join("stderr");
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(&errors)?)
            .process_group(0);
        let mut child = command.spawn()?;
        let deadline = Instant::now() + TIMEOUT;
        let mut status = child.try_wait()?;
        while status.is_none() && !server.wait(tunnel_to, STEP) && Instant::now() < deadline {
            status = child.try_wait()?;
        }
        end(&mut child);
        let text = String::from_utf8_lossy(&fs::read(&errors)?).into_owned();
        let last = text.lines().rfind(|line| !line.trim().is_empty());
        Ok(Ended {
            status,
            last_line: lockpolicy::escape_for_log(last.unwrap_or("it said nothing")),
        })
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What is left is in the directory for such things.
        drop(fs::remove_dir_all(&self.0));
    }
}

/// Returns the status and the output of a program, if it ended in time.
pub(crate) fn output(command: &mut Command, within: Duration) -> Option<(ExitStatus, Vec<u8>)> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn()
        .ok()?;
    let readers = [
        child.stdout.take().map(read_in_background),
        child.stderr.take().map(read_in_background),
    ];
    let deadline = Instant::now() + within;
    let status = loop {
        match child.try_wait() {
            Ok(None) if Instant::now() < deadline => std::thread::sleep(STEP),
            Ok(status) => break status,
            Err(_) => break None,
        }
    };
    end(&mut child);
    let read = |reader: std::sync::mpsc::Receiver<Vec<u8>>| reader.recv_timeout(STEP * 10).ok();
    let text: Vec<u8> = readers
        .into_iter()
        .flatten()
        .filter_map(read)
        .flatten()
        .collect();
    status.map(|status| (status, text))
}

fn read_in_background(
    mut from: impl io::Read + Send + 'static,
) -> std::sync::mpsc::Receiver<Vec<u8>> {
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let mut text = Vec::new();
        // Half of it is of use as well.
        drop(from.read_to_end(&mut text));
        drop(sender.send(text));
    });
    receiver
}

/// Ends a child with all that it started.
fn end(child: &mut Child) {
    if let Some(group) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
        // It may have ended already.
        kill_process_group(group, Signal::KILL).unwrap_or_default();
    }
    drop(child.wait());
}

/// A variable of the process that holds a credential.
pub(crate) const CREDENTIALS: [&str; 3] = ["OPENAI_API_KEY", "CODEX_API_KEY", "CODEX_ACCESS_TOKEN"];
/// The variables that name a forward proxy.
pub(crate) const PROXIES: [&str; 6] = [
    "HTTP_PROXY",
    "http_proxy",
    "HTTPS_PROXY",
    "https_proxy",
    "ALL_PROXY",
    "all_proxy",
];
/// The longest time of one trial; codex takes less than a second if nothing is wrong.
const TIMEOUT: Duration = Duration::from_secs(40);
const STEP: Duration = Duration::from_millis(50);

/// The variables of a process, with one more.
pub(crate) fn with(process: &Process, name: &str, value: impl Into<OsString>) -> Process {
    let mut process = process.clone();
    process.env.insert(name.into(), value.into());
    process
}
