//! What the demonstration and the tests put together: a lock, its proxy, and a codex with a home of
//! its own that reaches nothing but loopback.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::login;
use crate::process::{self, Daemon, Finished};
use crate::server::FakeProvider;

/// A directory that goes when this does.
#[derive(Debug)]
pub struct Scratch(PathBuf);

impl Scratch {
    /// Makes a new directory below another.
    ///
    /// # Errors
    ///
    /// Where it cannot be made.
    pub fn new(below: &Path) -> io::Result<Self> {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let place = below.join(format!("lab-{}-{number}", std::process::id()));
        fs::create_dir_all(&place)?;
        Ok(Self(place.canonicalize()?))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// A directory in it, made where it does not exist.
    ///
    /// # Errors
    ///
    /// Where it cannot be made.
    pub fn directory(&self, name: &str) -> io::Result<PathBuf> {
        let place = self.0.join(name);
        fs::create_dir_all(&place)?;
        Ok(place)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).unwrap_or_default();
    }
}

/// The settings of a lock.
#[derive(Clone, Debug)]
pub struct Lock {
    /// The `model-lock` program.
    pub program: PathBuf,
    /// The approved model.
    pub model: String,
    /// The mode, as it is written in the environment.
    pub mode: String,
    /// The `StatsD` daemon.
    pub statsd: SocketAddr,
}

impl Lock {
    /// The settings as environment variables.
    pub fn environment(&self) -> [(&'static str, String); 4] {
        [
            ("OPENCLAW_MODEL", self.model.clone()),
            ("OPENCLAW_MODEL_LOCK_MODE", self.mode.clone()),
            ("STATSD_HOST", self.statsd.ip().to_string()),
            ("STATSD_PORT", self.statsd.port().to_string()),
        ]
    }
}

/// A running `model-lock serve`.
#[derive(Debug)]
pub struct Proxy {
    daemon: Daemon,
    address: SocketAddr,
    admin: Option<SocketAddr>,
}

impl Proxy {
    /// Starts it on a free port before an upstream.
    ///
    /// # Errors
    ///
    /// Where it does not start; the error quotes what it said.
    pub fn start(lock: &Lock, upstream: &str, flags: &[&str]) -> io::Result<Self> {
        Self::start_in(lock, upstream, flags, &[])
    }

    /// The same with more environment variables.
    ///
    /// # Errors
    ///
    /// As above.
    pub fn start_in(
        lock: &Lock,
        upstream: &str,
        flags: &[&str],
        variables: &[(&str, &str)],
    ) -> io::Result<Self> {
        let mut command = Command::new(&lock.program);
        command.env_clear().envs(lock.environment());
        command.envs(variables.iter().copied());
        command
            .args(["serve", "--listen", "127.0.0.1:0", "--upstream", upstream])
            .args(flags);
        let daemon = Daemon::start(&mut command)?;
        let line = daemon.wait_for(|line| listening(line).is_some(), START);
        let address = line.as_deref().and_then(listening);
        let said = || io::Error::other(format!("the proxy does not listen: {:?}", daemon.lines()));
        Ok(Self {
            address: address.ok_or_else(said)?,
            admin: line.as_deref().and_then(admin),
            daemon,
        })
    }

    /// Where it takes requests.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where its own health and counts are asked for, if it was started with `--admin`.
    pub fn admin(&self) -> Option<SocketAddr> {
        self.admin
    }

    /// The process.
    pub fn daemon(&mut self) -> &mut Daemon {
        &mut self.daemon
    }
}

/// The address in the line that tells that the proxy listens.
fn listening(line: &str) -> Option<SocketAddr> {
    if !line.contains("listening") {
        return None;
    }
    let mut texts = line.split(|c: char| !(c.is_ascii_digit() || c == '.' || c == ':'));
    texts.find_map(|text| text.trim_matches(':').parse().ok())
}

fn admin(line: &str) -> Option<SocketAddr> {
    let (_, rest) = line.split_once(r#""admin":""#)?;
    rest.split('"').next()?.parse().ok()
}

/// How codex talks to the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// Each call is a POST: a provider of the configuration, which codex expects no WebSocket of.
    Http,
    /// A WebSocket first, and POST where the provider answers 426: codex's own provider.
    WebSocket,
}

impl Transport {
    fn config(self, base: &str) -> String {
        let provider = match self {
            Self::Http => format!(
                "model_provider = \"lab\"\n[model_providers.lab]\nbase_url = \"{base}\"\nwire_api = \"responses\"\n{KEYED}"
            ),
            Self::WebSocket => format!("openai_base_url = \"{base}\"\n"),
        };
        format!("check_for_update_on_startup = false\n{provider}[analytics]\nenabled = false\n")
    }
}

/// A real codex with a home of its own. Nothing it starts reaches further than loopback.
#[derive(Debug)]
pub struct Codex {
    scratch: Scratch,
    program: PathBuf,
    path: OsString,
    lock: Option<Lock>,
    embedded: bool,
    /// Where the account is looked up, where codex is logged in with one.
    accounts: Option<FakeProvider>,
}

impl Codex {
    /// A home whose configuration sends model calls to `base`, such as `http://127.0.0.1:8383/v1`.
    ///
    /// # Errors
    ///
    /// Where the home cannot be made.
    pub fn new(real: &Path, base: &str, transport: Transport, below: &Path) -> io::Result<Self> {
        let scratch = Scratch::new(below)?;
        let bin = scratch.directory("real")?;
        symlink(real, bin.join("codex"))?;
        for name in ["tmp", "work"] {
            scratch.directory(name)?;
        }
        let place = scratch.directory("home/.codex")?.join("config.toml");
        fs::write(place, transport.config(base))?;
        let mut path = bin.clone().into_os_string();
        path.push(":/usr/bin:/bin");
        Ok(Self {
            program: bin.join("codex"),
            scratch,
            path,
            lock: None,
            embedded: false,
            accounts: None,
        })
    }

