//! The texts of a response, read from the bytes as they pass: nothing is held back.
//!
//! Memory is bounded: a text that is longer than the cap is not read, and passes all the same.

use std::fmt;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use lockpolicy::http::{BodyFormat, ContentCoding};

/// The longest text that is read.
const CAP: usize = 4 << 20;

/// Joins the pieces of a response to texts.
#[derive(Debug)]
pub(crate) struct TextReader {
    format: BodyFormat,
    decoder: Option<StreamDecoder>,
    held: Vec<u8>,
    /// `true` if the current text is too long.
    too_long: bool,
    /// `true` if nothing more can be read.
    undecodable: bool,
}

impl TextReader {
    pub(crate) fn new(format: BodyFormat, decoder: Option<StreamDecoder>) -> Self {
        Self {
            format,
            decoder,
            held: Vec::new(),
            too_long: false,
            undecodable: false,
        }
    }

    /// Takes what passes, and gives each text that is whole with it.
    pub(crate) fn push(&mut self, data: &[u8], give: &mut dyn FnMut(&[u8])) {
        if self.undecodable {
            return;
        }
        let Some(decoder) = &mut self.decoder else {
            return self.read(data, give);
        };
        match decoder.feed(data) {
            Some(data) => self.read(&data, give),
            None => self.undecodable = true,
        }
    }

    /// Gives what is left when the response has ended.
    pub(crate) fn finish(&mut self, give: &mut dyn FnMut(&[u8])) {
        if !self.held.is_empty() && !self.too_long && !self.undecodable {
            give(&self.held);
        }
        self.held = Vec::new();
    }

    fn read(&mut self, data: &[u8], give: &mut dyn FnMut(&[u8])) {
        if self.format == BodyFormat::Json {
            return self.hold(data);
        }
        let mut rest = data;
        while let Some(at) = memchr(rest) {
            let (line, behind) = rest.split_at_checked(at + 1).unwrap_or((rest, &[]));
            self.line(line, give);
            rest = behind;
        }
        self.hold(rest);
    }

    fn line(&mut self, line: &[u8], give: &mut dyn FnMut(&[u8])) {
        if self.too_long {
            self.too_long = false;
        } else if self.held.is_empty() {
            give(line);
        } else {
            self.hold(line);
            if !std::mem::take(&mut self.too_long) {
                give(&self.held);
            }
        }
        self.held.clear();
    }

    fn hold(&mut self, data: &[u8]) {
        if self.held.len() + data.len() > CAP {
            self.too_long = true;
            self.held = Vec::new();
        }
        if !self.too_long {
            self.held.extend_from_slice(data);
        }
    }
}

fn memchr(data: &[u8]) -> Option<usize> {
    data.iter().position(|byte| *byte == b'\n')
}

/// The most bytes that one piece of a response may be decoded to.
const PIECE_CAP: usize = 8 << 20;

/// Decodes a copy of a response piece by piece.
pub(crate) struct StreamDecoder {
    decoder: Box<dyn Write + Send>,
    out: Arc<Mutex<Vec<u8>>>,
}

impl fmt::Debug for StreamDecoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StreamDecoder").finish_non_exhaustive()
    }
}

/// Takes what is decoded, up to the cap.
struct CappedBuffer(Arc<Mutex<Vec<u8>>>);

impl Write for CappedBuffer {
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
pub(crate) fn decoder_of(coding: ContentCoding) -> io::Result<Option<StreamDecoder>> {
    let out = Arc::<Mutex<Vec<u8>>>::default();
    let buffer = CappedBuffer(Arc::clone(&out));
    let decoder: Box<dyn Write + Send> = match coding {
        ContentCoding::Identity => return Ok(None),
        ContentCoding::Gzip => Box::new(flate2::write::MultiGzDecoder::new(buffer)),
        ContentCoding::Deflate => Box::new(flate2::write::ZlibDecoder::new(buffer)),
        ContentCoding::Brotli => Box::new(brotli::DecompressorWriter::new(buffer, 4096)),
        ContentCoding::Zstd => {
            let mut decoder = zstd::stream::write::Decoder::new(buffer)?;
            decoder.window_log_max(27)?;
            Box::new(decoder)
        }
    };
    Ok(Some(StreamDecoder { decoder, out }))
}

impl StreamDecoder {
    /// Decodes a piece, as far as possible yet; `None` where it cannot be decoded.
    pub(crate) fn feed(&mut self, data: &[u8]) -> Option<Vec<u8>> {
        self.decoder.write_all(data).ok()?;
        self.decoder.flush().ok()?;
        Some(std::mem::take(
            &mut *self.out.lock().unwrap_or_else(PoisonError::into_inner),
        ))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use lockpolicy::http::content_coding;

    use super::*;

    fn texts(format: BodyFormat, pieces: &[&[u8]]) -> Vec<String> {
        let mut reader = TextReader::new(format, None);
        let mut texts = Vec::new();
        let mut give = |text: &[u8]| texts.push(String::from_utf8(text.to_vec()).unwrap());
        for piece in pieces {
            reader.push(piece, &mut give);
        }
        reader.finish(&mut give);
        texts
    }

    #[test]
    fn stream_cut_anywhere_gives_whole_lines() {
        let text = b"data: one\n\ndata: two\r\nthree";
        let want = ["data: one\n", "\n", "data: two\r\n", "three"];
        for cut in 0..=text.len() {
            let (head, tail) = text.split_at(cut);
            assert_eq!(texts(BodyFormat::Sse, &[head, tail]), want, "{cut}");
        }
        let bytes: Vec<&[u8]> = text.chunks(1).collect();
        assert_eq!(texts(BodyFormat::JsonLines, &bytes), want);
        assert_eq!(texts(BodyFormat::Json, &bytes).concat().as_bytes(), text);
    }

    #[test]
    fn line_that_is_too_long_is_skipped_alone() {
        let long = vec![b'x'; CAP];
        assert_eq!(
            texts(BodyFormat::JsonLines, &[b"y", &long, b"z\nnext\n"]),
            ["next\n"]
        );
        assert_eq!(
            texts(BodyFormat::JsonLines, &[&long, b"z", b"\nnext\n"]),
            ["next\n"]
        );
        assert_eq!(texts(BodyFormat::Json, &[b"y", &long]), [""; 0]);
        assert_eq!(texts(BodyFormat::Json, &[&long]).len(), 1);
    }

    fn coded_decoder(coding: &str) -> StreamDecoder {
        let coding = content_coding(Some(coding)).unwrap();
        decoder_of(coding).unwrap().unwrap()
    }

    /// Encodes a text with a content coding.
    pub(crate) fn coded(coding: &str, text: &[u8]) -> Vec<u8> {
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
    fn response_in_each_coding_is_decoded_piece_by_piece() {
        let text = br#"{"model":"gpt-5.5","output":"hello hello hello hello"}"#;
        for coding in ["gzip", "deflate", "br", "zstd"] {
            for size in [1, 7, 1000] {
                let mut decoder = coded_decoder(coding);
                let content = coded(coding, text);
                let pieces = content.chunks(size);
                let out: Vec<u8> = pieces
                    .flat_map(|piece| decoder.feed(piece).unwrap())
                    .collect();
                assert_eq!(out, text, "{coding} {size}");
            }
            let mut bomb = coded_decoder(coding);
            assert_eq!(
                bomb.feed(&coded(coding, &vec![0; PIECE_CAP + 1])),
                None,
                "{coding}"
            );
        }
    }
}
