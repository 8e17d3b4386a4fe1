//! Reads lines of any length in bounded memory: of one that is longer than any of ours, only its hash is kept.

use std::io::{self, BufRead};

use sha2::{Digest as _, Sha256};

use super::hash_chain::{LINE_CAP, hash, hexadecimal};

/// Reads a file line by line.
pub(super) struct LineReader<R> {
    reader: R,
    line: Vec<u8>,
}

/// One line without its line feed.
pub(super) struct Piece<'a> {
    /// The line; `None` where it is longer than [`LINE_CAP`].
    pub(super) text: Option<&'a [u8]>,
    /// Set where a line feed ends it.
    pub(super) is_terminated: bool,
    /// The hash of a line that is too long.
    long: Option<Sha256>,
}

impl Piece<'_> {
    /// Returns whether it has this beginning. One that is longer than any of ours is taken to have it.
    pub(super) fn begins_with(&self, beginning: &str) -> bool {
        self.text
            .is_none_or(|text| text.starts_with(beginning.as_bytes()))
    }

    /// Returns the hash of the whole line.
    pub(super) fn hash(&self) -> String {
        match (&self.long, self.text) {
            (Some(long), _) => hexadecimal(long.clone()),
            (None, text) => hash(text.unwrap_or_default()),
        }
    }
}

impl<R: BufRead> LineReader<R> {
    pub(super) fn new(reader: R) -> Self {
        let line = Vec::new();
        Self { reader, line }
    }

    /// Returns the next line; `None` at the end.
    ///
    /// # Errors
    ///
    /// Fails where the file cannot be read.
    pub(super) fn next_line(&mut self) -> io::Result<Option<Piece<'_>>> {
        self.line.clear();
        let (mut long, mut is_terminated, mut is_empty) = (None, false, true);
        while !is_terminated {
            let bytes = self.reader.fill_buf()?;
            if bytes.is_empty() {
                break;
            }
            is_empty = false;
            let end = bytes.iter().position(|byte| *byte == b'\n');
            is_terminated = end.is_some();
            let taken = end.map_or(bytes.len(), |end| end + 1);
            let bytes = bytes.get(..end.unwrap_or(taken)).unwrap_or_default();
            keep(bytes, &mut self.line, &mut long);
            self.reader.consume(taken);
        }
        let text = long.is_none().then_some(self.line.as_slice());
        Ok((!is_empty).then_some(Piece {
            text,
            is_terminated,
            long,
        }))
    }
}

/// Adds a part to a line, or to its hash where the line has become too long.
fn keep(part: &[u8], line: &mut Vec<u8>, long: &mut Option<Sha256>) {
    if long.is_none() && line.len() + part.len() > LINE_CAP {
        *long = Some(Sha256::new_with_prefix(&*line));
        line.clear();
    }
    match long {
        Some(long) => long.update(part),
        None => line.extend_from_slice(part),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_of_any_length_keeps_its_hash_and_little_memory() {
        let long = vec![b'x'; 3 * LINE_CAP];
        let longest = vec![b'y'; LINE_CAP];
        let text = [&b"a"[..], b"", &longest, &long, b"half"].join(&b'\n');
        for buffer in [1, 7, 8 << 10] {
            let mut reader = LineReader::new(io::BufReader::with_capacity(buffer, &text[..]));
            let mut seen = Vec::new();
            while let Some(piece) = reader.next_line().unwrap() {
                let length = piece.text.map(<[u8]>::len);
                seen.push((length, piece.is_terminated, piece.hash()));
            }
            let whole = |line: &[u8]| (Some(line.len()), true, hash(line));
            let expected = vec![
                whole(b"a"),
                whole(b""),
                whole(&longest),
                (None, true, hash(&long)),
                (Some(4), false, hash(b"half")),
            ];
            assert_eq!(seen, expected);
        }
    }
}
