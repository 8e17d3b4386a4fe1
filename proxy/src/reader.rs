//! An answer's texts, read from the bytes as they pass: nothing is held back for it.
//!
//! Memory is bounded: a text that is longer than the cap is not read, and passes all the same.

use lockpolicy::http::BodyFormat;

use crate::pipeline::Unpacker;

/// The longest text that is read.
const CAP: usize = 4 << 20;

/// Puts pieces of an answer together to texts.
#[derive(Debug)]
pub(crate) struct Reader {
    format: BodyFormat,
    unpacker: Option<Unpacker>,
    held: Vec<u8>,
    /// Whether the text at hand is too long.
    over: bool,
    /// Whether nothing more can be read.
    lost: bool,
}

impl Reader {
    pub(crate) fn new(format: BodyFormat, unpacker: Option<Unpacker>) -> Self {
        Self {
            format,
            unpacker,
            held: Vec::new(),
            over: false,
            lost: false,
        }
    }

    /// Takes what passes, and gives each text that is whole with it.
    pub(crate) fn take(&mut self, data: &[u8], give: &mut dyn FnMut(&[u8])) {
        if self.lost {
            return;
        }
        let Some(unpacker) = &mut self.unpacker else {
            return self.read(data, give);
        };
        match unpacker.feed(data) {
            Some(data) => self.read(&data, give),
            None => self.lost = true,
        }
    }

    /// Gives what is left when the answer has ended.
    pub(crate) fn finish(&mut self, give: &mut dyn FnMut(&[u8])) {
        if !self.held.is_empty() && !self.over && !self.lost {
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
        if self.over {
            self.over = false;
        } else if self.held.is_empty() {
            give(line);
        } else {
            self.hold(line);
            if !std::mem::take(&mut self.over) {
                give(&self.held);
            }
        }
        self.held.clear();
    }

    fn hold(&mut self, data: &[u8]) {
        if self.held.len() + data.len() > CAP {
            self.over = true;
            self.held = Vec::new();
        }
        if !self.over {
            self.held.extend_from_slice(data);
        }
    }
}

fn memchr(data: &[u8]) -> Option<usize> {
    data.iter().position(|byte| *byte == b'\n')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(format: BodyFormat, pieces: &[&[u8]]) -> Vec<String> {
        let mut reader = Reader::new(format, None);
        let mut texts = Vec::new();
        let mut give = |text: &[u8]| texts.push(String::from_utf8(text.to_vec()).unwrap());
        for piece in pieces {
            reader.take(piece, &mut give);
        }
        reader.finish(&mut give);
        texts
    }

    #[test]
    fn lines_are_whole_however_they_are_cut() {
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
    fn what_is_too_long_is_not_read_and_what_follows_is() {
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
}
