//! Content codings (RFC 9110 section 8.4), up to the cap; the only user of decoders.
//!
//! At most one coding is taken off, exactly and to its end: what stands behind the coded content, a
//! second member, a skippable frame or a dictionary would be read by some decoders and not by others.

use std::fmt;
use std::io::{self, Read, Write};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use lockpolicy::http::ContentCoding;
use lockpolicy::{Reason, Rejection};

/// Takes the coding off a content.
///
/// # Errors
///
/// A coding that the content does not have, more than the cap.
pub(super) fn decode(
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

/// The most that one piece of an answer may unpack to.
const PIECE_CAP: usize = 8 << 20;

/// Takes the coding off an answer that passes, piece by piece, for a look at it.
pub(crate) struct Unpacker {
    decoder: Box<dyn Write + Send>,
    out: Arc<Mutex<Vec<u8>>>,
}

impl fmt::Debug for Unpacker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unpacker").finish_non_exhaustive()
    }
}

/// Takes what is decoded, up to the cap.
struct Tray(Arc<Mutex<Vec<u8>>>);

impl Write for Tray {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut out = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if out.len() + bytes.len() > PIECE_CAP {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        out.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Returns the decoder of a response; `None` where it is not coded.
pub(super) fn unpacker(coding: ContentCoding) -> io::Result<Option<Unpacker>> {
    let out = Arc::<Mutex<Vec<u8>>>::default();
    let tray = Tray(Arc::clone(&out));
    let decoder: Box<dyn Write + Send> = match coding {
        ContentCoding::Identity => return Ok(None),
        ContentCoding::Gzip => Box::new(flate2::write::MultiGzDecoder::new(tray)),
        ContentCoding::Deflate => Box::new(flate2::write::ZlibDecoder::new(tray)),
        ContentCoding::Brotli => Box::new(brotli::DecompressorWriter::new(tray, 4096)),
        ContentCoding::Zstd => {
            let mut decoder = zstd::stream::write::Decoder::new(tray)?;
            decoder.window_log_max(27)?;
            Box::new(decoder)
        }
    };
    Ok(Some(Unpacker { decoder, out }))
}

impl Unpacker {
    /// What a piece says, as far as it can be read yet; `None` where it cannot.
    pub(crate) fn feed(&mut self, data: &[u8]) -> Option<Vec<u8>> {
        self.decoder.write_all(data).ok()?;
        self.decoder.flush().ok()?;
        Some(std::mem::take(
            &mut *self.out.lock().unwrap_or_else(PoisonError::into_inner),
        ))
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

    fn run(coding: &str, content: &[u8], cap: usize) -> Result<Vec<u8>, Reason> {
        let decoded = content_coding(Some(coding))
            .and_then(|coding| decode(coding, Bytes::copy_from_slice(content), cap));
        decoded
            .map(Into::into)
            .map_err(|rejection| rejection.reason)
    }

    fn unpacker_of(coding: &str) -> Unpacker {
        let coding = content_coding(Some(coding)).unwrap();
        unpacker(coding).unwrap().unwrap()
    }

    fn coded(coding: &str, text: &[u8]) -> Vec<u8> {
        match coding {
            "gzip" => {
                let mut out =
                    flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
                out.write_all(text).unwrap();
                out.finish().unwrap()
            }
            "deflate" => {
                let mut out =
                    flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
                out.write_all(text).unwrap();
                out.finish().unwrap()
            }
            "br" => {
                let mut out = Vec::new();
                brotli::CompressorWriter::new(&mut out, 4096, 5, 22)
                    .write_all(text)
                    .unwrap();
                out
            }
            _ => zstd::stream::encode_all(text, 0).unwrap(),
        }
    }

    #[test]
    fn an_answer_is_unpacked_piece_by_piece() {
        let text = br#"{"model":"gpt-5.5","output":"hello hello hello hello"}"#;
        for coding in ["gzip", "deflate", "br", "zstd"] {
            for size in [1, 7, 1000] {
                let mut unpacker = unpacker_of(coding);
                let content = coded(coding, text);
                let pieces = content.chunks(size);
                let out: Vec<u8> = pieces
                    .flat_map(|piece| unpacker.feed(piece).unwrap())
                    .collect();
                assert_eq!(out, text, "{coding} {size}");
            }
            let mut bomb = unpacker_of(coding);
            assert_eq!(
                bomb.feed(&coded(coding, &vec![0; PIECE_CAP + 1])),
                None,
                "{coding}"
            );
        }
    }

    #[test]
    fn each_coding_is_taken_off_exactly() {
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
