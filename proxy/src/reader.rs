//! An answer's texts, read from the bytes as they pass: nothing is held back for it.
//!
//! Memory is bounded: a text that is longer than the cap is not read, and passes all the same.

use http::header::{CONTENT_TYPE, HeaderMap};

use crate::pipeline::Unpacker;

/// The longest text that is read.
const CAP: usize = 4 << 20;

/// How an answer is made up of JSON texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// Server-sent events.
    Events,
    /// One text to a line.
    Lines,
    /// One text.
    Whole,
}

impl Form {
    /// The form that the media type tells; `None` where no JSON is to be expected. Where none is told, it
    /// may be JSON (RFC 9110 section 8.3).
    pub(crate) fn of(headers: &HeaderMap) -> Option<Self> {
        let Some(kind) = headers.get(CONTENT_TYPE) else {
            return Some(Self::Whole);
        };
        let kind = kind.to_str().ok()?;
        let kind = kind.split(';').next()?.trim().to_ascii_lowercase();
        match kind.as_str() {
            "text/event-stream" => Some(Self::Events),
            "application/x-ndjson"
            | "application/ndjson"
            | "application/jsonl"
            | "application/json-seq" => Some(Self::Lines),
            kind if kind.contains("json") => Some(Self::Whole),
            _ => None,
        }
    }
}

/// Puts pieces of an answer together to texts.
#[derive(Debug)]
pub(crate) struct Reader {
    form: Form,
    unpacker: Option<Unpacker>,
    held: Vec<u8>,
    /// Whether the text at hand is too long.
    over: bool,
    /// Whether nothing more can be read.
    lost: bool,
}

impl Reader {
    pub(crate) fn new(form: Form, unpacker: Option<Unpacker>) -> Self {
        Self {
            form,
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
        if self.form == Form::Whole {
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

    fn texts(form: Form, pieces: &[&[u8]]) -> Vec<String> {
        let mut reader = Reader::new(form, None);
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
            assert_eq!(texts(Form::Events, &[head, tail]), want, "{cut}");
        }
        let bytes: Vec<&[u8]> = text.chunks(1).collect();
        assert_eq!(texts(Form::Lines, &bytes), want);
        assert_eq!(texts(Form::Whole, &bytes).concat().as_bytes(), text);
    }

    #[test]
    fn what_is_too_long_is_not_read_and_what_follows_is() {
        let long = vec![b'x'; CAP];
        assert_eq!(texts(Form::Lines, &[b"y", &long, b"z\nnext\n"]), ["next\n"]);
        assert_eq!(texts(Form::Lines, &[&long, b"z", b"\nnext\n"]), ["next\n"]);
        assert_eq!(texts(Form::Whole, &[b"y", &long]), [""; 0]);
        assert_eq!(texts(Form::Whole, &[&long]).len(), 1);
    }
}
