//! The programs that tests drive, installed where they are not there yet.
#![expect(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "a test that cannot go on fails"
)]

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::process::run;

/// What a script of `tests/tools` prints: the path of what it installs.
pub fn tool(name: &str, arguments: &[&str]) -> PathBuf {
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name("tools");
    let finished = run(Command::new(scripts.join(name)).args(arguments), INSTALL).unwrap();
    assert!(finished.status.success(), "{name}: {}", finished.err());
    finished.out().trim_end().into()
}

/// The real codex of a version.
pub fn codex(version: &str) -> PathBuf {
    tool("codex", &[version])
}

/// A program of packages that `tests/tools/unpacked` has put somewhere, with the libraries that came along.
pub fn unpacked(root: &Path, program: &str) -> Command {
    let libraries = format!("usr/lib/{}-linux-gnu", std::env::consts::ARCH);
    let mut command = Command::new(root.join(program));
    command.env("LD_LIBRARY_PATH", root.join(libraries));
    command
}

/// A port that was free a moment ago, for a program that tells nobody which one it took.
pub fn free_port() -> u16 {
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    socket.local_addr().unwrap().port()
}

/// How long an installation may take; most take half a minute, the largest takes minutes.
const INSTALL: Duration = Duration::from_mins(15);
