//! Start, stop, and what keeps it from starting.

use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use fake_provider::http_client::{HttpClient, post};
use fake_provider::process::{Finished, run};
use fake_provider::{Reply, fixture};

use crate::SOON;

const ASK: &[u8] = br#"{"model":"gpt-5.5","stream":true}"#;

#[test]
fn shutdown_with_running_stream_finishes_it() {
    let mut fixture = fixture!("force", &[]);
    let (events, stream) = mpsc::channel();
    fixture.provider.queue(vec![Reply::stream(stream)]);
    let mut client = fixture.client();
    client.send(&post("/v1/responses", "", ASK));
    assert_eq!(client.head().0, 200);
    fixture.proxy_mut().daemon().signal("TERM").unwrap();
    // It tells that it stops; from then on nobody new is let in.
    let address = fixture.address();
    assert!(refuses(address), "new connections are refused");
    for number in 0..3 {
        let event = format!("data: {number}\n\n").into_bytes();
        events.send(event.clone()).unwrap();
        assert_eq!(client.chunk(), event);
    }
    drop(events);
    assert_eq!(client.chunk(), b"");
    let status = fixture.proxy_mut().daemon().wait(SOON).unwrap();
    assert_eq!(status.code(), Some(0));
}

/// Whether connections come to be refused: the listener closes a moment after the signal.
fn refuses(address: std::net::SocketAddr) -> bool {
    let deadline = Instant::now() + SOON;
    while Instant::now() < deadline {
        if TcpStream::connect(address).is_err() {
            return true;
        }
        std::thread::yield_now();
    }
    false
}

#[test]
fn shutdown_of_idle_proxy_is_immediate() {
    for signal in ["TERM", "INT"] {
        let mut fixture = fixture!("force", &[]);
        let idle = fixture.client();
        let sent = Instant::now();
        fixture.proxy_mut().daemon().signal(signal).unwrap();
        let status = fixture.proxy_mut().daemon().wait(SOON).unwrap();
        assert_eq!(status.code(), Some(0), "{signal}");
        assert!(
            sent.elapsed() < Duration::from_secs(2),
            "{signal} {:?}",
            sent.elapsed()
        );
        drop(idle);
    }
}

#[test]
fn shutdown_with_endless_stream_ends_at_the_deadline() {
    let mut fixture = fixture!("force", &["--drain-timeout", "500ms"]);
    let (_events, stream) = mpsc::channel();
    fixture.provider.queue(vec![Reply::stream(stream)]);
    let mut client = fixture.client();
    client.send(&post("/v1/responses", "", ASK));
    assert_eq!(client.head().0, 200);
    let sent = Instant::now();
    fixture.proxy_mut().daemon().signal("TERM").unwrap();
    let status = fixture.proxy_mut().daemon().wait(SOON).unwrap();
    assert!(
        sent.elapsed() >= Duration::from_millis(500) && sent.elapsed() < Duration::from_secs(5)
    );
    assert_eq!(status.code(), Some(0));
    assert_eq!(client.rest(), b"");
}

fn serve(environment: &[(&str, &str)], flags: &[&str]) -> Finished {
    let mut command = Command::new(env!("CARGO_BIN_EXE_model-lock"));
    command
        .env_clear()
        .envs(environment.iter().copied())
        .arg("serve")
        .args(flags);
    run(&mut command, SOON).unwrap()
}

#[test]
fn port_in_use_is_reported() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let finished = serve(&[("OPENCLAW_MODEL", "gpt-5.5")], &["--listen", &address]);
    assert_eq!(finished.status.code(), Some(1), "{}", finished.err());
    assert!(finished.err().contains(&address), "{}", finished.err());
    assert!(!finished.err().contains("panicked"));
}

#[test]
fn invalid_settings_are_reported_together() {
    let environment = [
        ("OPENCLAW_MODEL", ""),
        ("OPENCLAW_MODEL_LOCK_MODE", "strict"),
    ];
    let finished = serve(
        &environment,
        &["--listen", "nowhere", "--upstream", "http://"],
    );
    assert_eq!(finished.status.code(), Some(78), "{}", finished.err());
    let err = finished.err();
    for problem in [
        "OPENCLAW_MODEL",
        "OPENCLAW_MODEL_LOCK_MODE",
        "strict",
        "--listen",
        "--upstream",
    ] {
        assert!(err.contains(problem), "{problem} in {err}");
    }
    assert!(finished.stdout.is_empty());
}

#[test]
fn missing_model_prevents_the_start() {
    for environment in [
        &[][..],
        &[("OPENCLAW_MODEL", "")],
        &[("OPENCLAW_MODEL", "  ")],
    ] {
        let finished = serve(environment, &["--listen", "127.0.0.1:0"]);
        assert_eq!(finished.status.code(), Some(78), "{}", finished.err());
        assert!(
            finished.err().contains("OPENCLAW_MODEL"),
            "{}",
            finished.err()
        );
    }
}

#[test]
fn liveness_is_answered_on_the_admin_port() {
    let admin = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let flags = ["--admin", &admin.to_string()];
    let fixture = fixture!("force", &flags);
    let mut client = HttpClient::connect(admin);
    assert_eq!(
        client
            .call(b"GET /livez HTTP/1.1\r\nhost: x\r\n\r\n")
            .status,
        200
    );
    assert_eq!(
        client
            .call(b"GET /readyz HTTP/1.1\r\nhost: x\r\n\r\n")
            .status,
        200
    );
    drop(fixture);
}

/// Connections that wait to be accepted when the process is told to stop, as in every stop under load.
#[test]
fn connections_that_wait_at_shutdown_are_answered() {
    let mut fixture = fixture!("force", &[]);
    let daemon = fixture.proxy_mut().daemon();
    daemon.signal("STOP").unwrap();
    let mut clients: Vec<HttpClient> = (0..32).map(|_| fixture.client()).collect();
    for client in &mut clients {
        client.send(&post("/v1/responses", "", ASK));
    }
    let daemon = fixture.proxy_mut().daemon();
    daemon.signal("TERM").unwrap();
    daemon.signal("CONT").unwrap();
    for client in &mut clients {
        assert_eq!(client.head().0, 200);
    }
    drop(clients);
    let status = fixture.proxy_mut().daemon().wait(SOON).unwrap();
    assert_eq!(status.code(), Some(0));
}
