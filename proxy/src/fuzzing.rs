//! The parsers of untrusted bytes, as the fuzz targets call them. It is compiled for them alone.

use std::io::Cursor;
use std::pin::Pin;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use lockpolicy::http::{ContentCoding, DecodedLimits};
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::runtime::Builder;

use crate::request::decode::Decoding;
use crate::server::head_check::head::check;
use crate::server::head_check::stream::{HeadValidatingStream, StreamLimits};
use crate::websocket::frame::{read_head, read_payload};

/// Returns how the content behind a request head is framed, in words, where the head has one reading.
pub fn head(text: &[u8]) -> Option<String> {
    check(text).ok().map(|framing| format!("{framing:?}"))
}

/// Decodes a content; `None` where it is rejected.
pub fn decode(coding: ContentCoding, content: Vec<u8>, cap: usize) -> Option<Vec<u8>> {
    let limits = DecodedLimits {
        bytes: cap,
        ratio: usize::MAX,
    };
    let content = Bytes::from(content);
    let Some(mut decoding) = Decoding::begin(coding, &content, limits).ok()? else {
        return Some(content.into());
    };
    while !decoding.step(64 << 10).ok()? {}
    Some(decoding.finish().into())
}

/// Returns the bytes that pass the check of a connection that is read in these pieces, the verdicts on its
/// heads, and whether it ended without an error.
pub fn validate(reads: Vec<Vec<u8>>) -> (Vec<u8>, Vec<bool>, bool) {
    let none: Pin<Box<dyn AsyncRead>> = Box::pin(tokio::io::empty());
    let socket = reads.into_iter().fold(none, |socket, read| {
        Box::pin(socket.chain(Cursor::new(read)))
    });
    block_on(async {
        let limits = StreamLimits {
            head: 1 << 16,
            header_timeout: Duration::from_secs(3600),
            linger_timeout: Duration::ZERO,
        };
        let socket = tokio::io::join(socket, tokio::io::sink());
        let (mut stream, heads) = HeadValidatingStream::new(socket, BytesMut::new(), limits);
        let mut passed = Vec::new();
        let ended = stream.read_to_end(&mut passed).await.is_ok();
        (passed, heads.all(), ended)
    })
}

/// Returns the frames that a peer's bytes begin with: whether each is the last of its message, its operation
/// code and its payload.
pub fn frames(bytes: &[u8], masked: bool) -> Vec<(bool, u8, Vec<u8>)> {
    let mut reader = bytes;
    block_on(async {
        let mut frames = Vec::new();
        while let Ok(head) = read_head(&mut reader, masked).await {
            let mut payload = Vec::new();
            if read_payload(&mut reader, &head, &mut payload)
                .await
                .is_err()
            {
                break;
            }
            frames.push((head.header.is_final, head.header.opcode.into(), payload));
        }
        frames
    })
}

#[expect(clippy::expect_used, reason = "a fuzz target has nobody to report to")]
fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = Builder::new_current_thread().enable_time().build();
    runtime.expect("a runtime").block_on(future)
}
