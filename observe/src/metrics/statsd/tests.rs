//! Datagrams as a daemon receives them.

use super::*;
use lockpolicy::{Mode, ModelMatch, Surface};

fn receiver() -> (UdpSocket, StatsdTarget) {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket
        .set_read_timeout(Some(Duration::from_secs(10)))
        .unwrap();
    let port = socket.local_addr().unwrap().port();
    (
        socket,
        StatsdTarget {
            host: "127.0.0.1".to_owned(),
            port,
            prefix: "model_lock".to_owned(),
            tags: TagStyle::Datadog,
        },
    )
}

fn line(socket: &UdpSocket) -> String {
    let mut buffer = [0; 1500];
    let length = socket.recv(&mut buffer).unwrap();
    String::from_utf8(buffer[..length].to_vec()).unwrap()
}

#[test]
fn count_alone_is_sent_at_once_and_many_as_one_line() {
    let (socket, daemon) = receiver();
    let metrics = Metrics::default();
    let client = daemon.open_quickly().unwrap();
    metrics
        .requests
        .add((Mode::Force, Surface::Argv, ModelMatch::Other), 1);
    client.send(&metrics);
    assert_eq!(
        line(&socket),
        "model_lock.requests:1|c|#mode:force,surface:argv,model_match:other"
    );
    for _ in 0..1000 {
        metrics
            .requests
            .add((Mode::Force, Surface::Argv, ModelMatch::Other), 1);
    }
    client.send(&metrics);
    assert_eq!(
        line(&socket),
        "model_lock.requests:1000|c|#mode:force,surface:argv,model_match:other"
    );
}

#[test]
fn daemon_without_tags_gets_them_in_the_name() {
    let (socket, daemon) = receiver();
    let metrics = Metrics::default();
    let daemon = StatsdTarget {
        tags: TagStyle::Name,
        ..daemon
    };
    let client = daemon.open_quickly().unwrap();
    metrics.serving();
    metrics
        .requests
        .add((Mode::Force, Surface::Argv, ModelMatch::Other), 1);
    metrics.overhead_seconds.observe(Duration::from_millis(30));
    client.send(&metrics);
    let lines: Vec<String> = (0..8).map(|_| line(&socket)).collect();
    let want = [
        "model_lock.requests.force.argv.other:1|c",
        "model_lock.overhead_seconds_bucket.0_05:1|c",
        "model_lock.overhead_seconds_bucket.0_1:1|c",
        "model_lock.overhead_seconds_bucket.0_25:1|c",
        "model_lock.overhead_seconds_bucket.1:1|c",
        "model_lock.overhead_seconds_bucket.Inf:1|c",
        "model_lock.overhead_microseconds:30000|c",
        concat!("model_lock.build_info.", "0_1_0", ":1|g"),
    ];
    assert_eq!(lines, want);
}

#[test]
fn gauge_that_differs_is_sent_as_it_stands() {
    let (socket, daemon) = receiver();
    let metrics = Metrics::default();
    let client = daemon.open_quickly().unwrap();
    for (began, ended, want) in [(3, 1, "2"), (1, 1, ""), (0, 2, "0")] {
        metrics.in_flight.add((), began);
        (0..ended).for_each(|_| metrics.in_flight.subtract_one(()));
        client.send(&metrics);
        if !want.is_empty() {
            assert_eq!(line(&socket), format!("model_lock.in_flight:{want}|g"));
        }
    }
}

#[test]
fn daemon_name_that_does_not_exist_blocks_nothing() {
    let daemon = StatsdTarget {
        host: "no-such-host.invalid".to_owned(),
        port: 8125,
        prefix: String::new(),
        tags: TagStyle::Datadog,
    };
    let start = std::time::Instant::now();
    assert!(daemon.open_quickly().is_none());
    assert!(start.elapsed() < Duration::from_secs(5));
}

#[test]
fn daemon_address_is_used_without_a_name_server() {
    let at = |host: &str| {
        StatsdTarget {
            host: host.to_owned(),
            port: 1,
            prefix: String::new(),
            tags: TagStyle::Datadog,
        }
        .address()
    };
    assert_eq!(at("127.0.0.1"), Some("127.0.0.1:1".parse().unwrap()));
    assert_eq!(at("::1"), at("[::1]"));
    assert_eq!(at("localhost"), None);
}
