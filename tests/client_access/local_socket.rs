//! A socket in the file system: its owner needs no token, and nobody else can use it.

use std::io::{Read as _, Write as _};
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::process::Command;

use fake_provider::fixture;
use fake_provider::fixture::Fixture;
use fake_provider::process::{Daemon, run};

use crate::{KEY, SOON, key_file, program};

fn serve(fixture: &Fixture, path: &str, key: &str) -> Command {
    let mut command = Command::new(program());
    command.env_clear().env("OPENCLAW_MODEL", "gpt-5.5");
    command.args(["serve", "--listen", &format!("unix:{path}"), "--key", key]);
    command.args(["--upstream", &fixture.provider.url()]);
    command
}

fn post(path: &str, fields: &str) -> String {
    let mut socket = UnixStream::connect(path).unwrap();
    socket.set_read_timeout(Some(SOON)).unwrap();
    let body = r#"{"model":"gpt-5.5"}"#;
    let request = format!(
        "POST /v1/responses HTTP/1.1\r\nhost: model-lock\r\nconnection: close\r\n{fields}content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    socket.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    socket.read_to_end(&mut answer).unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

#[test]
fn socket_serves_its_owner_without_a_token_and_is_removed_at_the_end() {
    let fixture = fixture!("force");
    let key = key_file(&fixture);
    let path = fixture.directory.path().join("lock.sock");
    // One that a killed process has left behind.
    drop(UnixListener::bind(&path).unwrap());
    let text = path.to_str().unwrap();
    let mut daemon = Daemon::start(&mut serve(&fixture, text, &key)).unwrap();
    let line = daemon
        .wait_for(|line| line.contains("listening"), SOON)
        .unwrap();
    assert!(
        line.contains(&format!(r#""address":"unix:{text}""#)),
        "{line}"
    );
    assert!(
        line.contains(r#""clients":"the owner of the socket""#),
        "{line}"
    );
    let found = std::fs::metadata(&path).unwrap();
    assert!(found.file_type().is_socket());
    assert_eq!(found.permissions().mode() & 0o777, 0o600);

    assert!(post(text, "").starts_with("HTTP/1.1 200 "));
    let requests = fixture.provider.requests();
    assert_eq!(
        requests[0].field("authorization"),
        Some(&*format!("Bearer {KEY}"))
    );
    let foreign = post(text, "origin: https://evil.example\r\n");
    assert!(foreign.starts_with("HTTP/1.1 403 "), "{foreign}");

    let second = run(&mut serve(&fixture, text, &key), SOON).unwrap();
    assert!(!second.status.success());
    assert!(second.err().contains(text), "{}", second.err());
    assert!(
        post(text, "").starts_with("HTTP/1.1 200 "),
        "the first one is still there"
    );

    daemon.signal("TERM").unwrap();
    assert_eq!(daemon.wait(SOON).unwrap().code(), Some(0));
    assert!(!path.exists());
}

#[test]
fn socket_does_not_replace_a_file() {
    let fixture = fixture!("force");
    let key = key_file(&fixture);
    let finished = run(&mut serve(&fixture, &key, &key), SOON).unwrap();
    assert!(!finished.status.success());
    assert!(
        finished.err().contains("something else than a socket"),
        "{}",
        finished.err()
    );
    assert_eq!(std::fs::read_to_string(&key).unwrap().trim(), KEY);
}
