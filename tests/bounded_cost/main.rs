//! Small inputs that cost much: each is refused, or served within its bounds, and others are served meanwhile.
#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on fails"
)]

mod connections;
mod content;
mod expansion;
mod idle;
mod memory;

use std::time::Duration;

use fake_provider::fixture::Fixture;

/// The approved model.
const PIN: &str = "gpt-5.5";
/// Long enough for a slow machine.
const SOON: Duration = Duration::from_mins(1);
/// A wait for something that is not to happen.
const MOMENT: Duration = Duration::from_millis(200);

const MIB: usize = 1 << 20;

/// Returns the most memory that the proxy has had so far, in bytes.
fn peak(fixture: &mut Fixture) -> usize {
    let id = fixture.proxy_mut().daemon().id();
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let kib = line.and_then(|line| line.split_ascii_whitespace().nth(1));
    kib.unwrap().parse::<usize>().unwrap() << 10
}

/// Returns a small request that passes.
fn small() -> Vec<u8> {
    let body = format!(r#"{{"model":"{PIN}","input":"x"}}"#);
    fake_provider::http_client::post("/v1/responses", "", body.as_bytes())
}
