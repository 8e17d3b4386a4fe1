//! A machine: an `/etc` and a home of its own, nothing but loopback around it.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use standin::lab::Scratch;
use standin::process::{self, Finished};

/// How long one program may take; the slowest takes seconds.
pub(crate) const LONG: Duration = Duration::from_mins(2);

pub(crate) struct Machine {
    scratch: Scratch,
}

impl Machine {
    pub(crate) fn new() -> Self {
        let scratch = Scratch::new(Path::new(env!("CARGO_TARGET_TMPDIR"))).unwrap();
        for name in ["root", "home/.codex", "work", "tmp", "bin"] {
            scratch.directory(name).unwrap();
        }
        let machine = Self { scratch };
        // What a user cannot read stays away; codex reads none of it.
        let copied = Command::new("cp")
            .args(["-a", "/etc", "."])
            .current_dir(machine.root())
            .output();
        assert!(copied.is_ok() && machine.root().join("etc/passwd").exists());
        fs::create_dir_all(machine.root().join("etc/codex")).unwrap();
        machine
    }

    /// Where its file system is seen from outside.
    pub(crate) fn root(&self) -> PathBuf {
        self.place("root")
    }

    pub(crate) fn place(&self, name: &str) -> PathBuf {
        self.scratch.path().join(name)
    }

    /// Writes a file of the machine's scratch place.
    pub(crate) fn write(&self, name: &str, text: &str) {
        let place = self.place(name);
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        fs::write(place, text).unwrap();
    }

    /// A command on this machine. Without root, a user namespace makes the caller root of the mounts.
    pub(crate) fn command(&self, program: impl AsRef<OsStr>, arguments: &[&str]) -> Command {
        let root = rustix::process::geteuid().is_root();
        let mut command = Command::new("unshare");
        command.arg(if root { "-m" } else { "-rm" });
        command.args(["sh", "-c", "mount --bind \"$0\" /etc && exec \"$@\""]);
        command
            .arg(self.root().join("etc"))
            .arg(program)
            .args(arguments);
        command.env_clear().current_dir(self.place("work"));
        command
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", self.place("home"))
            .env("CODEX_HOME", self.place("home/.codex"))
            .env("TMPDIR", self.place("tmp"))
            .env("CODEX_API_KEY", "sk-stand-in")
            .env("NO_PROXY", "127.0.0.1")
            .env("HTTP_PROXY", NOWHERE)
            .env("HTTPS_PROXY", NOWHERE);
        command
    }

    pub(crate) fn run(&self, program: impl AsRef<OsStr>, arguments: &[&str]) -> Finished {
        process::run(&mut self.command(program, arguments), LONG).unwrap()
    }

    /// Runs `model-lock` on this machine, with a policy in its environment.
    pub(crate) fn model_lock(&self, arguments: &[&str]) -> Finished {
        let mut command = self.command(PROGRAM, arguments);
        command.env("OPENCLAW_MODEL", crate::PIN);
        process::run(&mut command, LONG).unwrap()
    }
}

/// The real codex of a version.
pub(crate) fn real(version: &str) -> PathBuf {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/tools/codex");
    let output = Command::new(script).arg(version).output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap().trim().into()
}

pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_model-lock");

/// A loopback port where nobody listens.
const NOWHERE: &str = "http://127.0.0.1:9";
