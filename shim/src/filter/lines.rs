//! Lines of any length from a stream, with a cap on what is held.

use std::io::{self, BufRead, BufReader, Read};

/// The longest line that is held.
pub const CAP: usize = 64 << 20;

/// The number of bytes that are kept of a longer line, to read the id that an answer needs.
const BEGINNING: usize = 4 << 10;

/// The memory that is kept after a long line; more is given back.
const KEPT: usize = 1 << 20;

/// A stream that is read line by line.
#[derive(Debug)]
pub(super) struct Lines<R> {
    from: BufReader<R>,
    line: Vec<u8>,
    cap: usize,
}

/// One line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Line<'a> {
    /// The beginning of a line that was too long; the rest is gone.
    Long(&'a [u8]),
    /// A line with its line feed, or the rest of the stream without one.
    Whole(&'a [u8]),
}

impl<R: Read> Lines<R> {
    pub(super) fn new(from: R, cap: usize) -> Self {
        Self {
            from: BufReader::with_capacity(64 << 10, from),
            line: Vec::new(),
            cap,
        }
    }

    /// The next line; `None` at the end.
    pub(super) fn next(&mut self) -> io::Result<Option<Line<'_>>> {
        self.line.clear();
        self.line.shrink_to(KEPT);
        let cap = u64::try_from(self.cap).unwrap_or(u64::MAX);
        let mut from = (&mut self.from).take(cap.saturating_add(1));
        from.read_until(b'\n', &mut self.line)?;
        if self.line.is_empty() {
            return Ok(None);
        }
        if self.line.len() <= self.cap || self.line.ends_with(b"\n") {
            return Ok(Some(Line::Whole(&self.line)));
        }
        self.line.truncate(BEGINNING);
        self.skip()?;
        Ok(Some(Line::Long(&self.line)))
    }

    /// Passes over the rest of a line.
    fn skip(&mut self) -> io::Result<()> {
        self.from.skip_until(b'\n').map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_longer_than_the_cap_is_cut() {
        let mut lines = Lines::new(&b"a\r\n\n12345\n123456\n1234567890\nrest"[..], 5);
        let mut next = || match lines.next().unwrap() {
            Some(Line::Whole(line)) => format!("={}", String::from_utf8_lossy(line)),
            Some(Line::Long(line)) => format!("!{}", String::from_utf8_lossy(line)),
            None => String::new(),
        };
        for expected in [
            "=a\r\n", "=\n", "=12345\n", "!123456", "!123456", "=rest", "", "",
        ] {
            assert_eq!(next(), expected);
        }
    }
}
