//! The memory that all requests share.

use std::io::Write as _;
use std::net::TcpStream;
use std::thread;

use fake_provider::fixture;
use fake_provider::http_client::post;

use crate::{MIB, PIN, small};

/// A request with so many bytes of text.
fn of_size(size: usize) -> Vec<u8> {
    let body = format!(r#"{{"model":"{PIN}","input":"{}"}}"#, "x".repeat(size));
    post("/v1/responses", "", body.as_bytes())
}

#[test]
fn request_that_finds_no_memory_waits_and_is_told_to_come_again() {
    let fixture = fixture!("force", &["--memory-budget", "8MiB"]);
    let large = of_size(6 * MIB);
    let (begin, end) = large.split_at(large.len() - 1);
    let mut holder = fixture.client();
    holder.send(begin);
    // It holds its part when another one does not fit any more.
    let refused = loop {
        let response = fixture.client().call(&of_size(2 * MIB));
        if response.status != 200 {
            break response;
        }
    };
    assert_eq!(refused.status, 503);
    assert_eq!(refused.field("retry-after"), Some("5"));
    assert_eq!(refused.error("code"), "overloaded");
    fixture.wait_for_log(&["exhausted", "memory"]);
    assert_eq!(
        fixture.client().call(&small()).status,
        200,
        "a small one fits"
    );
    let waiting = thread::scope(|scope| {
        let waiting = scope.spawn(|| fixture.client().call(&of_size(2 * MIB)).status);
        holder.send(end);
        assert_eq!(holder.response().status, 200);
        waiting.join().unwrap()
    });
    assert_eq!(waiting, 200, "what was held is free again");
}

#[test]
fn request_that_is_larger_than_the_budget_is_refused_at_once() {
    let fixture = fixture!("force", &["--memory-budget", "4MiB"]);
    let mut client = fixture.client();
    // The response comes before the content.
    client.send(&of_size(5 * MIB)[..1000]);
    assert_eq!(client.response().status, 413);
    fixture.assert_nothing_arrived("a request beyond the budget");
}

#[test]
fn client_that_leaves_gives_its_memory_back() {
    let fixture = fixture!("force", &["--memory-budget", "8MiB"]);
    let large = of_size(6 * MIB);
    for _ in 0..4 {
        let mut socket = TcpStream::connect(fixture.address()).unwrap();
        socket.write_all(&large[..5 * MIB]).unwrap();
    }
    assert_eq!(fixture.client().call(&large).status, 200);
}
