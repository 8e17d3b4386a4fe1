//! The server's side of a WebSocket, as plain as RFC 6455 allows: text, ping and close.

use crate::digest::{base64, sha1};

/// One frame as it arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Whether it ends a message.
    pub last: bool,
    /// The three reserved bits.
    pub reserved: u8,
    /// What it is: 1 text, 2 binary, 0 the rest of either, 8 close, 9 ping, 10 pong.
    pub opcode: u8,
    /// Its content, unmasked.
    pub content: Vec<u8>,
}

/// The value of `Sec-WebSocket-Accept` (RFC 6455 section 4.2.2).
pub fn accept(key: &str) -> String {
    base64(&sha1(
        format!("{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11").as_bytes(),
    ))
}

/// The answer that switches protocols.
pub fn switch(key: &str) -> Vec<u8> {
    format!(
        "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-accept: {}\r\n\r\n",
        accept(key)
    )
    .into_bytes()
}

/// A whole frame without a mask, as servers send it.
pub fn frame(opcode: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![0x80 | opcode];
    match (u8::try_from(content.len()), u16::try_from(content.len())) {
        (Ok(length), _) if length < 126 => out.push(length),
        (_, Ok(length)) => {
            out.push(126);
            out.extend_from_slice(&length.to_be_bytes());
        }
        _ => {
            out.push(127);
            out.extend_from_slice(&(content.len() as u64).to_be_bytes());
        }
    }
    out.extend_from_slice(content);
    out
}

/// The first frame of a stream and how many bytes it took.
pub fn first(stream: &[u8]) -> Option<(Frame, usize)> {
    let (kind, size) = (*stream.first()?, *stream.get(1)?);
    let (length, mut at) = match size & 0x7f {
        126 => (number(stream.get(2..4)?), 4),
        127 => (number(stream.get(2..10)?), 10),
        short => (usize::from(short), 2),
    };
    let mut mask = [0; 4];
    if size & 0x80 != 0 {
        mask.copy_from_slice(stream.get(at..at + 4)?);
        at += 4;
    }
    let masked = stream.get(at..at.checked_add(length)?)?;
    let content = masked
        .iter()
        .zip(mask.iter().cycle())
        .map(|(byte, mask)| byte ^ mask)
        .collect();
    let frame = Frame {
        last: kind & 0x80 != 0,
        reserved: kind >> 4 & 7,
        opcode: kind & 15,
        content,
    };
    Some((frame, at + length))
}

fn number(bytes: &[u8]) -> usize {
    bytes
        .iter()
        .fold(0, |number, byte| number << 8 | usize::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frame_round_trips() {
        for length in [0, 125, 126, 65_535, 65_536] {
            let content = vec![b'x'; length];
            let (read, taken) = first(&frame(1, &content)).unwrap();
            assert_eq!((read.opcode, read.last, read.content), (1, true, content));
            assert_eq!(taken, frame(1, &vec![b'x'; length]).len());
        }
    }

    #[test]
    fn masked_frame_is_unmasked() {
        // The masked "Hello" of RFC 6455 section 5.7.
        let stream = [
            0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58,
        ];
        assert_eq!(first(&stream).unwrap().0.content, b"Hello");
        assert_eq!(first(&stream[..10]), None);
    }
}
