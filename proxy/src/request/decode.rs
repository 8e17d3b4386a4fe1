//! Content codings (RFC 9110 section 8.4), up to the cap; the only user of decoders.
//!
//! At most one coding is taken off, exactly and to its end: what stands behind the coded content, a
//! second member, a skippable frame or a dictionary would be read by some decoders and not by others.

use std::io::Read;

use bytes::Bytes;
use lockpolicy::http::ContentCoding;
use lockpolicy::{Reason, Rejection};

/// Takes the coding off a content.
///
/// # Errors
///
/// A coding that the content does not have, more than the cap.
pub(crate) fn decode(
    coding: ContentCoding,
    content: Bytes,
    cap: usize,
) -> Result<Bytes, Rejection> {
    match coding {
        ContentCoding::Identity => Ok(content),
        ContentCoding::Gzip => gzip(&content, cap),
        ContentCoding::Deflate => deflate(&content, cap),
        ContentCoding::Brotli => brotli(&content, cap),
        ContentCoding::Zstd => zstd(&content, cap),
    }
}

fn corrupt() -> Rejection {
    Rejection::whole(Reason::Corrupt, "content-encoding")
}

/// Reads to the end, but no more than the cap.
fn capped(reader: impl Read, cap: usize) -> Result<Bytes, Rejection> {
    let mut out = Vec::new();
    reader
        .take(cap as u64 + 1)
        .read_to_end(&mut out)
        .map_err(|_| corrupt())?;
    if out.len() > cap {
        return Err(Rejection::whole(Reason::TooLarge, "decoded content"));
    }
    Ok(out.into())
}

/// What was read, if nothing stands behind it.
fn exact(out: Bytes, rest: &[u8]) -> Result<Bytes, Rejection> {
    if rest.is_empty() {
        Ok(out)
    } else {
        Err(corrupt())
    }
}

fn gzip(content: &[u8], cap: usize) -> Result<Bytes, Rejection> {
    let mut decoder = flate2::bufread::GzDecoder::new(content);
    let out = capped(&mut decoder, cap)?;
    exact(out, decoder.into_inner())
}

fn deflate(content: &[u8], cap: usize) -> Result<Bytes, Rejection> {
    let mut decoder = flate2::bufread::ZlibDecoder::new(content);
    let out = capped(&mut decoder, cap)?;
    exact(out, decoder.into_inner())
}

#[expect(
    clippy::disallowed_types,
    reason = "the one place where decoders are capped"
)]
fn brotli(content: &[u8], cap: usize) -> Result<Bytes, Rejection> {
    // A buffer of one byte: the decoder takes no more than it needs, so what it leaves shows.
    let mut decoder = brotli::Decompressor::new(content, 1);
    let out = capped(&mut decoder, cap)?;
    exact(out, decoder.into_inner())
}

#[expect(
    clippy::disallowed_types,
    reason = "the one place where decoders are capped"
)]
fn zstd(content: &[u8], cap: usize) -> Result<Bytes, Rejection> {
    const MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
    if !content.starts_with(&MAGIC) {
        return Err(corrupt());
    }
    let mut decoder = zstd::stream::read::Decoder::with_buffer(content)
        .map_err(|_| corrupt())?
        .single_frame();
    decoder.window_log_max(27).map_err(|_| corrupt())?;
    let out = capped(&mut decoder, cap)?;
    exact(out, decoder.finish())
}

#[cfg(test)]
mod tests {
    use lockpolicy::http::content_coding;

    use super::*;
    use crate::response::stream_decoder::tests::coded;

    fn run(coding: &str, content: &[u8], cap: usize) -> Result<Vec<u8>, Reason> {
        let decoded = content_coding(Some(coding))
            .and_then(|coding| decode(coding, Bytes::copy_from_slice(content), cap));
        decoded
            .map(Into::into)
            .map_err(|rejection| rejection.reason)
    }

    #[test]
    fn content_in_each_coding_is_decoded_to_its_end() {
        let text = br#"{"model":"gpt-5.5","input":"hello hello hello hello"}"#;
        for coding in ["gzip", "deflate", "br", "zstd"] {
            let content = coded(coding, text);
            assert_eq!(
                run(coding, &content, 1 << 20).as_deref(),
                Ok(&text[..]),
                "{coding}"
            );
            assert_eq!(
                run(coding, &[&content[..], b"x"].concat(), 1 << 20),
                Err(Reason::Corrupt),
                "{coding} with a tail"
            );
            assert_eq!(
                run(coding, &[&content[..], &content[..]].concat(), 1 << 20),
                Err(Reason::Corrupt),
                "{coding} twice"
            );
            assert!(
                run(coding, &content[..content.len() - 3], 1 << 20).is_err(),
                "{coding} cut off"
            );
            assert_eq!(
                run(coding, &content, 8),
                Err(Reason::TooLarge),
                "{coding} beyond the cap"
            );
            assert!(run(coding, text, 1 << 20).is_err(), "{coding} that is none");
        }
        assert_eq!(run("gzip, gzip", text, 1 << 20), Err(Reason::Malformed));
        assert_eq!(run("", text, 1 << 20), Err(Reason::Coding));
    }
}
