//! A long stream under a simulated clock: nothing in the proxy cuts it, however long it takes.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so")]

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use lockpolicy::{NoObserver, PolicyConfig};
use proxy::{Config, Server, Upstream};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;

const EVENTS: usize = 1800;

/// A provider that says something once a second for half an hour.
async fn provider(listener: TcpListener) {
    let (mut socket, _) = listener.accept().await.unwrap();
    let mut request = vec![0; 64 << 10];
    assert!(socket.read(&mut request).await.unwrap() > 0);
    let head =
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
    socket.write_all(head.as_bytes()).await.unwrap();
    for number in 0..EVENTS {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let event = format!("data: {{\"n\":{number}}}\n\n");
        socket
            .write_all(format!("{:x}\r\n{event}\r\n", event.len()).as_bytes())
            .await
            .unwrap();
    }
    socket.write_all(b"0\r\n\r\n").await.unwrap();
}

async fn serve(upstream: SocketAddr) -> SocketAddr {
    let policy = PolicyConfig::from_variables([("OPENCLAW_MODEL", "pin")])
        .build()
        .unwrap();
    let config = Config {
        upstreams: vec![Upstream::parse(&format!("http://{upstream}")).unwrap()],
        ..Config::on_loopback(vec!["openai".to_owned()])
    };
    let server = Server::bind(
        config,
        Arc::new(ArcSwap::from_pointee(policy)),
        Arc::new(NoObserver),
    )
    .await
    .unwrap();
    let address = server.address().tcp().unwrap();
    tokio::task::spawn_local(server.run(std::future::pending()));
    address
}

/// A request for a stream.
fn ask(model: &str) -> String {
    let body = format!("{{\"model\":\"{model}\",\"stream\":true}}");
    let length = body.len();
    format!(
        "POST /v1/responses HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    )
}

/// Every event of half an hour arrives, for a client that is passed on and for one that is forced.
async fn half_an_hour(model: &str) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let upstream = listener.local_addr().unwrap();
    tokio::task::spawn_local(provider(listener));
    let mut client = TcpStream::connect(serve(upstream).await).await.unwrap();
    let begin = Instant::now();
    client.write_all(ask(model).as_bytes()).await.unwrap();
    let mut lines = BufReader::new(client).lines();
    let mut events = 0;
    while let Some(line) = lines.next_line().await.unwrap() {
        if line.starts_with("data: ") {
            assert_eq!(line, format!("data: {{\"n\":{events}}}"));
            events += 1;
        }
        if line == "0" {
            break;
        }
    }
    assert_eq!(events, EVENTS);
    assert!(begin.elapsed() >= Duration::from_secs(EVENTS as u64));
}

#[tokio::test(start_paused = true)]
async fn stream_of_half_an_hour_is_not_cut() {
    let local = tokio::task::LocalSet::new();
    local.run_until(half_an_hour("pin")).await;
    local.run_until(half_an_hour("another")).await;
}

/// A provider whose last event and end come in one breath, and no end of the content between them.
async fn dying_provider(listener: TcpListener) {
    loop {
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut request = vec![0; 64 << 10];
        assert!(socket.read(&mut request).await.unwrap() > 0);
        let all = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n\
            9\r\ndata: 1\n\n\r\n9\r\ndata: 2\n\n\r\n";
        socket.write_all(all.as_bytes()).await.unwrap();
    }
}

/// What came before the end arrives before it, for a client that is passed on and for one that is forced.
#[tokio::test]
async fn stream_whose_provider_dies_delivers_the_last_event_first() {
    let run = async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let upstream = listener.local_addr().unwrap();
        tokio::task::spawn_local(dying_provider(listener));
        let proxy = serve(upstream).await;
        for model in ["pin", "another"] {
            for _ in 0..20 {
                let mut client = TcpStream::connect(proxy).await.unwrap();
                client.write_all(ask(model).as_bytes()).await.unwrap();
                let mut all = Vec::new();
                client.read_to_end(&mut all).await.unwrap();
                let all = String::from_utf8(all).unwrap();
                assert!(all.starts_with("HTTP/1.1 200"), "{model}: {all}");
                assert!(
                    all.contains("data: 1") && all.contains("data: 2"),
                    "{model}: {all}"
                );
                assert!(!all.ends_with("0\r\n\r\n"), "{model}: it was cut off");
            }
        }
    };
    tokio::task::LocalSet::new().run_until(run).await;
}
