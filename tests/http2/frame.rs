//! Frames of HTTP/2 (RFC 9113 section 4.1) and the least of HPACK (RFC 7541): literals that are
//! neither indexed nor packed are written, and of what comes back the status is read.

pub(crate) const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

pub(crate) const DATA: u8 = 0;
pub(crate) const HEADERS: u8 = 1;
pub(crate) const PRIORITY: u8 = 2;
pub(crate) const RST_STREAM: u8 = 3;
pub(crate) const SETTINGS: u8 = 4;
pub(crate) const PUSH_PROMISE: u8 = 5;
pub(crate) const PING: u8 = 6;
pub(crate) const GOAWAY: u8 = 7;
pub(crate) const WINDOW_UPDATE: u8 = 8;
pub(crate) const CONTINUATION: u8 = 9;

pub(crate) const END_STREAM: u8 = 1;
pub(crate) const ACK: u8 = 1;
pub(crate) const END_HEADERS: u8 = 4;
pub(crate) const PADDED: u8 = 8;

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Frame {
    pub(crate) kind: u8,
    pub(crate) flags: u8,
    pub(crate) stream: u32,
    pub(crate) content: Vec<u8>,
}

impl Frame {
    pub(crate) fn ends_stream(&self) -> bool {
        self.kind == RST_STREAM
            || (self.flags & END_STREAM != 0 && (self.kind == HEADERS || self.kind == DATA))
    }

    /// An error code, or whatever number stands at a place of the content.
    pub(crate) fn code(&self, at: usize) -> u32 {
        let bytes = self.content[at..].first_chunk().expect("four bytes");
        u32::from_be_bytes(*bytes)
    }

    /// The status that a block of fields begins with.
    pub(crate) fn status(&self) -> Option<u16> {
        (self.kind == HEADERS)
            .then(|| status(&self.content))
            .flatten()
    }
}

pub(crate) fn frame(kind: u8, flags: u8, stream: u32, content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), content].concat()
}

/// A literal field that is neither indexed nor packed (RFC 7541 section 6.2.2).
pub(crate) fn field(name: &str, value: &str) -> Vec<u8> {
    let mut bytes = vec![0];
    for text in [name, value] {
        match text.len() {
            length @ ..127 => bytes.push(u8::try_from(length).unwrap()),
            mut length => {
                bytes.push(127);
                length -= 127;
                while length >= 128 {
                    bytes.push(u8::try_from(length % 128 + 128).unwrap());
                    length /= 128;
                }
                bytes.push(u8::try_from(length).unwrap());
            }
        }
        bytes.extend_from_slice(text.as_bytes());
    }
    bytes
}

/// The first whole frame and how many bytes it takes.
pub(crate) fn first(bytes: &[u8]) -> Option<(Frame, usize)> {
    let (head, rest) = bytes.split_first_chunk::<9>()?;
    let length = usize::from(head[0]) << 16 | usize::from(head[1]) << 8 | usize::from(head[2]);
    let frame = Frame {
        kind: head[3],
        flags: head[4],
        stream: u32::from_be_bytes([head[5] & 0x7f, head[6], head[7], head[8]]),
        content: rest.get(..length)?.to_vec(),
    };
    Some((frame, 9 + length))
}

/// The status of a response, which comes first in its block (section 8.3).
fn status(block: &[u8]) -> Option<u16> {
    // Changed sizes of the table may come before it, each in as many bytes as it takes.
    let mut block = block;
    while let Some(byte) = block.first().filter(|byte| **byte & 0xe0 == 0x20) {
        let more = match byte & 0x1f {
            0x1f => block[1..].iter().position(|byte| byte & 0x80 == 0)? + 1,
            _ => 0,
        };
        block = &block[1 + more..];
    }
    match *block.first()? {
        byte @ 0x88..=0x8e => Some([200, 204, 206, 304, 400, 404, 500][usize::from(byte - 0x88)]),
        // A literal under the name of entry 8, kept in the table or not.
        0x48 | 0x08 | 0x18 => {
            let length = *block.get(1)?;
            let value = block.get(2..2 + usize::from(length & 0x7f))?;
            let text = match length & 0x80 {
                0 => String::from_utf8(value.to_vec()).ok()?,
                _ => digits(value),
            };
            text.parse().ok()
        }
        _ => None,
    }
}

/// Digits in the code of RFC 7541 appendix B: 0, 1 and 2 take five bits, the others six.
fn digits(packed: &[u8]) -> String {
    let mut bits = packed
        .iter()
        .flat_map(|byte| (0..8).rev().map(move |at| byte >> at & 1));
    let mut text = String::new();
    loop {
        let mut code = 0;
        for _ in 0..5 {
            let Some(bit) = bits.next() else {
                return text;
            };
            code = code << 1 | bit;
        }
        let digit = match code {
            0..=2 => code,
            _ => match bits.next() {
                Some(bit) if (0b1_1001..=0b1_1111).contains(&(code << 1 | bit)) => {
                    (code << 1 | bit) - 0b1_1001 + 3
                }
                _ => return text,
            },
        };
        text.push(char::from(b'0' + digit));
    }
}

#[test]
fn status_of_a_header_block_is_read() {
    assert_eq!(status(&[0x88]), Some(200));
    assert_eq!(status(&[0x20, 0x8d]), Some(404));
    assert_eq!(status(&[0x20, 0x3f, 0xe1, 0x1f, 0x88]), Some(200));
    assert_eq!(status(&[0x48, 3, b'4', b'1', b'3']), Some(413));
    // 3, 0, 2: the example of RFC 7541 section C.6.1.
    assert_eq!(status(&[0x48, 0x82, 0x64, 0x02]), Some(302));
    // A name that is no status, and a value that is none.
    assert_eq!(status(&[0x44, 1, b'/']), None);
    assert_eq!(status(&[0x48, 0x81, 0xff]), None);
}
