//! Content codings (RFC 9110 section 8.4), up to the caps; the only user of decoders.
//!
//! At most one coding is taken off, exactly and to its end: what stands behind the coded content, a
//! second member, a skippable frame or a dictionary would be read by some decoders and not by others.
//! It is taken off in pieces, so that a small content that grows large keeps nobody waiting.

use std::io::{self, Read};

use brotli::reader::StandardAlloc;
use brotli::{BrotliDecompressStream, BrotliResult, BrotliState};
use bytes::buf::Reader;
use bytes::{Buf as _, Bytes};
use flate2::bufread::{DeflateDecoder, GzDecoder, ZlibDecoder};
use lockpolicy::http::{ContentCoding, DecodedLimits};
use lockpolicy::{Reason, Rejection};

/// A content while its coding is taken off.
pub(crate) struct Decoding {
    decoder: Decoder,
    encoded: usize,
    limits: DecodedLimits,
    decoded: Vec<u8>,
}

/// The decoders. Each consumes what it needs, so what it leaves shows.
#[expect(
    clippy::disallowed_types,
    reason = "the one place where decoders are capped"
)]
enum Decoder {
    Brotli(Box<Brotli>),
    Deflate(Box<ZlibDecoder<Reader<Bytes>>>),
    DeflateAlone(Box<DeflateDecoder<Reader<Bytes>>>),
    Gzip(Box<GzDecoder<Reader<Bytes>>>),
    Zstd(Box<zstd::stream::read::Decoder<'static, Reader<Bytes>>>),
}

impl Decoding {
    /// Begins to take the coding off; `None` where there is none.
    ///
    /// # Errors
    ///
    /// A content that does not begin as its coding does.
    pub(crate) fn begin(
        coding: ContentCoding,
        content: &Bytes,
        limits: DecodedLimits,
    ) -> Result<Option<Self>, Rejection> {
        let content = content.clone();
        let encoded = content.len();
        let decoder = match coding {
            ContentCoding::Identity => return Ok(None),
            ContentCoding::Gzip => Decoder::Gzip(Box::new(GzDecoder::new(content.reader()))),
            ContentCoding::Deflate if is_zlib(&content) => {
                Decoder::Deflate(Box::new(ZlibDecoder::new(content.reader())))
            }
            ContentCoding::Deflate => {
                Decoder::DeflateAlone(Box::new(DeflateDecoder::new(content.reader())))
            }
            ContentCoding::Brotli => Decoder::Brotli(Box::new(Brotli::new(content))),
            ContentCoding::Zstd => zstd(content)?,
        };
        Ok(Some(Self {
            decoder,
            encoded,
            limits,
            decoded: Vec::new(),
        }))
    }

    /// Decodes `most` bytes more, and returns true where the content has ended.
    ///
    /// # Errors
    ///
    /// A coding that the content does not have, more than the limits.
    pub(crate) fn step(&mut self, most: usize) -> Result<bool, Rejection> {
        let mut piece = self.decoder.by_ref().take(most as u64);
        let count = piece
            .read_to_end(&mut self.decoded)
            .map_err(|_| corrupt())?;
        self.limits.check(self.encoded, self.decoded.len())?;
        if count == most {
            return Ok(false);
        }
        if self.decoder.rest() > 0 {
            return Err(corrupt());
        }
        Ok(true)
    }

    /// Returns the most memory that is held after the next step: what came, what was decoded, and what the decoder
    /// keeps of it.
    pub(super) fn memory(&self, most: usize) -> usize {
        let decoded = self.decoded.len().saturating_add(most);
        let kept = decoded.min(self.decoder.window());
        self.encoded.saturating_add(decoded).saturating_add(kept)
    }

    /// Returns what was decoded.
    pub(crate) fn finish(self) -> Bytes {
        self.decoded.into()
    }
}

fn corrupt() -> Rejection {
    Rejection::whole(Reason::Corrupt, "content-encoding")
}

/// Returns true if a content begins as one in the zlib format does (RFC 1950 section 2.2). Some clients leave out what the
/// format puts around a `deflate` stream; what goes on is decoded, so nobody reads it in the other way.
fn is_zlib(content: &[u8]) -> bool {
    match content {
        [method, flags, ..] => {
            method & 0x0f == 8 && u16::from_be_bytes([*method, *flags]).is_multiple_of(31)
        }
        _ => false,
    }
}

fn zstd(content: Bytes) -> Result<Decoder, Rejection> {
    const MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
    if !content.starts_with(&MAGIC) {
        return Err(corrupt());
    }
    #[expect(
        clippy::disallowed_types,
        reason = "the one place where decoders are capped"
    )]
    let decoder = zstd::stream::read::Decoder::with_buffer(content.reader());
    let mut decoder = decoder.map_err(|_| corrupt())?.single_frame();
    decoder
        .window_log_max(ZSTD_WINDOW_LOG)
        .map_err(|_| corrupt())?;
    Ok(Decoder::Zstd(Box::new(decoder)))
}

/// The largest window of zstd that is taken. One call of a library makes one as large as its content.
const ZSTD_WINDOW_LOG: u32 = 27;

