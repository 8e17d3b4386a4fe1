//! Contents and messages that take too long to arrive.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use fake_provider::fixture;
use fake_provider::websocket::frame;

use crate::connections::open_websocket;
use crate::{MOMENT, SOON};

/// Sends a byte each time that nothing was heard for a moment; returns what the proxy says at last.
fn dribble(socket: &mut TcpStream, byte: &[u8]) -> Vec<u8> {
    let mut heard = Vec::new();
    let began = std::time::Instant::now();
    while began.elapsed() < SOON {
        socket.set_read_timeout(Some(MOMENT)).unwrap();
        let mut piece = [0; 4096];
        match socket.read(&mut piece) {
            Ok(0) => return heard,
            Ok(count) => {
                heard.extend(piece.iter().take(count));
                return heard;
            }
            // Nothing yet. Where the proxy has closed already, the next read says so.
            Err(_) => drop(socket.write(byte)),
        }
    }
    panic!("the proxy holds it");
}

#[test]
fn content_that_comes_byte_by_byte_is_ended() {
    let fixture = fixture!("force", &["--body-timeout", "10s", "--body-deadline", "2s"]);
    let mut socket = TcpStream::connect(fixture.address()).unwrap();
    let head = "POST /v1/responses HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n";
    socket.write_all(head.as_bytes()).unwrap();
    socket
        .write_all(b"content-length: 100000\r\n\r\n{")
        .unwrap();
    let heard = dribble(&mut socket, b" ");
    assert!(heard.starts_with(b"HTTP/1.1 408 "));
    fixture.assert_nothing_arrived("a content without an end");
}

#[test]
fn websocket_message_that_comes_fragment_by_fragment_is_ended() {
    let fixture = fixture!("force", &["--body-deadline", "2s"]);
    fixture.provider.take_websockets(true);
    let mut socket = open_websocket(&fixture).unwrap();
    // A first fragment of text, then further ones of one byte each.
    let masked = |opcode: u8| [opcode, 0x81, 0, 0, 0, 0, b' '];
    socket.write_all(&masked(0x01)).unwrap();
    let heard = dribble(&mut socket, &masked(0x00));
    assert_eq!(heard, frame(8, &1008_u16.to_be_bytes()));
}
