//! Who may use a listener that holds a key, over HTTP/1.1, HTTP/2 and WebSocket, and where the key goes.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on fails"
)]

mod admin;
mod call;
mod cors;
mod credentials;
mod host_and_origin;
mod keys;
mod local_socket;
mod operations;
mod tls;
mod tokens;

use std::path::Path;
use std::time::Duration;

use fake_provider::fixture::Fixture;
use fake_provider::{FakeProvider, Reply};

/// Frames of HTTP/2, as the tests of HTTP/2 write them.
#[expect(dead_code, reason = "the tests of HTTP/2 use the rest")]
#[path = "../http2/frame.rs"]
mod frame;

/// Long enough for a slow machine, short enough for a person.
const SOON: Duration = Duration::from_secs(20);

/// The key that the proxy holds.
const KEY: &str = "sk-held-by-the-proxy";

/// The token of the client `alice`.
const TOKEN: &str = "token-of-alice-0001";

/// The token of the other one, `bob`.
const OTHER_TOKEN: &str = "token-of-bob-00002";

/// The credential that a client has of its own.
const OWN: &str = "credential-of-the-client";

/// Writes a file into the fixture's directory and returns its path.
fn write(fixture: &Fixture, name: &str, text: &str) -> String {
    let path = fixture.directory.path().join(name);
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

/// Writes the file of the key.
fn key_file(fixture: &Fixture) -> String {
    write(fixture, "key", &format!("{KEY}\n"))
}

/// Writes the file of the clients.
fn tokens_file(fixture: &Fixture) -> String {
    write(
        fixture,
        "clients",
        &format!("# ours\nalice {TOKEN} dev,ops\nbob {OTHER_TOKEN}\n"),
    )
}

/// Lets a provider answer whatever any dialect asks.
fn answer_all(provider: &FakeProvider) {
    provider.take_websockets(true);
    provider.script(|_, _| Some(Reply::json(200, "{}")));
}

/// Returns the program.
fn program() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_model-lock"))
}
