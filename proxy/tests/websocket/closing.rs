//! How a relay ends (RFC 6455 section 7; Autobahn group 7).

use std::io::Write as _;
use std::net::Shutdown;

use proxy::Limits;

use super::peer::{CLOSE, FIN, Frame, Stack, TEXT};

#[test]
fn close_frame_is_relayed_and_answered_by_the_other_end() {
    let stack = Stack::start("model='pin'", Limits::default());
    for payload in [&b""[..], &[3, 232], &[3, 232, b'b', b'y', b'e'], &[15, 160]] {
        let (mut client, mut provider) = stack.open();
        client.send(FIN | CLOSE, payload);
        assert_eq!(provider.next(), Some(Frame(FIN | CLOSE, payload.to_vec())));
        provider.send(FIN | CLOSE, payload);
        assert_eq!(client.next(), Some(Frame(FIN | CLOSE, payload.to_vec())));
        assert_eq!((client.next(), provider.next()), (None, None));
        let (mut client, mut provider) = stack.open();
        provider.send(FIN | CLOSE, payload);
        assert_eq!(client.next(), Some(Frame(FIN | CLOSE, payload.to_vec())));
        client.send(FIN | CLOSE, payload);
        assert_eq!(provider.next(), Some(Frame(FIN | CLOSE, payload.to_vec())));
    }
}

#[test]
fn connection_lost_without_close_frame_ends_the_other_side() {
    let stack = Stack::start("model='pin'", Limits::default());
    let (client, mut provider) = stack.open();
    drop(client);
    assert_eq!(provider.closed(), Some(1001));
    assert_eq!(provider.next(), None);
    let (mut client, provider) = stack.open();
    drop(provider);
    assert_eq!(client.closed(), Some(1001));
    assert_eq!(client.next(), None);
}

#[test]
fn frame_cut_by_disconnect_is_not_relayed() {
    let stack = Stack::start("model='pin'", Limits::default());
    let (mut client, mut provider) = stack.open();
    client
        .socket
        .write_all(&[FIN | TEXT, 0x80 | 0x64, 1, 2, 3, 4, b'x'])
        .unwrap();
    client.socket.shutdown(Shutdown::Write).unwrap();
    assert_eq!(provider.closed(), Some(1001));
}

/// A client that reads nothing must stop the provider, not fill the proxy.
#[test]
fn slow_client_applies_backpressure_to_the_provider() {
    let stack = Stack::start("model='pin'", Limits::default());
    let (client, mut provider) = stack.open();
    provider
        .socket
        .set_write_timeout(Some(std::time::Duration::from_millis(500)))
        .unwrap();
    let chunk = vec![b'x'; 1 << 20];
    let frame = [
        &[FIN | 2, 127][..],
        &(chunk.len() as u64).to_be_bytes(),
        &chunk,
    ]
    .concat();
    let stuck = (0..512).position(|_| provider.socket.write_all(&frame).is_err());
    assert!(
        stuck.is_some_and(|count| count < 256),
        "wrote without end: {stuck:?}"
    );
    drop(client);
}