impl Decoder {
    /// Returns how many bytes stand behind what was decoded.
    fn rest(&self) -> usize {
        match self {
            Self::Brotli(decoder) => decoder.input.len(),
            Self::Deflate(decoder) => decoder.get_ref().get_ref().remaining(),
            Self::DeflateAlone(decoder) => decoder.get_ref().get_ref().remaining(),
            Self::Gzip(decoder) => decoder.get_ref().get_ref().remaining(),
            Self::Zstd(decoder) => decoder.get_ref().get_ref().remaining(),
        }
    }

    /// Returns how much of what was decoded it keeps at the most.
    fn window(&self) -> usize {
        match self {
            Self::Brotli(_) => 16 << 20,
            Self::Deflate(_) | Self::DeflateAlone(_) | Self::Gzip(_) => 64 << 10,
            Self::Zstd(_) => 1 << ZSTD_WINDOW_LOG,
        }
    }
}

impl Read for Decoder {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Brotli(decoder) => decoder.read(into),
            Self::Deflate(decoder) => decoder.read(into),
            Self::DeflateAlone(decoder) => decoder.read(into),
            Self::Gzip(decoder) => decoder.read(into),
            Self::Zstd(decoder) => decoder.read(into),
        }
    }
}

/// A brotli stream (RFC 7932): no larger window than that of the coding.
struct Brotli {
    /// The bytes that were not consumed yet.
    input: Bytes,
    state: BrotliState<StandardAlloc, StandardAlloc, StandardAlloc>,
    over: bool,
}

impl Brotli {
    fn new(input: Bytes) -> Self {
        let alloc = StandardAlloc::default;
        Self {
            input,
            state: BrotliState::new_strict(alloc(), alloc(), alloc()),
            over: false,
        }
    }
}

impl Read for Brotli {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.over || into.is_empty() {
            return Ok(0);
        }
        let (mut left, mut consumed) = (self.input.len(), 0);
        let (mut room, mut written, mut total) = (into.len(), 0, 0);
        let result = BrotliDecompressStream(
            &mut left,
            &mut consumed,
            &self.input,
            &mut room,
            &mut written,
            into,
            &mut total,
            &mut self.state,
        );
        self.input.advance(consumed);
        match result {
            BrotliResult::ResultSuccess => self.over = true,
            BrotliResult::NeedsMoreOutput => {}
            BrotliResult::NeedsMoreInput if written > 0 => {}
            BrotliResult::NeedsMoreInput => return Err(io::ErrorKind::UnexpectedEof.into()),
            BrotliResult::ResultFailure => return Err(io::ErrorKind::InvalidData.into()),
        }
        Ok(written)
    }
}

#[cfg(test)]
mod tests {
    use lockpolicy::http::content_coding;

    use super::*;
    use crate::response::stream_decoder::tests::coded;

    /// Decodes in small steps.
    fn run(coding: &str, content: &[u8], bytes: usize) -> Result<Vec<u8>, Reason> {
        let limits = DecodedLimits { bytes, ratio: 200 };
        let content = Bytes::copy_from_slice(content);
        let decode = |coding| {
            let mut decoding = Decoding::begin(coding, &content, limits)?.unwrap();
            while !decoding.step(7)? {}
            Ok(decoding.finish().to_vec())
        };
        let decoded = content_coding(Some(coding)).and_then(decode);
        decoded.map_err(|rejection: Rejection| rejection.reason)
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
        // A window of 1 GiB, which the content coding does not have.
        let large_window = [0x11, 0x1e, 0x0b, 0x02, 0x80, b'{', b'}', 0x03];
        assert_eq!(run("br", &large_window, 1 << 20), Err(Reason::Corrupt));
        assert_eq!(run("gzip, gzip", text, 1 << 20), Err(Reason::Malformed));
        assert_eq!(run("x", text, 1 << 20), Err(Reason::Coding));
    }

    #[test]
    fn deflate_without_the_zlib_format_around_it_is_decoded_to_its_end() {
        let text = br#"{"model":"gpt-5.5","input":"hello hello hello hello"}"#;
        let wrapped = coded("deflate", text);
        let alone = &wrapped[2..wrapped.len() - 4];
        assert_eq!(run("deflate", alone, 1 << 20).as_deref(), Ok(&text[..]));
        for broken in [
            &alone[..alone.len() - 2],
            &[alone, b"x"].concat(),
            &[alone, alone].concat(),
            &wrapped[2..],
            b"",
            b"\x78",
        ] {
            assert!(run("deflate", broken, 1 << 20).is_err(), "{broken:?}");
        }
        assert_eq!(run("deflate", alone, 8), Err(Reason::TooLarge));
    }

    #[test]
    fn content_that_grows_over_the_ratio_is_refused_soon() {
        let bomb = vec![b' '; 64 << 20];
        for coding in ["gzip", "deflate", "br", "zstd"] {
            let content = Bytes::from(coded(coding, &bomb));
            let limits = DecodedLimits {
                bytes: 128 << 20,
                ratio: 200,
            };
            let coding = content_coding(Some(coding)).unwrap();
            let mut decoding = Decoding::begin(coding, &content, limits).unwrap().unwrap();
            let rejection = loop {
                match decoding.step(1 << 20) {
                    Ok(end) => assert!(!end),
                    Err(rejection) => break rejection,
                }
            };
            assert_eq!(rejection.reason, Reason::TooLarge);
            let decoded = decoding.finish().len();
            let most = DecodedLimits::UNCHECKED.max(content.len() * 200) + (1 << 20);
            assert!(decoded <= most, "{decoded} bytes of {}", content.len());
        }
    }
}
