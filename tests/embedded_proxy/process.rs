//! The process that was started is codex, and nothing is left when it is gone.

use std::net::{SocketAddr, TcpStream};
use std::os::unix::process::ExitStatusExt as _;
use std::process::Stdio;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use fake_provider::Reply;
use fake_provider::http_client::{HttpClient, post, post_to};

use crate::embedded_codex::EmbeddedCodex;

/// A stand-in for codex: says its own number and its arguments.
const SAY: &str = r#"echo "$$"; for word in "$@"; do echo "$word"; done"#;

/// The address of the embedded proxy, as codex was told.
pub(crate) fn proxy_address(output: &str) -> SocketAddr {
    let line = output
        .lines()
        .find(|line| line.starts_with("openai_base_url="));
    let line = line.unwrap_or_else(|| panic!("not led: {output}"));
    let url = line.split('"').nth(1).unwrap();
    let rest = url.strip_prefix("https://").unwrap();
    rest.split('/').next().unwrap().parse().unwrap()
}

/// Waits until nobody listens there any more.
pub(crate) fn is_gone(address: SocketAddr) -> bool {
    let until = Instant::now() + Duration::from_secs(10);
    while Instant::now() < until {
        match TcpStream::connect_timeout(&address, Duration::from_secs(1)) {
            Err(_) => return true,
            // Its end is the event: a connection that was taken is closed with it.
            Ok(mut stream) => {
                stream
                    .set_read_timeout(Some(Duration::from_millis(100)))
                    .unwrap();
                std::io::Read::read(&mut stream, &mut [0]).unwrap_or_default();
            }
        }
    }
    false
}

#[test]
fn embedded_proxy_ends_with_codex_however_it_ends() {
    for (end, code, signal) in [
        ("exit 0", Some(0), None),
        ("exit 7", Some(7), None),
        ("kill -TERM $$", None, Some(15)),
        ("kill -INT $$", None, Some(2)),
        ("kill -KILL $$", None, Some(9)),
    ] {
        let codex = EmbeddedCodex::script(&format!("{SAY}\n{end}"), "force");
        let finished = codex.codex.run(&["exec", "hi"]).unwrap();
        assert_eq!(finished.status.code(), code, "{end}");
        assert_eq!(finished.status.signal(), signal, "{end}");
        assert!(is_gone(proxy_address(&finished.out())), "{end}");
    }
}

#[test]
fn started_process_becomes_codex() {
    let codex = EmbeddedCodex::script(&format!("{SAY}\nread line"), "force");
    let mut command = codex.codex.command(&["exec", "hi"]);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut out = std::io::BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    std::io::BufRead::read_line(&mut out, &mut line).unwrap();
    assert_eq!(line.trim(), child.id().to_string());
    drop(child.stdin.take());
    child.wait().unwrap();
}

#[test]
fn command_that_runs_no_model_starts_no_embedded_proxy() {
    let codex = EmbeddedCodex::script(SAY, "force");
    for arguments in [
        &["--version"][..],
        &["login", "status"],
        &["mcp", "list"],
        &["exec", "--help"],
    ] {
        let output = codex.codex.run(arguments).unwrap().out();
        assert!(!output.contains("openai_base_url"), "{output}");
    }
}

#[test]
fn embedded_proxy_outside_of_its_secret_path_answers_404() {
    let script = format!("{SAY}\nexec sleep 60");
    let codex = EmbeddedCodex::script(&script, "force");
    let mut child = codex
        .codex
        .command(&["exec", "hi"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut out = std::io::BufReader::new(child.stdout.take().unwrap());
    let mut output = String::new();
    while !output.contains("openai_base_url") {
        assert!(std::io::BufRead::read_line(&mut out, &mut output).unwrap() > 0);
    }
    for path in [
        "/v1/responses",
        "/",
        "/openai/responses",
        "/0123456789abcdef/openai/responses",
    ] {
        let url = format!("http://{}{path}", proxy_address(&output));
        let body = br#"{"model":"gpt-5.5","input":"hi"}"#;
        assert_eq!(post_to(&url, body).status, 404, "{path}");
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(codex.fixture.models(), [""; 0]);
    assert!(is_gone(proxy_address(&output)));
}

#[test]
fn embedded_proxy_traffic_is_counted() {
    let codex = EmbeddedCodex::script(&format!("{SAY}\nread line"), "force");
    let (events, stream) = mpsc::channel();
    codex.fixture.provider.queue(vec![Reply::stream(stream)]);
    let mut command = codex.codex.command(&["exec", "hi"]);
    let command = command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut out = std::io::BufReader::new(child.stdout.take().unwrap());
    let mut output = String::new();
    while !output.contains("openai_base_url") {
        assert!(std::io::BufRead::read_line(&mut out, &mut output).unwrap() > 0);
    }
    let (_, base) = output.split_once("openai_base_url=\"https://").unwrap();
    let (address, path) = base.split('"').next().unwrap().split_once('/').unwrap();
    let mut client = HttpClient::connect(address.parse().unwrap());
    let target = format!("/{path}/responses");
    client.send(&post(&target, "", br#"{"model":"gpt-5.5"}"#));
    assert_eq!(client.head().0, 200);
    // Sent while the answer is still on its way: a gauge would be at one.
    codex.wait_for_count("requests:1|c|#mode:force,surface:http,model_match:exact");
    codex.wait_for_count("overhead_seconds_bucket:1|c|#le:+Inf");
    codex.wait_for_count("upstream_seconds_bucket:1|c|#le:+Inf");
    codex.wait_for_count("content_bytes:19|c|#direction:request");
    let lines = codex.fixture.statsd.lines();
    assert!(
        lines.iter().all(|line| !line.contains("in_flight")),
        "{lines:#?}"
    );
    drop(events);
    assert_eq!(client.chunk(), b"");
    codex.wait_for_count("served:1|c|#result:undeclared,surface:http");
    drop(child.stdin.take());
    child.wait().unwrap();
}
