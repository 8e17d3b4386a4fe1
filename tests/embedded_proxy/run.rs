//! `model-lock run -- CMD …`: any program under the lock.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use fake_provider::http_client::post_to;
use fake_provider::{FakeProvider, process};

use crate::PIN;
use crate::process::is_gone;

fn locked(words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_model-lock"));
    command.env_clear().env("PATH", "/usr/bin:/bin");
    command
        .env("OPENCLAW_MODEL", PIN)
        .args(["run", "--"])
        .args(words);
    command
}

fn run(words: &[&str]) -> process::Finished {
    process::run(&mut locked(words), Duration::from_mins(1)).unwrap()
}

/// Starts a program that says what it was given and waits.
fn start_and_read(provider: &FakeProvider, say: &str) -> (Child, Vec<String>) {
    let script = format!("{say}; echo; read -r x");
    let mut child = locked(&["sh", "-c", &script])
        .env("OPENAI_BASE_URL", format!("{}/v1", provider.url()))
        .env("ANTHROPIC_BASE_URL", provider.url())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let lines = lines
        .map_while(Result::ok)
        .take_while(|line| !line.is_empty());
    let lines = lines.collect();
    (child, lines)
}

#[test]
fn run_with_each_client_uses_the_approved_model() {
    let provider = FakeProvider::start().unwrap();
    let (mut child, lines) =
        start_and_read(&provider, "echo $OPENAI_BASE_URL; echo $ANTHROPIC_BASE_URL");
    let [openai, anthropic] = lines.as_slice() else {
        panic!("{lines:?}")
    };
    let body = br#"{"model":"other","input":"hi"}"#;
    assert_eq!(post_to(&format!("{openai}/responses"), body).status, 200);
    let body = br#"{"model":"other","max_tokens":1,"messages":[]}"#;
    assert_eq!(
        post_to(&format!("{anthropic}/v1/messages"), body).status,
        200
    );
    assert_eq!(
        post_to(&format!("{anthropic}/v1/elsewhere"), body).status,
        404
    );
    assert_eq!(provider.models(), [PIN, PIN]);
    drop(child.stdin.take());
    assert!(child.wait().unwrap().code().is_some());
    let address = openai.strip_prefix("http://").unwrap();
    assert!(is_gone(address.split('/').next().unwrap().parse().unwrap()));
}

#[test]
fn run_puts_the_shim_first_on_path_and_removes_it() {
    let provider = FakeProvider::start().unwrap();
    let (mut child, lines) = start_and_read(&provider, "command -v codex");
    let [codex] = lines.as_slice() else {
        panic!("{lines:?}")
    };
    let codex = std::path::Path::new(codex);
    assert!(codex.exists(), "{codex:?}");
    let own = Command::new(codex)
        .arg("--version")
        .env_clear()
        .output()
        .unwrap();
    assert_eq!(
        own.status.code(),
        Some(127),
        "it is the shim, with no codex behind it"
    );
    drop(child.stdin.take());
    child.wait().unwrap();
    // The companion's last act; it is over when its process is.
    let until = std::time::Instant::now() + Duration::from_secs(10);
    while codex.exists() {
        assert!(std::time::Instant::now() < until, "{codex:?} is left");
        std::thread::yield_now();
    }
}

#[test]
fn run_exits_with_the_status_of_the_program() {
    assert_eq!(run(&["sh", "-c", "exit 9"]).status.code(), Some(9));
    assert_eq!(run(&["/nowhere/program"]).status.code(), Some(127));
    assert_eq!(run(&["/etc/passwd"]).status.code(), Some(126));
    let mut without = locked(&["sh", "-c", "echo ran"]);
    let finished =
        process::run(without.env_remove("OPENCLAW_MODEL"), Duration::from_mins(1)).unwrap();
    assert_eq!(
        (finished.status.code(), finished.out().as_str()),
        (Some(78), "")
    );
    assert!(
        finished.err().contains("OPENCLAW_MODEL"),
        "{}",
        finished.err()
    );
}
