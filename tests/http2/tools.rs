//! nghttp2's client and load generator against the proxy.

use std::process::Command;
use std::time::Duration;

use fake_provider::process;

use fake_provider::fixture::Fixture;

use crate::locked;
use crate::peer::BODY;

const SOON: Duration = Duration::from_mins(1);

/// Whether a tool is there. Where everything has to be tested, it has to be.
fn is_there(tool: &str) -> bool {
    let found = Command::new(tool).arg("--version").output();
    let is_there = found.is_ok_and(|output| output.status.success());
    assert!(
        is_there || std::env::var_os("CI").is_none(),
        "{tool} is not installed: apt-get install nghttp2-client"
    );
    if !is_there {
        eprintln!("SKIPPED: {tool} is not installed: apt-get install nghttp2-client");
    }
    is_there
}

/// Runs it with the request of these tests: content, and where it goes.
fn run(fixture: &Fixture, tool: &str, flags: &[&str]) -> String {
    let directory = tempfile::tempdir().unwrap();
    let body = directory.path().join("body");
    std::fs::write(&body, BODY).unwrap();
    let mut command = Command::new(tool);
    command
        .args(flags)
        .args(["-H", "content-type: application/json", "-d"])
        .arg(body)
        .arg(format!("http://{}/v1/responses", fixture.address()));
    let finished = process::run(&mut command, SOON).unwrap();
    assert!(finished.status.success(), "{}", finished.err());
    finished.out()
}

/// As many requests as were made, and each of them locked.
fn assert_locked(fixture: &Fixture, count: usize) {
    let requests = fixture.provider.requests();
    assert_eq!(requests.len(), count);
    for request in requests {
        assert_eq!(request.body, br#"{"model":"gpt-5.5","input":"hi"}"#);
    }
}

#[test]
fn nghttp_gets_the_response() {
    if !is_there("nghttp") {
        return;
    }
    let fixture = locked();
    let out = run(&fixture, "nghttp", &["--no-verify-peer", "--verbose"]);
    assert!(out.contains(":status: 200"), "{out}");
    assert!(out.contains("\"model\":\"gpt-5.5\""), "{out}");
    assert_locked(&fixture, 1);
}

#[test]
fn h2load_gets_all_responses() {
    if !is_there("h2load") {
        return;
    }
    let fixture = locked();
    let out = run(&fixture, "h2load", &["-n", "400", "-c", "4", "-m", "20"]);
    for line in [
        "400 total, 400 started, 400 done, 400 succeeded, 0 failed, 0 errored, 0 timeout",
        "status codes: 400 2xx, 0 3xx, 0 4xx, 0 5xx",
    ] {
        assert!(out.contains(line), "{line} in {out}");
    }
    assert_locked(&fixture, 400);
}
