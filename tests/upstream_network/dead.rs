//! Connections to a provider that nobody closed and that lead nowhere any more.

use std::net::TcpListener;
use std::time::Instant;

use fake_provider::fixture;

use crate::raw_server::{Peer, RawServer, Relay, SECONDS};
use crate::{SOON, ask};

#[test]
fn dead_http2_connection_is_replaced_in_seconds() {
    let server = RawServer::start(|peer: &mut Peer, stream| {
        peer.respond(stream);
        true
    });
    let relay = Relay::start(server.port);
    let proxy = server.proxy(relay.port, &["--upstream-timeout", "1s"]);
    assert_eq!(ask(&proxy, "hi").status, 200);
    assert_eq!(relay.connections(), 1);
    relay.swallow();
    let began = Instant::now();
    while ask(&proxy, "hi").status != 200 {
        assert!(began.elapsed() < SECONDS, "{:?}", began.elapsed());
    }
    assert!(began.elapsed() < SECONDS, "{:?}", began.elapsed());
    assert_eq!(relay.connections(), 2);
}

#[test]
fn handshake_of_tls_that_nobody_answers_times_out() {
    let fixture = fixture!("force");
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://localhost:{}", silent.local_addr().unwrap().port());
    let proxy = fixture.start_proxy_before(&url, &["--connect-timeout", "500ms"], &[]);
    let began = Instant::now();
    assert_eq!(ask(&proxy, "hi").status, 502);
    assert!(began.elapsed() < SECONDS, "{:?}", began.elapsed());
    proxy.wait_for_log(|line| line.contains("connect"), SOON);
}
