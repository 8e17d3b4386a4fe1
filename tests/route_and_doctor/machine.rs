//! A machine: an `/etc` and a home of its own, nothing but loopback around it.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use fake_provider::fixture::TempDir;
use fake_provider::process::{self, Finished};

/// How long one program may take; the slowest takes seconds.
pub(crate) const LONG: Duration = Duration::from_mins(2);

pub(crate) struct Machine {
    scratch: TempDir,
    /// What is seen where: outside, inside.
    mounts: Vec<[PathBuf; 2]>,
    /// Who runs commands, where it is not the user of the test.
    user: Option<u32>,
}

impl Machine {
    pub(crate) fn new() -> Self {
        // Where any user gets to, unlike what is below the home of whoever runs the tests.
        let scratch = TempDir::new(&std::env::temp_dir()).unwrap();
        for name in ["root", "home/.codex", "work", "tmp", "bin"] {
            scratch.subdirectory(name).unwrap();
        }
        let mut machine = Self {
            scratch,
            mounts: Vec::new(),
            user: None,
        };
        let etc = machine.root().join("etc");
        machine.mounts.push([etc, "/etc".into()]);
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

    /// Shows the files of a real codex in a directory; its program is `bin/codex` there.
    pub(crate) fn show(&mut self, codex: &Path, name: &str) {
        let (package, inside) = (codex.ancestors().nth(2).unwrap(), self.place(name));
        fs::create_dir_all(&inside).unwrap();
        self.mounts.push([package.to_owned(), inside]);
    }

    /// Shows our program in a directory, as `install` puts it there.
    pub(crate) fn show_program(&mut self, name: &str) {
        let inside = self.place(name).join("model-lock");
        fs::write(&inside, "").unwrap();
        symlink("model-lock", inside.with_file_name("codex")).unwrap();
        self.mounts.push([PROGRAM.into(), inside]);
    }

    /// From here on, commands are run by a user who is nobody in particular, and whose home this is.
    pub(crate) fn be_agent(&mut self) {
        assert!(
            rustix::process::geteuid().is_root(),
            "only root can become another user"
        );
        let owned = ["home", "work", "tmp"].map(|name| self.place(name));
        let mut chown = Command::new("chown");
        let status = chown
            .args(["-R", &format!("{AGENT}:{AGENT}")])
            .args(owned)
            .status();
        assert!(status.unwrap().success());
        self.user = Some(AGENT);
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
        command
            .args(["sh", "-c", MOUNT, "mount"])
            .args(self.mounts.as_flattened())
            .arg("--");
        if let Some(user) = self.user {
            let flags = [format!("--reuid={user}"), format!("--regid={user}")];
            command.arg("setpriv").args(flags).arg("--clear-groups");
        }
        command.arg(program).args(arguments);
        command.env_clear().current_dir(self.place("work"));
        command
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", self.place("home"))
            .env("CODEX_HOME", self.place("home/.codex"))
            .env("TMPDIR", self.place("tmp"))
            .env("CODEX_API_KEY", "sk-fake")
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

pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_model-lock");

/// Mounts what comes in pairs, then becomes what stands behind `--`.
const MOUNT: &str = r#"while [ "$1" != -- ]; do mount --bind "$1" "$2" || exit 125; shift 2; done; shift; exec "$@""#;
/// The user who is called nobody.
pub(crate) const AGENT: u32 = 65534;
/// A loopback port where nobody listens.
const NOWHERE: &str = "http://127.0.0.1:9";
