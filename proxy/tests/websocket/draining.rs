//! What a connection does when the process is told to stop.

use std::time::Duration;

use proxy::Limits;

use super::peer::{FIN, Frame, Peer, Stack, TEXT};

const CREATE: &[u8] = br#"{"type":"response.create","model":"pin","input":[]}"#;
const DELTA: &[u8] = br#"{"type":"response.output_text.delta","delta":"\"response.completed\""}"#;
const COMPLETED: &[u8] = br#"{"type":"response.completed","response":{}}"#;

/// Begins a response and waits until the provider has heard of it.
fn begin(client: &mut Peer, provider: &mut Peer) {
    client.send(FIN | TEXT, CREATE);
    assert!(provider.next().is_some());
}

/// Sends an event and waits until the client has heard of it.
fn event(client: &mut Peer, provider: &mut Peer, event: &[u8]) {
    provider.send(FIN | TEXT, event);
    assert_eq!(client.next(), Some(Frame(FIN | TEXT, event.to_vec())));
}

#[test]
fn shutdown_with_idle_connection_closes_it_at_once() {
    let stack = Stack::start("model='pin'", Limits::default());
    let (mut client, mut provider) = stack.open();
    begin(&mut client, &mut provider);
    event(&mut client, &mut provider, COMPLETED);
    stack.stop();
    assert_eq!(
        (client.closed(), provider.closed()),
        (Some(1001), Some(1001))
    );
}

#[test]
fn shutdown_with_running_response_waits_for_its_end() {
    for model in ["pin", "other"] {
        let stack = Stack::start("model='pin'", Limits::default());
        let (mut client, mut provider) = stack.open();
        let create = String::from_utf8(CREATE.to_vec()).unwrap();
        client.send(FIN | TEXT, create.replace("pin", model).as_bytes());
        assert!(provider.next().is_some());
        stack.stop();
        for _ in 0..100 {
            event(&mut client, &mut provider, DELTA);
        }
        event(&mut client, &mut provider, COMPLETED);
        assert_eq!(
            (client.closed(), provider.closed()),
            (Some(1001), Some(1001))
        );
    }
}

#[test]
fn shutdown_with_endless_response_ends_it_at_the_deadline() {
    let limits = Limits {
        drain_timeout: Duration::from_secs(3),
        ..Limits::default()
    };
    let stack = Stack::start("model='pin'", limits);
    let (mut client, mut provider) = stack.open();
    begin(&mut client, &mut provider);
    stack.stop();
    assert_eq!(
        (client.closed(), provider.closed()),
        (Some(1001), Some(1001))
    );
}