    /// Puts the shim before the real one, as an operator does: a directory first on `PATH`.
    ///
    /// # Errors
    ///
    /// Where the directory cannot be made.
    pub fn behind_shim(mut self, lock: &Lock) -> io::Result<Self> {
        let bin = self.scratch.directory("shim")?;
        symlink(&lock.program, bin.join("codex"))?;
        self.program = bin.join("codex");
        let mut path = bin.into_os_string();
        path.push(":");
        path.push(&self.path);
        self.path = path;
        self.lock = Some(lock.clone());
        Ok(self)
    }

    /// Leaves it to the shim how the model calls are led, as where nothing is set up.
    #[must_use]
    pub fn embedded(mut self) -> Self {
        self.embedded = true;
        self
    }

    /// A command that runs the real one by its own path, past the shim.
    pub fn past_the_shim(&self, arguments: &[&str]) -> Command {
        let real = self.scratch.path().join("real/codex");
        let ours = self.command(arguments);
        let mut command = Command::new(real);
        command.env_clear().args(arguments).current_dir(self.work());
        for (name, value) in ours.get_envs() {
            command.envs(value.map(|value| (name, value)));
        }
        command
    }

    /// The file that configures it.
    pub fn config(&self) -> PathBuf {
        self.home().join("config.toml")
    }

    /// Logs in with a `ChatGPT` account in place of an API key; model calls go to `base`, such as
    /// `http://127.0.0.1:8383/backend-api/codex`.
    ///
    /// # Errors
    ///
    /// Where the home cannot be written to, or no socket can be had for the account.
    pub fn logged_in(mut self, base: &str, transport: Transport) -> io::Result<Self> {
        let accounts = FakeProvider::start()?;
        login::answer_accounts(&accounts);
        // A provider of this name gets contents in zstd, as codex's own does.
        let config = transport.config(base).replace(KEYED, ACCOUNTED);
        let other = format!("chatgpt_base_url = \"{}/backend-api\"\n", accounts.url());
        fs::write(self.config(), other + &config)?;
        fs::write(self.home().join("auth.json"), login::auth())?;
        self.accounts = Some(accounts);
        Ok(self)
    }

    /// What codex keeps: its configuration, its sessions.
    pub fn home(&self) -> PathBuf {
        self.scratch.path().join("home/.codex")
    }

    /// The directory that it works in.
    pub fn work(&self) -> PathBuf {
        self.scratch.path().join("work")
    }

    /// A command that runs it with these arguments.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let place = |name: &str| self.scratch.path().join(name);
        let mut command = Command::new(&self.program);
        command
            .env_clear()
            .current_dir(place("work"))
            .args(arguments);
        command
            .env("PATH", &self.path)
            .env("HOME", place("home"))
            .env("CODEX_HOME", self.home());
        command.env("TMPDIR", place("tmp"));
        if self.accounts.is_none() {
            command.env("CODEX_API_KEY", "sk-fake");
        }
        if !self.embedded {
            command.env("NO_PROXY", "127.0.0.1");
        }
        // Whatever is not loopback meets a closed door at once.
        command
            .env("HTTP_PROXY", NOWHERE)
            .env("HTTPS_PROXY", NOWHERE);
        if let Some(lock) = &self.lock {
            // The command line alone is locked: the model calls go where the configuration says.
            command.envs(lock.environment());
            if !self.embedded {
                command.env("MODEL_LOCK_PROXY", "off");
            }
        }
        command
    }

    /// Runs it to its end.
    ///
    /// # Errors
    ///
    /// Where it cannot be started or does not end in time.
    pub fn run(&self, arguments: &[&str]) -> io::Result<Finished> {
        process::run(&mut self.command(arguments), END)
    }
}

/// What makes a provider of the configuration one with an API key, or one with a `ChatGPT` login.
const KEYED: &str = "name = \"lab\"\nenv_key = \"CODEX_API_KEY\"\n";
const ACCOUNTED: &str = "name = \"OpenAI\"\nrequires_openai_auth = true\n";
/// A loopback port where nobody listens.
const NOWHERE: &str = "http://127.0.0.1:9";
/// How long the proxy may take to listen.
const START: Duration = Duration::from_secs(20);
/// How long one codex may take; it takes a quarter of a second.
const END: Duration = Duration::from_mins(2);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn listening_finds_the_address_in_a_log_line() {
        let line = r#"{"timestamp":"2026-11-21T10:41:14.632685Z","level":"INFO","message":"listening","address":"127.0.0.1:8383"}"#;
        assert_eq!(listening(line), Some("127.0.0.1:8383".parse().unwrap()));
        assert_eq!(listening("error at 127.0.0.1:1"), None);
    }
}
