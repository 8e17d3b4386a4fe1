//! What a host gets besides the program: manual pages, completions, a package, a unit. Each is given to the real program
//! that reads it.
#![expect(
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "a test that cannot go on fails, and one that is not run says so"
)]

mod manual;
mod package;
mod unit;

use std::process::Command;
use std::time::Duration;

use fake_provider::process::{self, Finished};

const PROGRAM: &str = env!("CARGO_BIN_EXE_model-lock");

/// Whether a program of Debian's is there. Where everything has to be tested, it has to be.
fn is_there(program: &str, package: &str) -> bool {
    let found = process::run(
        Command::new("sh").args(["-c", "command -v \"$1\"", "sh", program]),
        SOON,
    );
    let is_there = found.unwrap().status.success();
    assert!(
        is_there || std::env::var_os("CI").is_none(),
        "{program} is not installed: apt-get install {package}"
    );
    if !is_there {
        eprintln!("SKIPPED: {program} is not installed: apt-get install {package}");
    }
    is_there
}

/// Runs a program that ends well.
fn run(program: &str, arguments: &[&str]) -> Finished {
    let mut command = Command::new(program);
    command
        .args(arguments)
        .env("LC_ALL", "C.UTF-8")
        .env_remove("MANPAGER");
    let finished = process::run(&mut command, SOON).unwrap();
    assert!(
        finished.status.success(),
        "{program} {arguments:?}\n{}{}",
        finished.out(),
        finished.err()
    );
    finished
}

/// How long one program may take on a busy machine.
const SOON: Duration = Duration::from_mins(2);
