//! Other processes of the machine: they can read codex's command line, and so the address of its embedded proxy.

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::{SocketAddr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use fake_provider::http_client::{HttpClient, post_to};
use fake_provider::process::run;

use crate::embedded_codex::EmbeddedCodex;
use crate::process::{is_gone, proxy_address};
use crate::{PIN, VERSIONS};

/// A program in the place of codex that prints its arguments and waits for its input to end.
const WAIT: &str = r#"for word in "$@"; do echo "$word"; done; read line"#;

/// Starts codex; returns it with the URL that its command line has for the embedded proxy.
fn start(codex: &EmbeddedCodex) -> (Child, String) {
    let mut command = codex.codex.command(&["exec", "hi"]);
    let command = command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.stderr(Stdio::null()).spawn().unwrap();
    let mut output = BufReader::new(child.stdout.as_mut().unwrap());
    let mut line = String::new();
    while !line.starts_with("openai_base_url") {
        line.clear();
        assert!(output.read_line(&mut line).unwrap() > 0);
    }
    let url = line.split('"').nth(1).unwrap().to_owned();
    (child, url)
}

/// Sends a request to the address as another user; returns what is answered.
fn post_as_nobody(url: &str) -> String {
    let script = r#"exec 3<>"/dev/tcp/127.0.0.1/$1"; printf '%s' "$2" >&3; timeout 20 cat <&3"#;
    let (address, path) = url
        .strip_prefix("http://")
        .unwrap()
        .split_once('/')
        .unwrap();
    let (_, port) = address.split_once(':').unwrap();
    let body = format!(r#"{{"model":"{PIN}","input":"hi"}}"#);
    let request = format!(
        "POST /{path}/responses HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut command = Command::new("setpriv");
    command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]);
    command.args(["bash", "-c", script, "bash", port, &request]);
    run(&mut command, Duration::from_secs(30)).unwrap().out()
}

#[test]
fn embedded_proxy_serves_no_process_of_another_user() {
    let codex = EmbeddedCodex::script(WAIT, "force");
    let (mut child, url) = start(&codex);
    // The port serves both with and without TLS.
    let url = url.replacen("https", "http", 1);
    if rustix::process::geteuid().is_root() {
        assert_eq!(post_as_nobody(&url), "");
        codex.fixture.assert_nothing_arrived("another user");
    }
    let body = format!(r#"{{"model":"{PIN}","input":"hi"}}"#);
    let answer = post_to(&format!("{url}/responses"), body.as_bytes());
    assert_eq!(answer.status, 200);
    assert_eq!(codex.fixture.models(), [PIN]);
    drop(child.stdin.take());
    child.wait().unwrap();
}

/// A page that learned the address could make a browser of the same user call it.
#[test]
fn embedded_proxy_serves_no_page_of_another_site() {
    let codex = EmbeddedCodex::script(WAIT, "force");
    let (mut child, url) = start(&codex);
    let (address, path) = url.split_once("://").unwrap().1.split_once('/').unwrap();
    let body = format!(r#"{{"model":"{PIN}"}}"#);
    for (host, fields, status) in [
        ("evil.example", "", 403),
        (address, "origin: https://evil.example\r\n", 403),
        (address, "", 200),
    ] {
        let request = format!(
            "POST /{path}/responses HTTP/1.1\r\nhost: {host}\r\n{fields}content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        let answer = HttpClient::connect(address.parse().unwrap()).call(request.as_bytes());
        assert_eq!(answer.status, status, "{host} {fields}");
    }
    assert_eq!(codex.fixture.models(), [PIN]);
    drop(child.stdin.take());
    child.wait().unwrap();
}

#[test]
fn process_that_takes_over_the_port_gets_no_call() {
    for version in VERSIONS {
        let real = fake_provider::codex(version);
        let script = format!("{WAIT}; exec '{}' \"$@\"", real.display());
        let codex = EmbeddedCodex::script(&script, "force");
        let (mut child, url) = start(&codex);
        let address = proxy_address(&format!("openai_base_url=\"{url}\""));
        let thief = take_over(child.id(), address);
        drop(child.stdin.take());
        let sent = first_bytes(thief);
        child.kill().unwrap();
        child.wait().unwrap();
        // A handshake of TLS, and then nothing that only the proxy may read.
        assert_eq!(
            sent.first(),
            Some(&22),
            "{version}: {}",
            sent.escape_ascii()
        );
        let text = String::from_utf8_lossy(&sent).to_lowercase();
        for secret in ["http/1.1\r\n", "authorization", "bearer", "gpt"] {
            assert!(!text.contains(secret), "{version}: {text}");
        }
    }
}

/// Kills the embedded proxy of a codex, and listens in its place.
fn take_over(codex: u32, address: SocketAddr) -> TcpListener {
    let children = std::fs::read_to_string(format!("/proc/{codex}/task/{codex}/children")).unwrap();
    let proxies: Vec<&str> = children.split_whitespace().collect();
    assert_eq!(proxies.len(), 1, "{children}");
    let killed = Command::new("kill").arg("-KILL").args(proxies).status();
    assert!(killed.unwrap().success());
    assert!(is_gone(address));
    TcpListener::bind(address).unwrap()
}

/// Returns what a client sends before it is answered.
fn first_bytes(thief: TcpListener) -> Vec<u8> {
    let (called, call) = mpsc::channel();
    std::thread::spawn(move || called.send(thief.accept().unwrap().0));
    let mut client = call.recv_timeout(Duration::from_mins(1)).unwrap();
    let timeout = Some(Duration::from_secs(1));
    client.set_read_timeout(timeout).unwrap();
    let mut sent = Vec::new();
    // Ends with the timeout at the latest: the client waits for an answer.
    client.read_to_end(&mut sent).unwrap_or_default();
    sent
}
