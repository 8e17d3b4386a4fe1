//! The forward proxies at a network's border.

use std::process::Command;

use fake_provider::fixture::TempDir;
use fake_provider::process::Daemon;

use crate::SOON;

/// A program of `tests/tools/border`.
pub(crate) fn program(path: &str) -> Command {
    fake_provider::unpacked(&fake_provider::tool("border", &[]), path)
}

/// Waits until a program tells something.
fn tells(daemon: &Daemon, wanted: &str) {
    let output = daemon.wait_for(|line| line.contains(wanted), SOON);
    assert!(output.is_some(), "no {wanted:?} in {:#?}", daemon.lines());
}

/// tinyproxy: it connects where it is asked to by CONNECT.
pub(crate) struct Tiny {
    daemon: Daemon,
    port: u16,
    _scratch: TempDir,
}

impl Tiny {
    /// One with some more lines of configuration.
    pub(crate) fn start(more: &str) -> Self {
        let below = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"));
        let (scratch, port) = (TempDir::new(below).unwrap(), fake_provider::free_port());
        let config = scratch.path().join("tinyproxy.conf");
        let usual = format!("Port {port}\nListen 127.0.0.1\nLogLevel Connect\nMaxClients 20\n");
        std::fs::write(&config, usual + more).unwrap();
        let tiny = program("usr/bin/tinyproxy");
        // It tells to its standard output, which nobody keeps.
        let mut command = Command::new("/bin/sh");
        command.args(["-c", r#"exec "$@" >&2"#, "sh"]);
        command
            .arg(tiny.get_program())
            .args(["-d", "-c"])
            .arg(config);
        let daemon = Daemon::start(&mut command).unwrap();
        drop(daemon.connect(port, SOON));
        Self {
            daemon,
            port,
            _scratch: scratch,
        }
    }

    /// Its URL, with somebody's name and password or without.
    pub(crate) fn url(&self, who: &str) -> String {
        format!("http://{who}127.0.0.1:{}", self.port)
    }

    /// Waits until it was asked to connect to a port.
    pub(crate) fn connected(&self, port: u16) {
        tells(&self.daemon, &format!("CONNECT localhost:{port} "));
    }

    /// Whether nobody asked it for anything.
    pub(crate) fn is_unused(&self) -> bool {
        let lines = self.daemon.lines();
        !lines.iter().any(|line| line.contains(": CONNECT "))
    }
}

/// microsocks: SOCKS 5, for one user.
pub(crate) struct Socks {
    daemon: Daemon,
    port: u16,
}

impl Socks {
    pub(crate) fn start(user: &str, password: &str) -> Self {
        let port = fake_provider::free_port();
        let mut command = program("usr/bin/microsocks");
        command.args(["-i", "127.0.0.1", "-p", &port.to_string()]);
        command.args(["-u", user, "-P", password]);
        let daemon = Daemon::start(&mut command).unwrap();
        drop(daemon.connect(port, SOON));
        Self { daemon, port }
    }

    pub(crate) fn url(&self, who: &str) -> String {
        format!("socks5h://{who}127.0.0.1:{}", self.port)
    }

    /// Waits until it has connected to a port.
    pub(crate) fn connected(&self, port: u16) {
        tells(&self.daemon, &format!("connected to localhost:{port}"));
    }
}
