//! A proxy with an audit file, requests that are many attempts, and the verb that verifies the file.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use fake_provider::fixture::{Fixture, ProxyProcess};
use fake_provider::http_client::{HttpClient, post};
use fake_provider::process::{Finished, run};

pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_model-lock");
pub(crate) const SOON: Duration = Duration::from_secs(30);

/// How many attempts are told of one request.
pub(crate) const EACH: usize = 64;

/// The audit file of a fixture.
pub(crate) fn audit_file(fixture: &Fixture) -> PathBuf {
    fixture.directory.path().join("audit.jsonl")
}

/// Starts a proxy that appends to the audit file. In reject nothing goes upstream.
pub(crate) fn start_proxy(fixture: &Fixture, flags: &[&str]) -> ProxyProcess {
    let file = audit_file(fixture);
    let flags = [&["--audit", file.to_str().unwrap()], flags].concat();
    fixture.start_proxy_before("http://127.0.0.1:9", &flags, &[])
}

/// A request of [`EACH`] attempts, none of which is let through.
pub(crate) fn attack() -> Vec<u8> {
    let tools: Vec<String> = (1..EACH)
        .map(|number| format!(r#"{{"type":"image_generation","model":"evil\u001b[31m{number}"}}"#))
        .collect();
    let body = format!(r#"{{"model":"evil\n0","tools":[{}]}}"#, tools.join(","));
    post("/v1/responses", "", body.as_bytes())
}

/// Sends requests one after the other; how many were answered before the connection ended, if there was
/// one at all.
pub(crate) fn send(address: SocketAddr, request: &[u8], count: usize) -> usize {
    let Ok(mut client) = HttpClient::try_connect(address) else {
        return 0;
    };
    let is_answered = |_: &usize| client.try_call(request).is_ok();
    (0..count).take_while(is_answered).count()
}

/// What `model-lock audit verify` says of a file.
pub(crate) fn verify(file: &Path) -> Finished {
    let mut command = Command::new(PROGRAM);
    command.args(["audit", "verify"]).arg(file);
    run(&mut command, SOON).unwrap()
}

/// The lines that the verb counts, in a file that it finds whole.
pub(crate) fn whole_lines(file: &Path) -> usize {
    let found = verify(file);
    let output = found.out();
    assert_eq!(found.status.code(), Some(0), "{output} {}", found.err());
    let last = output
        .lines()
        .last()
        .unwrap()
        .strip_prefix("whole: ")
        .unwrap();
    last.split(' ').next().unwrap().parse().unwrap()
}

/// The files, the one that is written to last.
pub(crate) fn files(file: &Path) -> Vec<PathBuf> {
    let aside = (1..10_000).map(|number| PathBuf::from(format!("{}.{number}", file.display())));
    let aside = aside.take_while(|path| path.exists());
    aside.chain([file.to_owned()]).collect()
}

/// How many lines of all files tell of this event.
pub(crate) fn count_events(file: &Path, event: &str) -> usize {
    let event = format!("\"event\":\"{event}\"");
    let lines = |path: &PathBuf| {
        let text = std::fs::read_to_string(path).unwrap();
        text.lines().filter(|line| line.contains(&event)).count()
    };
    files(file).iter().map(lines).sum()
}
